import Foundation
import Models
import Testing

/// Attention among so many tokens that its scores are computed in slices.
@Suite("Attention in slices")
struct AttentionSlicesTests {
    /// softmax(q kᵀ / √d) v of each head, written out with plain operators.
    private static func attention(_ input: Tensor, _ store: ParameterStore, heads: Int) -> Tensor {
        func projected(_ name: String) -> Tensor { input.linear(store["\(name).weight"]!, bias: nil) }
        let width = input.shape[2], each = width / heads
        let parts = ["to_q", "to_k", "to_v"].map { projected($0).chunks(heads, axis: 2) }
        let attended = (0..<heads).map { head in
            let scores = parts[0][head].matmul(parts[1][head].transpose(1, 2)) / Double(each).squareRoot()
            return scores.softmax().matmul(parts[2][head])
        }
        return Tensor.concatenate(attended, axis: 2)
            .linear(store["to_out.0.weight"]!, bias: store["to_out.0.bias"])
    }

    @Test("gives what the formula gives, with its gradients", arguments: [1, 2], [1030, 1024])
    func formula(heads: Int, tokens: Int) {
        Torch.prepareThread()
        let store = ParameterStore(initializedBy: TensorGenerator(seed: 1))
        let layer = CrossAttention(store.root, width: 16, contextWidth: 16, heads: heads)
        let input = Tensor.randomNormal([2, tokens, 16], using: TensorGenerator(seed: 2)) * 3
        let weights = Tensor.randomNormal([2, tokens, 16], using: TensorGenerator(seed: 3))
        let results = [
            { (layer($0, context: $0)) }, { Self.attention($0, store, heads: heads) },
        ].map { (compute: (Tensor) -> Tensor) in
            let leaf = input.clone().requiresGradient()
            let output = compute(leaf)
            (output * weights).sum().backward()
            return (output.detached(), leaf.gradient!)
        }
        #expect(results[0].0.shape == [2, tokens, 16])
        #expect(FoundationFixtures.difference(results[0].0, results[1].0) < 1e-5)
        #expect(FoundationFixtures.difference(results[0].1, results[1].1) < 1e-4)
    }
}
