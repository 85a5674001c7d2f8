import Core
import Foundation

/// A trained model of the image world that training begins with, in the place of random weights.
///
/// Its autoencoder is taken as it is; text encoder and denoiser are trained on. A word that it has not read
/// begins with a random vector.
struct PretrainingStart {
    /// Of the weights and the vocabulary: what a plan that begins here must say to mean the same.
    let sha256: String
    private let textEncoder: CLIPTextModel
    private let unet: UNet2DConditionModel
    private let autoencoder: AutoencoderKL
    private let tokenizer: Tokenizer

    /// Opens a model that pretraining has made.
    ///
    /// - Throws: `FoundationModelError`, of them `.foreignStart` where the networks have not the plan's
    ///   shapes; `SafetensorsError`.
    init(folder: URL, plan: PretrainingPlan) throws {
        let parts = try FoundationFolder(path: folder.path)
        textEncoder = try parts.textEncoder()
        unet = try parts.unet()
        autoencoder = try parts.autoencoder()
        tokenizer = try Tokenizer(folder: folder.appending(path: "tokenizer"))
        guard textEncoder.configuration == plan.textEncoder(vocabularySize: tokenizer.vocabularySize),
            unet.parameters.declarations == UNet2DConditionModel(plan.unet).parameters.declarations,
            autoencoder.parameters.declarations == AutoencoderKL(plan.autoencoder).parameters.declarations
        else { throw FoundationModelError.foreignStart(path: folder.path) }
        var hash = SHA256()
        for store in [textEncoder.parameters, unet.parameters, autoencoder.parameters] {
            hash.update(data: store.encoded())
        }
        hash.update(data: try Data(contentsOf: folder.appending(path: "tokenizer/vocab.json")))
        sha256 = hash.finalize().hexadecimal
    }

    /// Overwrites an autoencoder of the plan's shape.
    func load(into other: AutoencoderKL) { other.parameters.copy(from: autoencoder.parameters) }

    /// Overwrites all weights but those of the training's own heads, and of words that the model has not
    /// read.
    ///
    /// - Parameters:
    ///   - networks: of the plan's shapes.
    ///   - tokenizer: whose tokens the networks take.
    ///   - words: those that the captions have.
    func load(into networks: DiffusionNetworks, tokenizer: Tokenizer, words: [String]) {
        let table = "embeddings.token_embedding.weight"
        networks.unet.parameters.copy(from: unet.parameters)
        networks.textEncoder.parameters.copy(from: textEncoder.parameters) { !$0.hasSuffix(table) }
        guard let known = textEncoder.parameters[table], let new = networks.textEncoder.parameters[table]
        else {
            preconditionFailure("a text encoder without token embeddings")
        }
        Torch.withoutGradients {
            for (from, to) in tokens(shared: words, with: tokenizer) {
                new.narrow(0, from: Int(to), count: 1).copy(from: known.narrow(0, from: Int(from), count: 1))
            }
        }
    }

    /// The ids of what both vocabularies have as one token: here, and in the other.
    private func tokens(shared words: [String], with other: Tokenizer) -> [(Int32, Int32)] {
        let ends = [
            (tokenizer.startToken, other.startToken), (tokenizer.endToken, other.endToken),
            (tokenizer.paddingToken, other.paddingToken),
        ]
        return ends
            + words.compactMap { word in
                let (here, there) = (tokenizer.tokensOfText(word), other.tokensOfText(word))
                return here.count == 1 && there.count == 1 ? (here[0], there[0]) : nil
            }
    }
}
