/// How near synthetic images come to the private ones, beside how near fresh images of the same kind do.
///
/// The paper's figure 7 (https://arxiv.org/abs/2306.16064) looks at the real images that are nearest to
/// synthetic ones. Nearness alone says little: pictures of one class are alike. So what has seen nothing of
/// the private images, the test images, is measured by the same rule: synthetic images that copied would be
/// nearer than those.
public struct Retrieval: Sendable, Hashable {
    /// How near a group of images comes to the private ones.
    public struct Nearness: Sendable, Hashable {
        /// Images of the group.
        public let count: Int
        /// How many of them are at least as similar to a private image as the threshold says.
        public let nearCopies: Int
        /// Mean similarity to the nearest private image.
        public let mean: Double
        /// The largest similarity to a private image.
        public let largest: Double

        public init(count: Int, nearCopies: Int, mean: Double, largest: Double) {
            self.count = count
            self.nearCopies = nearCopies
            self.mean = mean
            self.largest = largest
        }

        /// - Precondition: every image has a neighbour.
        init(_ nearest: [[NearestImages.Neighbour]], threshold: Double) {
            let similarities = nearest.map { $0[0].similarity }
            count = similarities.count
            nearCopies = similarities.count { $0 >= threshold }
            mean = similarities.isEmpty ? 0 : similarities.reduce(0, +) / Double(similarities.count)
            largest = similarities.max() ?? 0
        }
    }

    /// A synthetic image to look at.
    public struct Example: Sendable, Hashable {
        /// Its place in the synthetic set.
        public let synthetic: Int
        /// The nearest private images, by their place in the training set.
        public let nearest: [NearestImages.Neighbour]

        public init(synthetic: Int, nearest: [NearestImages.Neighbour]) {
            self.synthetic = synthetic
            self.nearest = nearest
        }
    }

    /// The similarity from which an image counts as a near copy.
    public let threshold: Double
    public let synthetic: Nearness
    /// Of images that nobody has trained on or described.
    public let control: Nearness
    /// Of each class, the synthetic image that comes nearest to a private one: the likeliest copies.
    public let examples: [Example]

    public init(threshold: Double, synthetic: Nearness, control: Nearness, examples: [Example]) {
        self.threshold = threshold
        self.synthetic = synthetic
        self.control = control
        self.examples = examples
    }

    /// More classes would not be looked at.
    private static let mostExamples = 20
}

extension Classifier {
    /// Finds the private images that are nearest to synthetic ones, by the cosine similarity of this
    /// classifier's features.
    ///
    /// - Parameters:
    ///   - synthetic: the images that the server has made.
    ///   - real: the training set, of which clients hold the images at `indices`.
    ///   - control: images of the same kind that are not among them.
    ///   - threshold: the similarity from which an image counts as a near copy.
    ///   - neighbours: private images of each example.
    ///   - indices: of the private images in `real`.
    ///   - isCancelled: asked before each block of images.
    /// - Throws: `CancellationError` where `isCancelled` said so.
    /// - Precondition: there are private images.
    public func retrieval(
        of synthetic: ImageSet, from real: ImageSet, at indices: [Int], control: ImageSet, threshold: Double,
        neighbours: Int = 2, isCancelled: () -> Bool = { false }
    ) throws -> Retrieval {
        precondition(!indices.isEmpty, "nearest of no images")
        let gallery = try features(of: real, at: indices, isCancelled: isCancelled)
        func nearest(_ set: ImageSet) throws -> [[NearestImages.Neighbour]] {
            let own = try features(of: set, at: Array(0..<set.count), isCancelled: isCancelled)
            return try NearestImages.find(
                own, in: gallery, width: network.featureCount, count: neighbours, isCancelled: isCancelled)
        }
        let made = try nearest(synthetic)
        return try Retrieval(
            threshold: threshold, synthetic: .init(made, threshold: threshold),
            control: .init(nearest(control), threshold: threshold),
            examples: Retrieval.examples(made, labels: synthetic.labels, places: indices))
    }
}

extension Retrieval {
    /// The image of each class that is nearest to a private one; of equals, the first.
    fileprivate static func examples(
        _ nearest: [[NearestImages.Neighbour]], labels: [Int32], places: [Int]
    ) -> [Example] {
        var best: [Int32: Int] = [:]
        for (index, label) in labels.enumerated() {
            if let known = best[label], nearest[known][0].similarity >= nearest[index][0].similarity {
                continue
            }
            best[label] = index
        }
        return best.sorted { $0.key < $1.key }.prefix(mostExamples).map { _, index in
            Example(
                synthetic: index,
                nearest: nearest[index].map { .init(index: places[$0.index], similarity: $0.similarity) })
        }
    }
}
