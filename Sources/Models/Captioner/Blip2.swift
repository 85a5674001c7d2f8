/// An image captioner: a vision transformer, a Q-Former that reads it, and a language model that the queries
/// speak to.
///
/// Parameters have the names of the checkpoint (`language_model.model.decoder.layers.0.fc1.weight`, …).
/// `Blip2ForConditionalGeneration` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip_2/modeling_blip_2.py
public final class Blip2Model {
    /// The shape.
    public let configuration: Blip2Configuration
    /// Weights under the checkpoint's names.
    public let parameters: ParameterStore
    let vision: VisionTransformer
    private let queries: Tensor
    private let qformer: QFormer
    private let projection: Linear
    let decoder: OPTDecoder

    /// - Parameters:
    ///   - configuration: the sizes, as in the folder's `config.json`.
    ///   - generator: draws the initial weights; without one they are zero, to be loaded.
    public init(_ configuration: Blip2Configuration, initializedBy generator: TensorGenerator? = nil) {
        self.configuration = configuration
        parameters = ParameterStore(initializedBy: generator)
        let path = parameters.root
        let width = configuration.qformer.width
        vision = VisionTransformer(path / "vision_model", configuration: configuration.vision)
        // transformers' initializer_range; queries that begin equal would stay equal.
        queries = path.parameter(
            "query_tokens", [1, configuration.queryTokens, width], .normal(deviation: 0.02))
        qformer = QFormer(
            path / "qformer", configuration: configuration.qformer, imageWidth: configuration.vision.width)
        projection = Linear(path / "language_projection", from: width, to: configuration.text.width)
        decoder = OPTDecoder(path / "language_model", configuration: configuration.text)
    }

    /// What the parts before the language model make of images.
    public struct ImageStates {
        /// Last states of the vision transformer, `[N, tokens, vision width]`.
        public let vision: Tensor
        /// Last states of the queries, `[N, queryTokens, Q-Former width]`.
        public let queries: Tensor
        /// What the language model reads, `[N, queryTokens, text width]`.
        public let projection: Tensor
    }

    /// Reads normalized images, `[N, 3, side, side]`.
    public func encode(_ images: Tensor) -> ImageStates {
        let states = vision(images)
        let read = qformer(queries, images: states)
        return ImageStates(vision: states, queries: read, projection: projection(read))
    }

    /// Logits of the token after each given one.
    ///
    /// - Parameters:
    ///   - images: normalized, `[N, 3, side, side]`.
    ///   - tokens: int64 `[N, T]`, the start token first.
    /// - Returns: `[N, T, vocabulary]`.
    public func callAsFunction(_ images: Tensor, tokens: Tensor) -> Tensor {
        logits(reading: encode(images), tokens: tokens)
    }

    /// Logits of the token after each given one, `[N, T, vocabulary]`, for images that were read before.
    func logits(reading images: ImageStates, tokens: Tensor) -> Tensor {
        var cache: DecoderCache?
        let states = decoder(
            .concatenate([images.projection, decoder.embed(tokens)], axis: 1), cache: &cache)
        return decoder.logits(states.narrow(1, from: configuration.queryTokens, count: tokens.shape[1]))
    }
}
