/// Class folders inside one split of a data set.
enum ClassFolders {
    /// The most classes that are read; ImageNet-21k has 21,843.
    static let limit = 25_000

    /// The folders `wanted`, or all folders of `split` in byte order.
    ///
    /// - Throws: `DataError` when a wanted folder is missing, fewer than `least` classes are left or more than `limit`.
    static func chosen(_ wanted: [String]?, in split: String, least: Int = 2) throws(DataError) -> [String] {
        let present = try DataFiles.folders(in: split)
        if let wanted {
            let known = Set(present)
            let missing = wanted.filter { !known.contains($0) }
            guard missing.isEmpty else { throw .unknownClasses(path: split, names: missing) }
        }
        let sorted = present.sorted()
        if let (one, _) = zip(sorted, sorted.dropFirst()).first(where: ==) {
            throw .malformed(
                path: split, line: nil, reason: "two folders are called '\(one)', in two encodings of its accents")
        }
        let folders = try wanted.map { wanted throws(DataError) in try spelled(wanted, in: split) } ?? present
        guard folders.count >= least else { throw .tooFewClasses(path: split, found: folders) }
        guard folders.count <= limit else {
            throw .tooManyClasses(path: split, found: folders.count, limit: limit)
        }
        return folders
    }

    /// The folders `names` as they stand in `split`. A letter with an accent has two encodings, of which macOS's zip
    /// files have the other one; texts that differ in that alone are equal, and paths are not.
    static func spelled(_ names: [String], in split: String) throws(DataError) -> [String] {
        // Nearly all sets have names that have one encoding.
        guard names.contains(where: { !$0.utf8.allSatisfy { $0 < 0x80 } }) else { return names }
        let present = Dictionary(
            try DataFiles.folders(in: split).map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
        return names.map { present[$0] ?? $0 }
    }

    /// Throws `DataError.classMismatch` unless the folders of `split` are `folders`.
    static func requireSame(_ folders: [String], in split: String) throws(DataError) {
        let present = try DataFiles.folders(in: split)
        let (known, wanted) = (Set(present), Set(folders))
        guard known != wanted else { return }
        throw .classMismatch(
            path: split, missing: folders.filter { !known.contains($0) },
            unexpected: present.filter { !wanted.contains($0) })
    }

    /// Adds the image files of the class folders of `split`, at most `limit` per class.
    ///
    /// - Throws: `DataError.emptyClass` when a class has no file with the name of an image.
    static func append(
        _ folders: [String], in split: String, limit: Int?, domain: Int = 0, to files: inout LabelledFiles,
        _ leftOut: inout LeftOutFiles
    ) throws(DataError) {
        for (label, folder) in try spelled(folders, in: split).enumerated() {
            let names = try ImageListing.images(in: "\(split)/\(folder)", &leftOut)
            guard !names.isEmpty else { throw .emptyClass(path: "\(split)/\(folder)") }
            for name in names.prefix(limit ?? names.count) {
                files.append("\(split)/\(folder)/\(name)", label: label, domain: domain)
            }
        }
    }

    /// Throws `DataError.emptyClass` when no file of a class could be decoded.
    static func requireImages(
        of folders: [String], in split: String, _ images: ImageSet, domain: Int = 0
    ) throws(DataError) {
        if let label = labelWithoutImages(images, domain: domain) {
            throw .emptyClass(path: "\(split)/\(folders[label])")
        }
    }

    /// The first class of which `images` holds no image of `domain`.
    static func labelWithoutImages(_ images: ImageSet, domain: Int) -> Int? {
        var counts = [Int](repeating: 0, count: images.classNames.count)
        for (label, owner) in zip(images.labels, images.domains) where Int(owner) == domain {
            counts[Int(label)] += 1
        }
        return counts.firstIndex(of: 0)
    }

    /// Whether a folder of `path` holds images: whether `path` is a folder of classes.
    static func areIn(_ path: String) throws(DataError) -> Bool {
        for folder in try DataFiles.folders(in: path) {
            if try ImageListing.holdsImages("\(path)/\(folder)") { return true }
        }
        return false
    }
}
