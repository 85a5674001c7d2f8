import Foundation
import Models
import RunLog
import Simulator

// Embeddings that are tailored to a client's images: a new word for each class that it holds, whose vector it learns
// through the frozen foundation model (textual inversion, https://arxiv.org/abs/2208.01618) and uploads.

extension Client {
    /// A word for each class that it holds, learnt from its images of the class and rounded as it will travel.
    ///
    /// All words are begun at once, so that several workers may learn them; the device learns one after the other.
    func tailoredWords() async throws -> [TokenEmbedding] {
        let labels = context.data.train.labels
        let images = Dictionary(grouping: images) { Int(labels[$0]) }.sorted { $0.key < $1.key }
        let pending = images.map { label, images in pendingWord(of: label, from: images) }
        var words: [TokenEmbedding] = []
        for (image, work) in zip(images, pending) {
            let learnt = try await context.join(work, on: device).output
            words += try TokenEmbeddingCodec.decode(learnt.bytes)
            let name = context.data.train.classNames[image.key]
            context.recorder.prompt(
                client: id, label: image.key,
                text: context.scenario.synthesis.template.replacing("{class}", with: "<\(name)>"),
                bytes: words[words.count - 1].vector.count
                    * context.scenario.synthesis.embeddingPrecision.byteCount)
        }
        return words
    }

    private func pendingWord(of label: Int, from images: [Int]) -> RunContext.Pending<LearnedWord> {
        let settings = context.scenario.synthesis, options = settings.tailoring.options
        let foundation = context.machinery.models.foundation(of: context.scenario)
        let seed = context.workSeed("word of class \(label)", client: id)
        let name = context.data.train.classNames[label]
        let order = WorkOrder(
            kind: "tailor", round: context.round, client: id,
            key: WorkKey(
                "tailor",
                [
                    "foundation": foundation.sha256, "images": "\(context.data.trainSHA256) \(images)",
                    "template": settings.template, "word": name, "label": "\(label)",
                    "optimizer": "\(options.steps) \(options.batch) \(options.learningRate)",
                    "precision": settings.embeddingPrecision.rawValue, "seed": "\(seed)",
                ]),
            flops: foundation.operations.inversion(options, images: images.count), isShared: true)
        let data = context.data, pool = context.machinery.pool
        return context.begin(order, standIn: standIn(for: label, images.count, width: foundation.tokenWidth))
        {
            let learnt = try foundation.learnedToken(
                template: settings.template, word: name, from: data.images().train, at: images,
                options: options,
                seed: seed, isCancelled: { pool.isCancelled })
            let bytes = TokenEmbeddingCodec.encode(
                [TokenEmbedding(label: label, count: images.count, vector: learnt.vector)],
                as: settings.embeddingPrecision)
            return WorkOutcome(
                output: LearnedWord(bytes: bytes, losses: learnt.losses), sha256: WorkKey.hash(of: bytes))
        }
    }

    /// What has the size of a learnt word, and is no other's.
    private func standIn(for label: Int, _ count: Int, width: Int) -> LearnedWord {
        var stream = context.stream("word of class \(label)", client: id)
        let word = TokenEmbedding(
            label: label, count: count, vector: (0..<width).map { _ in Float(stream.normal()) })
        return LearnedWord(
            bytes: TokenEmbeddingCodec.encode([word], as: context.scenario.synthesis.embeddingPrecision),
            losses: [])
    }
}

extension Scenario.Tailoring {
    /// As the pipeline takes them.
    var options: InversionOptions { InversionOptions(steps: steps, batch: batch, learningRate: learningRate) }
}

/// A word in the bytes that travel, and how it was learnt.
struct LearnedWord: RecordableOutput {
    let bytes: [UInt8]
    /// Mean losses of the tenths of the steps.
    let losses: [Double]

    static var isWhole: Bool { true }

    var fields: [String: JSONScalar] {
        ["token": .text(Data(bytes).base64EncodedString()), "losses": .list(losses.map(JSONScalar.real))]
    }

    init(bytes: [UInt8], losses: [Double]) {
        self.bytes = bytes
        self.losses = losses
    }

    init?(record: WorkRecord, blobs: BlobStore) {
        guard case .text(let text)? = record.fields["token"], let data = Data(base64Encoded: text),
            case .list(let losses)? = record.fields["losses"]
        else { return nil }
        self.init(bytes: [UInt8](data), losses: losses.compactMap(\.number))
    }
}
