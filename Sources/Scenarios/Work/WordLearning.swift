import Core
import Foundation
import Models
import RunLog
import Simulator

/// Learns a word for a class from a client's images of it through the frozen foundation model (textual
/// inversion, https://arxiv.org/abs/2208.01618), and rounds it as it will travel.
package struct WordLearning: Work {
    package typealias Output = LearnedWord
    package static let activity = WorkKind.tailor
    package static let nature = WorkNature.generation
    package static let isShared = true

    /// The hash of the foundation model.
    let foundation: String
    let images: ImageSelection
    /// The class index.
    let label: Int
    /// The name of the class, with whose vector the word begins.
    let word: String
    /// The text that the word stands in.
    let template: String
    let steps: Int
    let batch: Int
    let learningRate: Double
    let precision: Scenario.EmbeddingPrecision
    let seed: UInt64

    private enum CodingKeys: String, CodingKey {
        case foundation, images, label, word, template, steps, batch, learningRate = "learning_rate",
            precision,
            seed
    }

    package init(
        by foundation: String, from images: ImageSelection, label: Int, word: String,
        settings: Scenario.Synthesis, seed: UInt64
    ) {
        self.foundation = foundation
        self.images = images
        self.label = label
        self.word = word
        template = settings.template
        steps = settings.tailoring.steps
        batch = settings.tailoring.batch
        learningRate = settings.tailoring.learningRate
        precision = settings.embeddingPrecision
        self.seed = seed
    }

    private var options: InversionOptions {
        InversionOptions(steps: steps, batch: batch, learningRate: learningRate)
    }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.foundation(foundation).operations.inversion(options, images: images.count)
    }

    /// What has the size of a learnt word, and is no other's.
    package func standIn(_ facts: WorkFacts, key: WorkKey) -> LearnedWord? {
        var stream = RandomStream(seed: seed, purpose: "stand-in of a word")
        let width = facts.foundation(foundation).tokenWidth
        return word((0..<width).map { _ in Float(stream.normal()) }, losses: [])
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<LearnedWord> {
        let set = try environment.images(images.set)
        let learnt = try environment.foundation(foundation).learnedToken(
            template: template, word: word, from: set,
            at: images.places(in: set), options: options, seed: seed,
            isCancelled: environment.isCancelled)
        let output = word(learnt.vector, losses: learnt.losses)
        return WorkOutcome(output: output, sha256: WorkKey.hash(of: output.bytes))
    }

    private func word(_ vector: [Float], losses: [Double]) -> LearnedWord {
        LearnedWord(
            bytes: TokenEmbeddingCodec.encode(
                [TokenEmbedding(label: label, count: images.count, vector: vector)], as: precision),
            losses: losses)
    }
}

/// A word in the bytes that travel, and how it was learnt.
package struct LearnedWord: RecordableOutput {
    let bytes: [UInt8]
    /// Mean losses of the tenths of the steps.
    let losses: [Double]

    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] {
        ["token": .text(Data(bytes).base64EncodedString()), "losses": .list(losses.map(JSONScalar.real))]
    }

    init(bytes: [UInt8], losses: [Double]) {
        self.bytes = bytes
        self.losses = losses
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard case .text(let text)? = record.fields["token"], let data = Data(base64Encoded: text),
            let losses = record.fields["losses"]?.list(of: \.number)
        else { return nil }
        self.init(bytes: [UInt8](data), losses: losses)
    }
}
