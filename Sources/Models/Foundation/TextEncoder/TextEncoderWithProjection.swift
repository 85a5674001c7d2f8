/// The text half of CLIP with its projection to the space that it shares with images: Stable Diffusion XL's
/// second text encoder.
///
/// `CLIPTextModelWithProjection` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/clip/modeling_clip.py
final class CLIPTextModelWithProjection {
    /// The encoder below the projection.
    let encoder: CLIPTextModel
    private let projection: Linear

    /// - Parameters:
    ///   - configuration: the sizes, as in the folder's `config.json`.
    ///   - generator: draws the initial weights; without one they are zero, to be loaded.
    init(_ configuration: TextEncoderConfiguration, initializedBy generator: TensorGenerator? = nil) {
        let store = ParameterStore(initializedBy: generator)
        encoder = CLIPTextModel(configuration, in: store)
        projection = Linear(
            store.root / "text_projection", from: configuration.width, to: configuration.projectionWidth,
            bias: false)
    }

    /// Weights under the checkpoint's names, the encoder's first.
    var parameters: ParameterStore { encoder.parameters }

    /// - Parameter tokens: of one text, without the end of its padding where that counts.
    /// - Returns: the states before the last layer, `[1, T, width]`, and the projected state of the text's
    ///   end, `[1, projectionWidth]`.
    func callAsFunction(_ tokens: [Int32]) -> (states: Tensor, pooled: Tensor) {
        let ids = Tensor(indices: tokens.map(Int64.init), shape: [1, tokens.count])
        let (penultimate, last) = encoder.penultimateAndLast(ids)
        let end = last.narrow(1, from: encoder.configuration.endPosition(in: tokens), count: 1)
        return (penultimate, projection(end.reshape([1, encoder.configuration.width])))
    }
}

extension TextEncoderConfiguration {
    /// Where a text ends: at the first end token; at the first of the highest ids where the file has the end
    /// token 2, which transformers wrote for years although CLIP's vocabulary ends with it.
    func endPosition(in tokens: [Int32]) -> Int {
        let end = endToken == 2 ? tokens.max() : Int32(endToken)
        return tokens.firstIndex { $0 == end } ?? 0
    }
}
