/// Two linear layers with a gated GELU between them (GEGLU, arXiv 2002.05202).
///
/// `FeedForward` of https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/attention.py
public struct FeedForward {
    private let gate: Linear
    private let output: Linear

    /// - Parameters:
    ///   - path: where its parameters stand among the names of the store.
    ///   - width: of the tokens.
    ///   - expansion: width of the hidden layer over `width`.
    public init(_ path: ParameterPath, width: Int, expansion: Int = 4) {
        gate = Linear(path / "net" / 0 / "proj", from: width, to: 2 * expansion * width)
        output = Linear(path / "net" / 2, from: expansion * width, to: width)
    }

    /// `[B, T, width]` → `[B, T, width]`.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        let gated = gate(input)
        if Torch.isAutocastEnabled { return output(gated.gatedGelu()) }
        let halves = gated.chunks(2, axis: -1)
        return output(halves[0] * halves[1].gelu())
    }
}
