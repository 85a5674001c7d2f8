import Models
import Testing

@Suite("Text encoder")
struct TextEncoderTests {
    private static let configuration = TextEncoderConfiguration(
        vocabularySize: 50, width: 24, hiddenWidth: 40, layers: 2, heads: 3, maximumTokens: 9)

    private static func tokens(_ values: [Int64]) -> Tensor {
        Tensor(indices: values, shape: [1, values.count])
    }

    @Test("a state depends on the tokens up to its own, not on later ones")
    func causality() {
        computing {
            let model = CLIPTextModel(Self.configuration, initializedBy: TensorGenerator(seed: 1))
            let first = model(Self.tokens([3, 4, 5, 6, 7])), second = model(Self.tokens([3, 4, 5, 9, 8]))
            let equal = FoundationFixtures.difference(
                first.narrow(1, from: 0, count: 3), second.narrow(1, from: 0, count: 3))
            #expect(equal == 0)
            for position in 3..<5 {
                let changed = FoundationFixtures.difference(
                    first.narrow(1, from: position, count: 1), second.narrow(1, from: position, count: 1))
                #expect(changed > 1e-3, "position \(position)")
            }
        }
    }

    @Test("states are normalized: mean 0 and variance 1 over the width while the last norm is the identity")
    func finalNormalization() {
        computing {
            let model = CLIPTextModel(Self.configuration, initializedBy: TensorGenerator(seed: 2))
            let states = model(Self.tokens([1, 2, 3]))
            #expect(states.shape == [1, 3, 24])
            #expect(states.mean([2]).abs().max().item < 1e-5)
            #expect(abs(states.squared().mean([2]).min().item - 1) < 1e-2)
        }
    }

    @Test("the number of parameters follows the configuration")
    func parameterCount() {
        let model = CLIPTextModel(Self.configuration)
        let width = 24, hidden = 40
        // Two norms, four projections, two layers of the perceptron; embeddings; the final norm.
        let layer = 4 * width + 4 * (width * width + width) + 2 * width * hidden + hidden + width
        #expect(model.parameters.parameterCount == 2 * layer + (50 + 9) * width + 2 * width)
    }

    @Test("the loss reaches every parameter", arguments: [Activation.gelu, .quickGelu])
    func gradients(activation: Activation) {
        Torch.prepareThread()
        var configuration = Self.configuration
        configuration.activation = activation
        let model = CLIPTextModel(configuration, initializedBy: TensorGenerator(seed: 3))
        model.parameters.requiresGradient(true)
        model(Self.tokens([1, 2, 3, 4, 5, 6, 7, 8, 9])).power(3).sum().backward()
        for entry in model.parameters.entries {
            // Softmax does not change when every score of a row grows by the same: a key's bias has no
            // gradient.
            if entry.name.hasSuffix("k_proj.bias") { continue }
            #expect(entry.tensor.gradient.map { $0.abs().max().item > 0 } ?? false, "\(entry.name)")
        }
    }

    @Test("quick GELU is x · sigmoid(1.702 x)")
    func quickGelu() {
        let values: [Float] = [-4, -1, 0, 0.5, 3]
        let result = Activation.quickGelu(Tensor(values)).floats
        for (x, y) in zip(values, result) {
            let expected = Double(x) / (1 + exponential(-1.702 * Double(x)))
            #expect(abs(Double(y) - expected) < 1e-6)
        }
    }

    private func exponential(_ x: Double) -> Double { Tensor([Float(x)]).exp().item }
}
