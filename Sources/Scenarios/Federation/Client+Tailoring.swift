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
