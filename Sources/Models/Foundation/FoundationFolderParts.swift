extension FoundationFolder {
    /// A network's folder.
    enum Part: String {
        case textEncoder = "text_encoder"
        case secondTextEncoder = "text_encoder_2"
        case unet
        case autoencoder = "vae"

        /// What the files with the weights are called, up to `.safetensors`.
        var weightStem: String {
            switch self {
            case .textEncoder, .secondTextEncoder: "model"
            case .unet, .autoencoder: "diffusion_pytorch_model"
            }
        }

        /// The parameter's name in the model for a tensor's name in a file; nil for tensors that are not
        /// used.
        ///
        /// Checkpoints carry the names of the library's version that wrote them.
        func parameterName(_ name: String) -> String? {
            switch self {
            case .textEncoder: Self.textEncoderName(name)
            case .secondTextEncoder: name == "text_projection.weight" ? name : Self.textEncoderName(name)
            case .unet: name
            case .autoencoder: Self.autoencoderName(name)
            }
        }

        /// transformers before 5 put `text_model.` before every name, and stored the positions 0, 1, … as a
        /// tensor. A file of the whole CLIP has its other half too, which no prompt goes through.
        private static func textEncoderName(_ name: String) -> String? {
            let others = ["vision_model.", "visual_projection.", "logit_scale"]
            if others.contains(where: name.hasPrefix) { return nil }
            let prefix = "text_model."
            let short = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
            return ["embeddings.position_ids", "text_projection.weight"].contains(short) ? nil : short
        }

        /// diffusers before 0.18 named the projections of the autoencoder's attention differently. Weights of
        /// the loss it was trained with may lie beside it.
        private static func autoencoderName(_ name: String) -> String? {
            if name.hasPrefix("loss.") { return nil }
            var parts = name.split(separator: ".").map(String.init)
            let renamed = [
                "query": ["to_q"], "key": ["to_k"], "value": ["to_v"], "proj_attn": ["to_out", "0"],
            ]
            if parts.contains("attentions"), parts.count >= 2, let new = renamed[parts[parts.count - 2]] {
                parts.replaceSubrange(parts.count - 2..<parts.count - 1, with: new)
            }
            return parts.joined(separator: ".")
        }
    }
}

/// A network that has a folder of its own in a text-to-image model.
protocol FoundationNetwork {
    associatedtype Configuration: FoundationNetworkConfiguration
    /// Its folder.
    static var part: FoundationFolder.Part { get }
    /// Weights under the checkpoint's names.
    var parameters: ParameterStore { get }
    /// - Parameters:
    ///   - configuration: the sizes, as in the folder's `config.json`.
    ///   - generator: draws the initial weights; without one they are zero, to be loaded.
    init(_ configuration: Configuration, initializedBy generator: TensorGenerator?)
    /// The number of weights of a network of this shape.
    static func weightCount(_ configuration: Configuration) -> Double
}

extension FoundationNetwork {
    static func weightCount(_ configuration: Configuration) -> Double { configuration.weightCount }
}

/// The shape of such a network.
protocol FoundationNetworkConfiguration: ConfigurationFile {
    /// The number of its weights.
    var weightCount: Double { get }
}

extension CLIPTextModel: FoundationNetwork {
    static var part: FoundationFolder.Part { .textEncoder }
}

extension CLIPTextModelWithProjection: FoundationNetwork {
    static var part: FoundationFolder.Part { .secondTextEncoder }
    static func weightCount(_ configuration: TextEncoderConfiguration) -> Double {
        configuration.weightCount + Double(configuration.width) * Double(configuration.projectionWidth)
    }
}

extension UNet2DConditionModel: FoundationNetwork {
    static var part: FoundationFolder.Part { .unet }
}

extension AutoencoderKL: FoundationNetwork {
    static var part: FoundationFolder.Part { .autoencoder }
}
