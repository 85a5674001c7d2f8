/// Two normalized 3 × 3 convolutions around a skip connection, shifted by an embedding of the time step.
///
/// `ResnetBlock2D` of https://github.com/huggingface/diffusers/blob/main/src/diffusers/models/resnet.py
public struct ResnetBlock2D {
    private let firstNorm: GroupNormalization
    private let firstConvolution: Convolution2D
    private let timeProjection: Linear?
    private let secondNorm: GroupNormalization
    private let secondConvolution: Convolution2D
    private let shortcut: Convolution2D?

    /// - Parameters:
    ///   - path: where its parameters stand among the names of the store.
    ///   - inputs: channels that come in.
    ///   - outputs: channels that go out.
    ///   - timeWidth: width of the time embedding; without one the block takes none.
    ///   - groups: groups of the normalizations.
    ///   - epsilon: of the normalizations.
    public init(
        _ path: ParameterPath, from inputs: Int, to outputs: Int, timeWidth: Int?, groups: Int,
        epsilon: Double
    ) {
        firstNorm = GroupNormalization(path / "norm1", channels: inputs, groups: groups, epsilon: epsilon)
        firstConvolution = Convolution2D(path / "conv1", from: inputs, to: outputs, kernel: 3)
        timeProjection = timeWidth.map { Linear(path / "time_emb_proj", from: $0, to: outputs) }
        secondNorm = GroupNormalization(path / "norm2", channels: outputs, groups: groups, epsilon: epsilon)
        secondConvolution = Convolution2D(path / "conv2", from: outputs, to: outputs, kernel: 3)
        shortcut =
            inputs == outputs
            ? nil : Convolution2D(path / "conv_shortcut", from: inputs, to: outputs, kernel: 1)
    }

    /// - Parameters:
    ///   - input: `[N, in, H, W]`.
    ///   - time: SiLU of the time embedding, `[N, timeWidth]`: the same for all blocks, so computed once
    ///     outside.
    /// - Returns: `[N, out, H, W]`.
    public func callAsFunction(_ input: Tensor, time: Tensor? = nil) -> Tensor {
        precondition(
            (time == nil) == (timeProjection == nil), "a time embedding is given where none is used, or not")
        var hidden = firstConvolution(firstNorm(input, silu: true))
        if let time, let timeProjection {
            let shift = timeProjection(time)
            hidden = hidden + shift.reshape(shift.shape + [1, 1])
        }
        hidden = secondConvolution(secondNorm(hidden, silu: true))
        return (shortcut?(input) ?? input) + hidden
    }
}
