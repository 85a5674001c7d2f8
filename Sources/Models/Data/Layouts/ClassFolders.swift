/// The class folders in one folder of a data set, such as its `train`, listed once.
struct ClassFolders {
    /// The most classes that are read; ImageNet-21k has 21,843.
    static let limit = 25_000

    /// The folder that holds them.
    let path: String
    /// Their names, in byte order.
    let names: [String]

    /// Lists the folder at `path`.
    ///
    /// - Throws: as `FolderEntry.all(in:)`.
    init(_ path: String) throws(DataError) {
        self.path = path
        names = try DataFiles.folders(in: path)
    }

    /// The folders `wanted`, or all of them.
    ///
    /// - Throws: `DataError` when a wanted folder is missing, for fewer than two classes or more than
    ///   `limit`, and when two folders have one name.
    func chosen(_ wanted: [String]?) throws(DataError) -> [String] {
        if let wanted {
            let known = Set(names)
            let missing = wanted.filter { !known.contains($0) }
            guard missing.isEmpty else { throw .unknownClasses(path: path, names: missing) }
        }
        let sorted = names.sorted()
        if let (one, _) = zip(sorted, sorted.dropFirst()).first(where: ==) {
            throw .malformed(
                path: path, line: nil,
                reason: "two folders are called '\(one)', in two encodings of its accents")
        }
        let folders = wanted.map(spelled) ?? names
        for found in [folders, names] {
            guard found.count >= 2 else { throw .tooFewClasses(path: path, found: found) }
            guard found.count <= Self.limit else {
                throw .tooManyClasses(path: path, found: found.count, limit: Self.limit)
            }
        }
        return folders
    }

    /// The folders `wanted` in the spelling of this folder. A letter with an accent has two encodings, of
    /// which macOS's zip files have the other one; texts that differ in that alone are equal, and paths are
    /// not.
    func spelled(_ wanted: [String]) -> [String] {
        let present = Dictionary(names.map { ($0, $0) }, uniquingKeysWith: { first, _ in first })
        return wanted.map { present[$0] ?? $0 }
    }

    /// Throws `DataError.classMismatch` unless the folders are `folders`.
    func requireSame(_ folders: [String]) throws(DataError) {
        let (known, wanted) = (Set(names), Set(folders))
        guard known != wanted else { return }
        throw .classMismatch(
            path: path, missing: folders.filter { !known.contains($0) },
            unexpected: names.filter { !wanted.contains($0) })
    }

    /// Adds the image files of the classes `folders`, at most `limit` per class.
    ///
    /// - Throws: `DataError.emptyClass` when a class has no file with the name of an image.
    func append(
        _ folders: [String], limit: Int?, domain: Int, to files: inout LabelledFiles,
        _ leftOut: inout LeftOutFiles
    ) throws(DataError) {
        for (label, folder) in spelled(folders).enumerated() {
            let images = try ImageListing.someImages(in: "\(path)/\(folder)", &leftOut)
            for name in images.prefix(limit ?? images.count) {
                files.append("\(path)/\(folder)/\(name)", label: label, domain: domain)
            }
        }
    }

    /// Whether a folder of `path` holds images: whether `path` is a folder of classes.
    static func areIn(_ path: String) throws(DataError) -> Bool {
        for folder in try DataFiles.folders(in: path) {
            if try ImageListing.holdsImages("\(path)/\(folder)") { return true }
        }
        return false
    }
}

extension ImageSet {
    /// The first class that has no image of a domain.
    func labelWithoutImages(inDomain domain: Int) -> Int? {
        var counts = [Int](repeating: 0, count: classNames.count)
        for (label, owner) in zip(labels, domains) where Int(owner) == domain { counts[Int(label)] += 1 }
        return counts.firstIndex(of: 0)
    }
}
