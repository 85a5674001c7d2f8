import Core

extension Classifier {
    /// The images of one class and domain in a set, and how many of them are classified as labelled.
    public struct Part: Sendable, Hashable {
        /// The class.
        public let label: Int
        /// The domain's name.
        public let domain: String
        /// How many images there are.
        public let images: Int
        /// How many of them are classified as labelled.
        public let correct: Int

        /// A part of a set.
        public init(label: Int, domain: String, images: Int, correct: Int) {
            self.label = label
            self.domain = domain
            self.images = images
            self.correct = correct
        }
    }

    /// The parts of a set by class and then domain; those without images are missing.
    ///
    /// - Parameters:
    ///   - images: the set, all of it.
    ///   - batch: images in a forward pass.
    ///   - isCancelled: asked before every batch.
    /// - Throws: `CancellationError` where `isCancelled` said so; `TorchScriptError`.
    /// - Precondition: labels are classes of this architecture.
    public func parts(of images: ImageSet, batch: Int = 100, isCancelled: () -> Bool) throws -> [Part] {
        let domains = images.domainNames.count
        var counts = [Int](repeating: 0, count: images.classNames.count * domains), hits = counts
        var source = BatchSource(images, augmentation: .none)
        var generator = RandomStream(seed: 0)  // Not drawn from: nothing is augmented.
        try Torch.withoutGradients {
            for start in stride(from: 0, to: images.count, by: batch) {
                if isCancelled() { throw CancellationError() }
                let range = start..<min(start + batch, images.count)
                let (pixels, labels) = source.batch(of: range, using: &generator)
                let found = try network.forward(pixels, training: false).argmax(1).equals(labels).floats
                for (index, hit) in zip(range, found) {
                    let place = Int(images.labels[index]) * domains + Int(images.domains[index])
                    counts[place] += 1
                    hits[place] += Int(hit)
                }
            }
        }
        return counts.indices.filter { counts[$0] > 0 }.map { place in
            Part(
                label: place / domains, domain: images.domainNames[place % domains], images: counts[place],
                correct: hits[place])
        }
    }
}
