/// An image captioner: a vision transformer, a Q-Former that reads it, and T5, whose encoder reads the
/// queries.
///
/// Parameters have the names of the checkpoint. `Blip2ForConditionalGeneration` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip_2/modeling_blip_2.py
public final class Blip2T5Model {
    /// The shape.
    public let configuration: Blip2T5Configuration
    /// Weights under the checkpoint's names.
    public let parameters: ParameterStore
    let vision: VisionTransformer
    private let queries: Tensor
    private let qformer: QFormer
    private let projection: Linear
    private let language: T5Model

    /// - Parameters:
    ///   - configuration: the sizes, as in the folder's `config.json`.
    ///   - hasHead: whether the language model has a matrix for its logits.
    init(_ configuration: Blip2T5Configuration, hasHead: Bool) {
        self.configuration = configuration
        parameters = ParameterStore()
        let path = parameters.root, width = configuration.qformer.width
        vision = VisionTransformer(path / "vision_model", configuration: configuration.vision)
        queries = path.parameter(
            "query_tokens", [1, configuration.queryTokens, width], .normal(deviation: 0.02))
        qformer = QFormer(
            path / "qformer", configuration: configuration.qformer, imageWidth: configuration.vision.width)
        projection = Linear(path / "language_projection", from: width, to: configuration.text.width)
        language = T5Model(path / "language_model", configuration: configuration.text, hasHead: hasHead)
    }

    /// Logits of the first token of a caption, `[N, vocabulary]`.
    ///
    /// - Parameters:
    ///   - images: normalized, `[N, 3, side, side]`.
    ///   - prompt: ids behind the queries.
    public func firstLogits(_ images: Tensor, prompt: [Int32]) -> Tensor {
        Torch.withoutGradients { Reading(self, images, prompt).logits }
    }

    /// Captions of images as token ids, the end token where it was reached.
    public func generate(_ images: Tensor, prompt: [Int32], options: CaptionOptions) -> [[Int32]] {
        Torch.withoutGradients {
            CaptionSearch.captions(
                Reading(self, images, prompt), endTokens: configuration.generation.endTokens, options: options
            )
        }
    }

    /// What the language model has read of a batch of captions.
    private final class Reading: CaptionReading {
        private let language: T5Model
        private var context: T5Context
        private var cache: DecoderCache? = DecoderCache()
        private(set) var logits: Tensor

        init(_ model: Blip2T5Model, _ images: Tensor, _ prompt: [Int32]) {
            language = model.language
            var read = model.projection(model.qformer(model.queries, images: model.vision(images)))
            let rows = read.shape[0], width = read.shape[2]
            if !prompt.isEmpty {
                let text = language.embed(Tensor(indices: prompt.map(Int64.init), shape: [1, prompt.count]))
                read = .concatenate([read, text.expand([rows, prompt.count, width])], axis: 1)
            }
            context = language.encode(read)
            let start = Int64(model.configuration.generation.startToken)
            let tokens = Tensor(indices: [Int64](repeating: start, count: rows), shape: [rows, 1])
            logits = language.logits(tokens, context: context, cache: &cache)
        }

        func advance(rows: [Int], tokens: [Int32]) {
            if rows != Array(0..<self.rows) {
                cache?.select(rows)
                context = context.selected(rows)
            }
            let next = Tensor(indices: tokens.map(Int64.init), shape: [tokens.count, 1])
            logits = language.logits(next, context: context, cache: &cache)
        }
    }
}
