extension DeviceCheck {
    /// Layers that have functions of their own in the shim, with gradients; in float32 and in autocast.
    static func layers() -> [DeviceCheck] {
        [
            layer("batch norm, training") { batchNorm($0, training: true) },
            layer("batch norm, evaluation") { batchNorm($0, training: false) },
            layer("group norm") { normalized($0, silu: false) },
            layer("layer norm") { layerNormalized($0) },
            layer("group norm and silu in one pass") {
                $0.groupNorm(
                    groups: 2, weight: weight(6), bias: weight(6), epsilon: 1e-5, silu: true)
            },
            layer("layer norm in one pass") {
                $0.fusedLayerNorm(weight: weight(8), bias: weight(8), epsilon: 1e-5)
            },
            layer("gated gelu") { $0.gatedGelu() },
            layer("group norm in bfloat16", tolerance: 0.03) { input in
                Torch.withAutocast { normalized(input, silu: true) }.to(.float32)
            },
            layer("convolution in bfloat16", tolerance: 0.03) { input in
                Torch.withAutocast { input.conv2d(uniform([5, 6, 3, 3], seed: 3), padding: 1) }.to(.float32)
            },
            layer("attention") { attention($0, mask: false) },
            layer("attention with a mask") { attention($0, mask: true) },
        ]
    }

    private static func layer(
        _ name: String, tolerance: Double = 1e-4, _ function: (Tensor) -> Tensor
    ) -> DeviceCheck {
        compare(name, tolerance: tolerance) {
            let input = uniform([4, 6, 8, 8], seed: 1).requiresGradient()
            let result = function(input)
            (result * uniform(result.shape, seed: 9)).sum().backward()
            return result.detached().floats + (input.gradient?.floats ?? [])
        }
    }

    private static func weight(_ count: Int) -> Tensor { uniform([count], seed: 8) }

    private static func batchNorm(_ input: Tensor, training: Bool) -> Tensor {
        input.batchNorm(
            weight: weight(6), bias: weight(6), runningMean: weight(6), runningVariance: weight(6),
            training: training)
    }

    private static func normalized(_ input: Tensor, silu: Bool) -> Tensor {
        let path = ParameterStore().root
        return GroupNormalization(path, channels: 6, groups: 2, epsilon: 1e-5)(input, silu: silu)
    }

    private static func layerNormalized(_ input: Tensor) -> Tensor {
        LayerNormalization(ParameterStore().root, width: 8)(input)
    }

    /// Of two heads over 24 tokens.
    private static func attention(_ input: Tensor, mask: Bool) -> Tensor {
        let tokens = input.reshape([4, 24, 16])
        return Attention.attend(
            query: tokens, key: tokens * 0.5, value: tokens.flip(1), heads: 2,
            mask: mask ? Tensor.full([24, 24], -.infinity).upperTriangle(diagonal: 1) : nil)
    }
}
