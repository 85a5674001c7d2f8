/// The images of one split of LEAF's format, of all its files in byte order.
struct LEAFRecords {
    /// The folder of the files.
    let folder: String
    /// Width and height of an image; nil where there is none.
    private(set) var side: Int?
    /// Users with images, in the order of the files.
    private(set) var users: [String] = []
    /// Gray bytes, image by image.
    private var pixels: [UInt8] = []
    /// Label of each image.
    private(set) var labels: [Int32] = []
    /// Place in `users` of each image's owner.
    private var owners: [Int] = []

    /// Reads files.
    ///
    /// - Parameter side: width and height of the images of another split.
    /// - Throws: `DataError`.
    init(_ files: [String], side: Int? = nil, _ report: inout ReadingReport) throws(DataError) {
        folder = files[0].lastIndex(of: "/").map { String(files[0][..<$0]) } ?? "."
        self.side = side
        var fileOf: [String: String] = [:]
        for path in files {
            let file = try LEAFFile(path, side: self.side)
            self.side = file.side
            for user in file.users {
                if let other = fileOf.updateValue(path, forKey: user.name) {
                    throw .malformed(
                        path: path, line: nil,
                        reason: "user '\(user.name)' is in \(other), too; allowed: once in a split")
                }
                try ImageMemory.check(count: labels.count + user.images, side: self.side ?? 1)
                owners += repeatElement(users.count, count: user.images)
                users.append(user.name)
                pixels += user.pixels
                labels += user.labels
            }
        }
    }

    /// Takes the test images of a split out of these.
    ///
    /// - Returns: the test images, with the same users.
    mutating func split(by split: OwnSplit) -> LEAFRecords {
        var isTested = [Bool](repeating: false, count: labels.count)
        var start = 0
        while start < labels.count {
            // The images of a user stand together.
            let end = owners[start...].firstIndex { $0 != owners[start] } ?? labels.count
            let stream = "owner\n\(users[owners[start]])"
            if end - start > 1 {
                let tested = split.tested(of: end - start, stream: stream)
                for place in 0..<end - start { isTested[start + place] = tested.contains(place) }
            }
            start = end
        }
        var test = self
        test.keep(labels.indices.filter { isTested[$0] })
        keep(labels.indices.filter { !isTested[$0] })
        return test
    }

    private mutating func keep(_ images: [Int]) {
        let size = (side ?? 0) * (side ?? 0)
        pixels = images.flatMap { pixels[$0 * size..<($0 + 1) * size] }
        labels = images.map { labels[$0] }
        owners = images.map { owners[$0] }
    }

    /// The images with their owners, at most `limit` of each class.
    ///
    /// - Parameter names: all owners of the data set, in their order.
    /// - Throws: `DataError.tooMuchMemory`.
    func images(
        _ classNames: [String], owners names: [String], limit: Int?, _ options: ImageLoadOptions
    ) throws(DataError) -> ImageSet {
        let side = side ?? 1, size = side * side
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, Int32($0)) })
        let indices = users.map { numbers[$0]! }
        var records = BinaryRecords(side: side, classNames: classNames, limit: limit)
        var kept: [Int32] = []
        for (image, label) in labels.enumerated() where records.takes(label: Int(label)) {
            let gray = pixels[image * size..<(image + 1) * size]
            records.append(gray + gray + gray, label: Int(label))
            kept.append(indices[owners[image]])
        }
        var set = try records.resized(options)
        set.owners = ImageOwners(names: names, indices: kept)
        return set
    }
}
