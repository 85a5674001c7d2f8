import Models
import RunLog
import Simulator

// Embeddings that are tailored to a client's images: a new word for each class that it holds, whose vector it
// learns through the frozen foundation model (textual inversion, https://arxiv.org/abs/2208.01618) and
// uploads.

extension Client {
    /// A word for each class that it holds, learnt from its images of the class and rounded as it will
    /// travel.
    ///
    /// All words are begun at once, so that several workers may learn them; the device learns one after the
    /// other.
    func tailoredWords() async throws -> [TokenEmbedding] {
        let held = imagesByClass
        let pending = held.map { pendingWord(of: $0.label, from: $0.images) }
        var words: [TokenEmbedding] = []
        for ((label, _), work) in zip(held, pending) {
            let learnt = try await context.join(work, on: device).output
            words += try TokenEmbeddingCodec.decode(learnt.bytes)
            let name = context.data.train.classNames[label]
            context.recorder.prompt(
                client: id, label: label,
                text: context.scenario.synthesis.template.replacing("{class}", with: "<\(name)>"),
                bytes: words[words.count - 1].vector.count
                    * context.scenario.synthesis.embeddingPrecision.byteCount)
        }
        return words.map {
            TokenEmbedding(label: falsified(label: $0.label), count: $0.count, vector: $0.vector)
        }
    }

    private func pendingWord(of label: Int, from images: [Int]) -> PendingWork<LearnedWord> {
        let foundation = context.machinery.models.foundation(of: context.scenario)
        return context.begin(
            WordLearning(
                by: foundation.sha256, from: context.selection(IndexList(images)), label: label,
                word: context.data.train.classNames[label], settings: context.scenario.synthesis,
                seed: context.workSeed("word of class \(label)", client: id)),
            client: id)
    }
}
