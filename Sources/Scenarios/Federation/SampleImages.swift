import Models
import RunLog
import Simulator

// A few images of each class beside the log, so that a report can show synthetic images next to real ones.

extension RunContext {
    /// Keeps samples of a synthetic set and of the clients' private images. Nothing is drawn or loaded for
    /// them that the run does not need anyway: a replay, which has no pixels, notes only what the file has
    /// already.
    ///
    /// - Throws: `RunLogError`, and errors of images that cannot be encoded.
    func keepSamples(of set: SyntheticSet) throws {
        guard !isTimingOnly else { return }
        let isDrawn = set.content.parts.allSatisfy(\.isAtHand), data = data
        try recorder.samples(.synthetic, ofSet: set.sha256, formerly: set.formerSHA256) {
            isDrawn ? try set.samples() : []
        }
        try recorder.samples(.real, ofSet: data.trainSHA256) {
            isDrawn ? try SampleChoice(labels: data.train.labels).images(of: data.images().train) : []
        }
    }

    /// Keeps the examples of a retrieval, each with its nearest private images, under the hash of its result:
    /// for `fgl-sim retrieve`. Where a run has no pixels, nothing is kept that the file does not have.
    ///
    /// - Throws: `RunLogError`, and errors of images that cannot be encoded.
    func keepExamples(of retrieval: Retrieval, from set: SyntheticSet, as sha256: String) throws {
        guard set.content.parts.allSatisfy(\.isAtHand) else { return }
        let data = data
        try recorder.samples(nil, ofSet: sha256) {
            let train = try data.images().train
            return try retrieval.examples.flatMap { example in
                let label = set.content.labels[example.synthetic]
                let made = try SampleImage(
                    set.pixels(at: example.synthetic), side: set.content.side, label: label,
                    classNames: set.content.classNames,
                    caption: set.captions.isEmpty ? nil : set.captions[example.synthetic])
                return try [made]
                    + example.nearest.map { neighbour in
                        try SampleImage(
                            train.image(at: neighbour.index), side: train.side, label: label,
                            classNames: set.content.classNames, caption: "\(neighbour.similarity)")
                    }
            }
        }
    }
}

/// Which images of a set are kept.
struct SampleChoice {
    /// Images of both kinds together take little of the file: a few hundred of some kilobytes.
    private static let mostImages = 96
    private static let mostPerClass = 4
    private static let mostClasses = 200
    /// Larger images are made smaller, in pixels.
    static let mostPixels = 96
    static let jpegQuality = 90

    /// Indices by label: the same number of each class, evenly spread over its first `window` images.
    let indices: [[Int]]

    /// - Parameter window: how many images of a class are looked at, so that few parts have to be loaded.
    init(labels: [Int32], window: Int = .max) {
        var byLabel: [Int32: [Int]] = [:]
        for (index, label) in labels.enumerated() where byLabel[label]?.count ?? 0 < window {
            byLabel[label, default: []].append(index)
        }
        let classes = byLabel.keys.sorted().prefix(Self.mostClasses)
        let perClass = max(1, min(Self.mostPerClass, Self.mostImages / max(1, classes.count)))
        indices = classes.map { label in
            let all = byLabel[label]!, count = min(perClass, all.count)
            return (0..<count).map { all[$0 * all.count / count] }
        }
    }

    /// The images.
    ///
    /// - Throws: `ImageCodecError`.
    func images(of set: ImageSet) throws -> [SampleImage] {
        try indices.joined().map { index in
            try SampleImage(
                set.image(at: index), side: set.side, label: set.labels[index], classNames: set.classNames,
                caption: set.captions.isEmpty ? nil : set.captions[index])
        }
    }
}

extension SyntheticSet {
    /// The pixels of one image, `[3, side, side]`; its part alone is loaded.
    ///
    /// - Throws: the file system's error where the part cannot be read.
    fileprivate func pixels(at index: Int) throws -> ArraySlice<UInt8> {
        let bytesPerImage = 3 * content.side * content.side
        var first = index * bytesPerImage
        for part in content.parts {
            if first < part.count { return try part.load()[first..<first + bytesPerImage] }
            first -= part.count
        }
        preconditionFailure("image \(index) of \(count)")
    }

    /// Samples of each class, from the first parts of each.
    ///
    /// - Throws: `ImageCodecError`; the file system's error where a part cannot be read.
    fileprivate func samples() throws -> [SampleImage] {
        let side = content.side, parts = content.parts
        let bytesPerImage = 3 * side * side
        // The number of the first image of each part.
        var starts: [Int] = [], next = 0
        for part in parts {
            starts.append(next)
            next += part.count / bytesPerImage
        }
        var loaded: (part: Int, pixels: [UInt8])?
        return try SampleChoice(labels: content.labels, window: 100).indices.joined().map { index in
            let part = starts.lastIndex { $0 <= index } ?? 0
            if loaded?.part != part { loaded = (part, try parts[part].load()) }
            let first = (index - starts[part]) * bytesPerImage
            return try SampleImage(
                loaded!.pixels[first..<first + bytesPerImage], side: side, label: content.labels[index],
                classNames: content.classNames, caption: captions.isEmpty ? nil : captions[index])
        }
    }
}

extension SampleImage {
    /// An image of planar bytes, `[3, side, side]`.
    ///
    /// - Throws: `ImageCodecError`.
    fileprivate init(
        _ planar: ArraySlice<UInt8>, side: Int, label: Int32, classNames: [String], caption: String?
    ) throws {
        var image = ContactSheet.image(pixels: Array(planar), side: side, columns: 1, margin: 0)
        if side > SampleChoice.mostPixels {
            let small = Resize.planarSquare(image, side: SampleChoice.mostPixels)
            image = ContactSheet.image(pixels: small, side: SampleChoice.mostPixels, columns: 1, margin: 0)
        }
        self.init(
            label: Int(label), className: classNames[Int(label)], caption: caption,
            jpeg: try ImageCodec.encodeJPEG(image, quality: SampleChoice.jpegQuality))
    }
}
