import Core

/// Photos in a folder for each class, from which a text-to-image model learns.
///
/// A photo's caption is the prompt that a client has for its class. `ImageFolder` says which layouts are
/// read; a test set of the folder's own is never trained on, and without one a fiftieth of each class is not.
public struct PhotoCorpus: Sendable {
    /// What a plan says of its photos.
    public struct Facts: Codable, Sendable, Hashable {
        /// Names of the classes, as they stand in captions.
        public let classes: [String]
        /// How many photos are trained on.
        public let count: Int
        /// Whether each is also shown mirrored.
        public let isMirrored: Bool
        /// SHA-256 of their pixels and labels.
        public let sha256: String

        /// The captions, by class.
        var captions: [String] { classes.map { "A photo of a \($0)" } }
    }

    /// What a plan says of them.
    public let facts: Facts
    /// What is to be said of the folder: how it was read, and what was left out.
    public let notices: [String]
    private let train: ImageSet
    /// Photos that are not trained on.
    private let heldOut: ImageSet

    private static let heldOutFraction = 0.02

    /// Reads the photos of a folder.
    ///
    /// - Parameters:
    ///   - folder: holds the classes, or `train` with them.
    ///   - isMirrored: whether each photo is also shown mirrored: right for animals, wrong for digits.
    ///   - workers: threads that decode.
    /// - Throws: `DataError`.
    public init(folder: String, isMirrored: Bool = false, workers: Int = 1) throws {
        let loaded = try ImageFolder(path: folder, testFraction: Self.heldOutFraction).load(
            ImageLoadOptions(side: PretrainingPlan.imageSide, workers: workers))
        train = loaded.train
        heldOut = loaded.test
        var hash = SHA256()
        hash.update(data: train.pixels)
        hash.update(data: train.labels.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) })
        facts = Facts(
            classes: train.classNames, count: train.count, isMirrored: isMirrored,
            sha256: hash.finalize().hexadecimal)
        notices =
            [
                "\(folder): \(train.count) photos of \(train.classNames.count) classes to train on, and "
                    + "\(heldOut.count) to measure the autoencoder with"
            ] + loaded.notices.filter { !$0.isAboutTestFraction }.map(\.description)
            + loaded.losses
    }

    /// How many different images are shown.
    package var viewCount: Int { facts.isMirrored ? 2 * train.count : train.count }

    /// Some of the images that are shown, by number in `0..<viewCount`, with their captions.
    package func views(_ numbers: Range<Int>) -> ImageSet { images(of: train, Array(numbers)) }

    /// Images that are shown, drawn with replacement.
    func drawnViews(_ count: Int, using stream: inout RandomStream) -> ImageSet {
        images(of: train, (0..<count).map { _ in stream.index(below: viewCount) })
    }

    /// Images that are not trained on, drawn with replacement.
    func heldOutImages(_ count: Int, using stream: inout RandomStream) -> ImageSet {
        let views = facts.isMirrored ? 2 * heldOut.count : heldOut.count
        return images(of: heldOut, (0..<count).map { _ in stream.index(below: views) })
    }

    private func images(of set: ImageSet, _ views: [Int]) -> ImageSet {
        let photos = views.map { facts.isMirrored ? $0 / 2 : $0 }
        let chosen = set.subset(photos)
        var pixels = chosen.pixels
        if facts.isMirrored {
            for (place, view) in views.enumerated() where view % 2 == 1 {
                Self.mirror(&pixels, image: place, side: set.side)
            }
        }
        let captions = facts.captions
        return ImageSet(
            side: set.side, pixels: pixels, labels: chosen.labels, classNames: set.classNames,
            captions: chosen.labels.map { captions[Int($0)] })
    }

    /// Swaps left and right.
    private static func mirror(_ pixels: inout [UInt8], image: Int, side: Int) {
        let rows = 3 * side
        for row in image * rows..<(image + 1) * rows {
            pixels[row * side..<(row + 1) * side].reverse()
        }
    }
}
