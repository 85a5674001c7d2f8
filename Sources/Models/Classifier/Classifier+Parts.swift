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
        try forEachHit(in: images, batch: batch, isCancelled: isCancelled) { image, isHit in
            let place = Int(images.labels[image]) * domains + Int(images.domains[image])
            counts[place] += 1
            hits[place] += isHit ? 1 : 0
        }
        return counts.indices.filter { counts[$0] > 0 }.map { place in
            Part(
                label: place / domains, domain: images.domainNames[place % domains], images: counts[place],
                correct: hits[place])
        }
    }
}
