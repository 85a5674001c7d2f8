/// An image captioner: a vision transformer, and a decoder that attends to its states.
///
/// Li et al., "BLIP", arXiv 2201.12086; `BlipForConditionalGeneration` of
/// https://github.com/huggingface/transformers/blob/main/src/transformers/models/blip/modeling_blip.py, with
/// its parameter names.
public final class BlipModel {
    /// The shape.
    public let configuration: BlipConfiguration
    /// Weights under the checkpoint's names.
    public let parameters: ParameterStore
    let vision: VisionTransformer
    private let decoder: BlipDecoder

    /// - Parameters:
    ///   - configuration: the sizes, as in the folder's `config.json`.
    ///   - generator: draws the initial weights; without one they are zero, to be loaded.
    init(_ configuration: BlipConfiguration, initializedBy generator: TensorGenerator? = nil) {
        self.configuration = configuration
        parameters = ParameterStore(initializedBy: generator)
        vision = VisionTransformer(parameters.root / "vision_model", configuration: configuration.vision)
        decoder = BlipDecoder(
            parameters.root / "text_decoder", configuration: configuration.text,
            imageWidth: configuration.vision.width)
    }

    /// States of normalized images, `[N, 3, side, side]` → `[N, tokens, vision width]`.
    public func encode(_ images: Tensor) -> Tensor { vision(images) }

    /// Logits of the first token of a caption, `[N, vocabulary]`.
    ///
    /// - Parameters:
    ///   - images: normalized, `[N, 3, side, side]`.
    ///   - prompt: ids that the caption goes on from, after the start token.
    public func firstLogits(_ images: Tensor, prompt: [Int32] = []) -> Tensor {
        Torch.withoutGradients { reading(images, prompt: prompt).logits }
    }

    /// Captions of images as token ids: neither start token nor prompt, the end token where it was reached.
    ///
    /// - Precondition: prompt and longest caption fit the decoder's positions.
    public func generate(_ images: Tensor, prompt: [Int32] = [], options: CaptionOptions) -> [[Int32]] {
        Torch.withoutGradients {
            CaptionSearch.captions(
                reading(images, prompt: prompt), endTokens: configuration.generation.endTokens,
                options: options)
        }
    }

    private func reading(_ images: Tensor, prompt: [Int32]) -> Reading {
        Reading(
            decoder, images: decoder.images(encode(images)), rows: images.shape[0],
            prompt: [configuration.generation.startToken] + prompt)
    }

    /// What the decoder has read of a batch of captions.
    private final class Reading: CaptionReading {
        private let decoder: BlipDecoder
        private var images: BlipImages
        private var cache: DecoderCache? = DecoderCache()
        private(set) var logits: Tensor

        init(_ decoder: BlipDecoder, images: BlipImages, rows: Int, prompt: [Int32]) {
            self.decoder = decoder
            self.images = images
            let tokens = Tensor(indices: prompt.map(Int64.init), shape: [1, prompt.count])
            logits = decoder(tokens.expand([rows, prompt.count]), images: images, cache: &cache)
        }

        func advance(rows: [Int], tokens: [Int32]) {
            if rows != Array(0..<self.rows) {
                cache?.select(rows)
                images = images.selected(rows)
            }
            let next = Tensor(indices: tokens.map(Int64.init), shape: [tokens.count, 1])
            logits = decoder(next, images: images, cache: &cache)
        }
    }
}
