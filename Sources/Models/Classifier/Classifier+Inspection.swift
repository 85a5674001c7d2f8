import Core
import Foundation

// What a classifier says of single images, for those who attack it and for those who look for likenesses.

extension Classifier {
    /// Probabilities of all classes for some images of a set, `[indices.count][classes]`, not augmented.
    ///
    /// They are computed in double precision from the logits: in single, an answer of which the network is
    /// sure is exactly 1, and the logarithm of what is left says nothing.
    ///
    /// - Throws: `CancellationError` where `isCancelled`, asked before every batch, said so.
    public func probabilities(
        of images: ImageSet, at indices: [Int], batch: Int = 100, isCancelled: () -> Bool = { false }
    ) throws -> [[Double]] {
        let classes = architecture.classes
        let logits = try rows(of: images, at: indices, batch: batch, isCancelled) {
            network.forward($0, training: false)
        }
        return stride(from: 0, to: logits.count, by: classes).map { start in
            let row = logits[start..<start + classes].map(Double.init)
            let largest = row.max() ?? 0
            let powers = row.map { exp($0 - largest) }
            let sum = powers.reduce(0, +)
            return powers.map { $0 / sum }
        }
    }

    /// The features of some images of a set, not augmented: `[indices.count, network.featureCount]`, row by
    /// row.
    ///
    /// - Throws: `CancellationError` where `isCancelled`, asked before every batch, said so.
    public func features(
        of images: ImageSet, at indices: [Int], batch: Int = 100, isCancelled: () -> Bool = { false }
    ) throws -> [Float] {
        try rows(of: images, at: indices, batch: batch, isCancelled) {
            network.features(of: $0, training: false)
        }
    }

    private func rows(
        of images: ImageSet, at indices: [Int], batch: Int, _ isCancelled: () -> Bool,
        _ compute: (Tensor) -> Tensor
    ) throws -> [Float] {
        var source = BatchSource(images, augmentation: .none)
        var generator = RandomStream(seed: 0)  // Not drawn from: nothing is augmented.
        var values: [Float] = []
        try Torch.withoutGradients {
            for start in stride(from: 0, to: indices.count, by: batch) {
                if isCancelled() { throw CancellationError() }
                let chunk = indices[start..<min(start + batch, indices.count)]
                values += compute(source.batch(of: chunk, using: &generator).images).floats
            }
        }
        return values
    }
}
