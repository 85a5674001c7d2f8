import Models

/// Images of a set that is known by its hash.
package struct ImageSelection: Codable, Sendable, Hashable {
    /// The set's hash.
    package let set: String
    /// Width and height, in pixels.
    package let side: Int
    /// How many images are taken.
    package let count: Int
    /// Which; `nil` for all.
    package let indices: IndexList?

    /// These images of a set.
    package init(_ indices: IndexList, of set: String, side: Int) {
        self.set = set
        self.side = side
        self.indices = indices
        count = indices.count
    }

    /// All images of a set.
    package init(allOf set: String, count: Int, side: Int) {
        self.set = set
        self.side = side
        self.count = count
        indices = nil
    }

    private enum CodingKeys: String, CodingKey { case set, side, count, indices }

    /// The places of its images in the set.
    func places(in set: ImageSet) -> [Int] { indices?.indices ?? Array(0..<set.count) }
}

/// Images that were made for training, as work names them.
package struct SyntheticImages: Sendable {
    /// The pixels, in the order in which they were asked for.
    package let parts: [StoredBytes]
    /// Width and height, in pixels.
    package let side: Int
    /// The class index of each.
    package let labels: [Int32]
    /// Names of the classes.
    package let classNames: [String]

    package init(parts: [StoredBytes], side: Int, labels: [Int32], classNames: [String]) {
        self.parts = parts
        self.side = side
        self.labels = labels
        self.classNames = classNames
    }

    /// How many images there are.
    var count: Int { labels.count }

    /// The images.
    ///
    /// - Parameter load: gives the bytes of a part.
    /// - Throws: what `load` throws.
    func images(captions: [String] = [], load: (StoredBytes) throws -> [UInt8]) throws -> ImageSet {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * side * side * count)
        for part in parts { pixels += try load(part) }
        return ImageSet(
            side: side, pixels: pixels, labels: labels, classNames: classNames, captions: captions)
    }
}

extension SyntheticImages: Codable {
    private enum CodingKeys: String, CodingKey { case parts, side, labels, classes }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        parts = try container.decode([StoredBytes].self, forKey: .parts)
        side = try container.decode(Int.self, forKey: .side)
        classNames = try container.decode([String].self, forKey: .classes)
        guard let labels = RunLengths.decode(try container.decode(String.self, forKey: .labels)) else {
            throw DecodingError.dataCorruptedError(
                forKey: .labels, in: container, debugDescription: "not labels of images")
        }
        self.labels = labels
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(parts, forKey: .parts)
        try container.encode(side, forKey: .side)
        try container.encode(RunLengths.encode(labels), forKey: .labels)
        try container.encode(classNames, forKey: .classes)
    }
}

/// The images that a training uses: synthetic ones, real ones, or both.
package struct TrainingImages: Codable, Sendable {
    package let synthetic: SyntheticImages?
    package let real: ImageSelection?
    /// What an attacker does to the real images; `nil` for nothing.
    let poison: ImagePoison?

    /// Real images.
    package init(_ real: ImageSelection, poison: ImagePoison? = nil) {
        synthetic = nil
        self.real = real
        self.poison = poison
    }

    /// Images made by the server, and perhaps real ones behind them.
    package init(_ synthetic: SyntheticImages, real: ImageSelection? = nil) {
        self.synthetic = synthetic
        self.real = real
        poison = nil
    }

    private enum CodingKeys: String, CodingKey { case synthetic, real, poison }

    /// How many images there are.
    var count: Int { (synthetic?.count ?? 0) + (real?.count ?? 0) }
    /// Width and height, in pixels.
    var side: Int { synthetic?.side ?? real?.side ?? 1 }
    /// The bytes that are read.
    var inputs: [StoredBytes] { synthetic?.parts ?? [] }

    /// The set and the indices of it to train on; `nil` for all.
    func load(in environment: WorkerEnvironment) throws -> (ImageSet, [Int]?) {
        let made = try synthetic?.images(load: environment.load)
        let set = try real.map { try environment.images($0.set) }
        switch (made, set) {
        case (let made?, let set?):
            return (made.joined(with: real?.indices.map { set.subset($0.indices) } ?? set), nil)
        case (let made?, nil): return (made, nil)
        case (nil, let set?):
            let indices = real?.indices?.indices
            return poison.map { ($0.poisoned(set, at: indices), nil) } ?? (set, indices)
        case (nil, nil): preconditionFailure("a training without images")
        }
    }
}

extension ImageSet {
    /// The images of both sets, these first, without captions.
    ///
    /// - Precondition: both have one size and the same classes.
    fileprivate func joined(with other: ImageSet) -> ImageSet {
        precondition(side == other.side && classNames == other.classNames, "images of two kinds")
        return ImageSet(
            side: side, pixels: pixels + other.pixels, labels: labels + other.labels, classNames: classNames)
    }
}
