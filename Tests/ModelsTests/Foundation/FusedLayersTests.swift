import Models
import Testing

/// The layers of one pass against the same layers composed of plain operators.
@Suite("Fused layers")
struct FusedLayersTests {
    /// A layer's output and its gradients, for a loss that weighs every output element differently.
    private static func run(_ inputs: [Tensor], _ layer: ([Tensor]) -> Tensor) -> [Tensor] {
        let leaves = inputs.map { $0.clone().requiresGradient() }
        let output = layer(leaves)
        let generator = TensorGenerator(seed: 9)
        (output.to(.float32) * Tensor.randomNormal(output.shape, using: generator)).sum().backward()
        return [output.detached()] + leaves.map { $0.gradient! }
    }

    private static func expectEqual(
        _ left: [Tensor], _ right: [Tensor], tolerance: Double, _ comment: Comment
    ) {
        #expect(left.count == right.count)
        for (index, pair) in zip(left, right).enumerated() {
            let scale = max(1, pair.1.abs().max().item)
            #expect(
                FoundationFixtures.difference(pair.0, pair.1) < tolerance * scale,
                "\(comment), result \(index)")
        }
    }

    @Test(
        "group normalization with SiLU has the values and gradients of its parts",
        arguments: [[2, 8, 3, 5], [3, 32, 16, 16], [1, 6, 1, 1], [2, 12, 7]], [1, 2])
    func groupNormalization(shape: [Int], groups: Int) {
        Torch.prepareThread()
        let store = ParameterStore(initializedBy: TensorGenerator(seed: 1))
        let layer = GroupNormalization(store.root, channels: shape[1], groups: groups, epsilon: 1e-5)
        let generator = TensorGenerator(seed: 2)
        Torch.withoutGradients {
            layer.weight.copy(from: Tensor.randomNormal([shape[1]], using: generator))
            layer.bias.copy(from: Tensor.randomNormal([shape[1]], using: generator))
        }
        let input = Tensor.randomNormal(shape, using: generator) * 3 + 1
        for silu in [false, true] {
            store.requiresGradient(true)
            var fused = Self.run([input]) {
                $0[0].groupNorm(
                    groups: groups, weight: layer.weight, bias: layer.bias, epsilon: 1e-5, silu: silu)
            }
            fused += [layer.weight.gradient!, layer.bias.gradient!]
            ParameterLists.clearGradients(of: store.trainable)
            var plain = Self.run([input]) {
                let result = $0[0].groupNorm(
                    groups: groups, weight: layer.weight, bias: layer.bias, epsilon: 1e-5)
                return silu ? result.silu() : result
            }
            plain += [layer.weight.gradient!, layer.bias.gradient!]
            ParameterLists.clearGradients(of: store.trainable)
            Self.expectEqual(fused, plain, tolerance: 2e-5, "silu \(silu)")
        }
    }

    @Test(
        "layer normalization has the values and gradients of PyTorch's",
        arguments: [[4, 7, 32], [3, 33], [1, 1, 5]])
    func layerNormalization(shape: [Int]) {
        Torch.prepareThread()
        let store = ParameterStore(initializedBy: TensorGenerator(seed: 1))
        let layer = LayerNormalization(store.root, width: shape[shape.count - 1])
        let generator = TensorGenerator(seed: 2)
        Torch.withoutGradients {
            layer.weight.copy(from: Tensor.randomNormal(layer.weight.shape, using: generator))
            layer.bias.copy(from: Tensor.randomNormal(layer.bias.shape, using: generator))
        }
        let input = Tensor.randomNormal(shape, using: generator) * 2 - 3
        store.requiresGradient(true)
        var fused = Self.run([input]) {
            $0[0].fusedLayerNorm(weight: layer.weight, bias: layer.bias, epsilon: 1e-5)
        }
        fused += [layer.weight.gradient!, layer.bias.gradient!]
        ParameterLists.clearGradients(of: store.trainable)
        var plain = Self.run([input]) { $0[0].layerNorm(weight: layer.weight, bias: layer.bias) }
        plain += [layer.weight.gradient!, layer.bias.gradient!]
        Self.expectEqual(fused, plain, tolerance: 2e-5, "\(shape)")
    }

    @Test("the gated GELU has the values and gradients of its parts, far from zero too")
    func gatedGelu() {
        Torch.prepareThread()
        let generator = TensorGenerator(seed: 3)
        let random = Tensor.randomNormal([6, 5, 38], using: generator) * 4
        // Gates of ±30 are where a formula that divides or takes the exponential carelessly overflows.
        let extreme = Tensor([1, 2, -3, 4, 30, -30, 12, -12], shape: [1, 8])
        for input in [random, extreme] {
            let fused = Self.run([input]) { $0[0].gatedGelu() }
            let plain = Self.run([input]) {
                let parts = $0[0].chunks(2, axis: -1)
                return parts[0] * parts[1].gelu()
            }
            Self.expectEqual(fused, plain, tolerance: 1e-5, "\(input.shape)")
        }
    }

    @Test("under autocast the results are bfloat16, and gradients of weights stay float32")
    func autocast() {
        Torch.prepareThread()
        let generator = TensorGenerator(seed: 4)
        let store = ParameterStore(initializedBy: generator)
        let norm = GroupNormalization(store.root / "a", channels: 16, groups: 4, epsilon: 1e-5)
        let layerNorm = LayerNormalization(store.root / "b", width: 8)
        store.requiresGradient(true)
        for type in [ElementType.float32, .bfloat16] {
            let input = Tensor.randomNormal([2, 16, 8, 8], using: generator).to(type)
            let (first, second) = Torch.withAutocast { (norm(input, silu: true), layerNorm(input)) }
            #expect(first.elementType == .bfloat16 && second.elementType == .bfloat16)
            // Eight bits of precision: half of 2⁻⁸ relative, for values of up to about 4.
            #expect(
                FoundationFixtures.difference(first.to(.float32), norm(input.to(.float32), silu: true)) < 0.02
            )
            (first.to(.float32).sum() + second.to(.float32).sum()).backward()
            #expect(store.trainable.allSatisfy { $0.gradient?.elementType == .float32 })
        }
    }

    @Test("a NaN stays a NaN in bfloat16")
    func notANumber() {
        Torch.prepareThread()
        let input = Tensor([.nan, 1, 2, 3], shape: [1, 4])
        let output = Torch.withAutocast { input.gatedGelu() }.floats
        #expect(output[0].isNaN && !output[1].isNaN)
    }
}
