/// A folder per domain, as PACS, Office-Home or DomainNet: the same classes drawn in several styles.
///
/// Two layouts are read; the first domain that is found tells which:
/// - `path/<domain>/train/<class>/…` and `path/<domain>/test/<class>/…` (or `val`);
/// - DomainNet's lists `path/<domain>_train.txt` and `path/<domain>_test.txt`, a line `relative/path label`
///   per image, where the class is called as the folder that holds the image.
///
/// Domains are in byte order. Every domain must have every class.
public struct DomainFolders: LabelledImageSource {
    /// The ten classes of DomainNet that the paper of Federated Generative Learning uses, in its order.
    public static let paperClasses = [
        "airplane", "clock", "axe", "basketball", "bicycle", "bird", "strawberry", "flower", "pizza",
        "bracelet",
    ]

    /// The folder that holds the domains or the list files.
    public let path: String
    /// The classes to take, in this order; nil takes all.
    public let classes: [String]?

    /// Makes a source; nothing is read before `load(_:)`.
    public init(path: String, classes: [String]? = nil) {
        self.path = path
        self.classes = classes
    }

    /// Decodes the images of all domains into one set; `ImageSet.domains` tells them apart. Limits per class
    /// hold for each domain by itself.
    ///
    /// - Throws: `DataError` as `ImageFolder.load(_:)`, for each domain.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        let suffix = "_train.txt"
        let lists = try DataFiles.names(in: path).filter { $0.hasSuffix(suffix) && $0.count > suffix.count }
        guard lists.isEmpty else {
            return try loadLists(domains: lists.map { String($0.dropLast(suffix.count)) }, options)
        }
        return try loadFolders(options)
    }

    private func loadFolders(_ options: ImageLoadOptions) throws -> LoadedImages {
        let domains = try DataFiles.folders(in: path)
        guard let first = domains.first else {
            throw DataError.missingEntry(path: path, allowed: ["<domain>/train", "<domain>_train.txt"])
        }
        let folders = try ClassFolders.chosen(
            classes, in: try DataFiles.firstEntry(of: ["train"], in: "\(path)/\(first)"))
        let names = ImageFolderClassNames.names(forFolders: folders)
        var skipped = SkippedFiles()

        func split(_ allowed: [String], limit: Int?) throws -> ImageSet {
            var files = LabelledFiles()
            let roots = try domains.map { try DataFiles.firstEntry(of: allowed, in: "\(path)/\($0)") }
            for (domain, root) in roots.enumerated() {
                if classes == nil { try ClassFolders.requireSame(folders, in: root) }
                try ClassFolders.append(folders, in: root, limit: limit, domain: domain, to: &files)
            }
            let images = try files.decoded(
                options, classNames: names, domainNames: domains, skipped: &skipped)
            for (domain, root) in roots.enumerated() {
                try ClassFolders.requireImages(of: folders, in: root, images, domain: domain)
            }
            return images
        }
        let train = try split(["train"], limit: options.trainPerClass)
        let test = try split(["test", "val"], limit: options.testPerClass)
        return LoadedImages(train: train, test: test, skipped: skipped)
    }

    private func loadLists(domains: [String], _ options: ImageLoadOptions) throws -> LoadedImages {
        let trainLists = try domains.map { try DomainList(path: "\(path)/\($0)_train.txt") }
        let names = try chosenClasses(in: trainLists)
        var skipped = SkippedFiles()

        func split(_ lists: [DomainList], limit: Int?) throws -> ImageSet {
            var files = LabelledFiles()
            for (domain, list) in lists.enumerated() {
                for (label, name) in names.enumerated() {
                    guard let images = list.images[name] else {
                        throw DataError.classWithoutImages(path: list.path, name: name)
                    }
                    for image in images.prefix(limit ?? images.count) {
                        files.append("\(path)/\(image)", label: label, domain: domain)
                    }
                }
            }
            let set = try files.decoded(options, classNames: names, domainNames: domains, skipped: &skipped)
            for (domain, list) in lists.enumerated() {
                if let label = ClassFolders.labelWithoutImages(set, domain: domain) {
                    throw DataError.classWithoutImages(path: list.path, name: names[label])
                }
            }
            return set
        }
        let train = try split(trainLists, limit: options.trainPerClass)
        let test = try split(
            try domains.map { try DomainList(path: "\(path)/\($0)_test.txt") }, limit: options.testPerClass)
        return LoadedImages(train: train, test: test, skipped: skipped)
    }

    /// The classes to take from list files: those asked for, or all of the first list in the order of their
    /// labels.
    private func chosenClasses(in lists: [DomainList]) throws(DataError) -> [String] {
        let first = lists[0]
        let missing = (classes ?? []).filter { first.images[$0] == nil }
        guard missing.isEmpty else { throw .unknownClasses(path: first.path, names: missing) }
        let names = classes ?? first.classNames
        guard names.count >= 2 else { throw .tooFewClasses(path: first.path, found: names) }
        return names
    }
}

/// One of DomainNet's list files: a line `relative/path label` per image.
struct DomainList {
    /// Where the list was read from.
    let path: String
    /// Names of the classes in the order of their labels.
    let classNames: [String]
    /// Paths of each class's images, relative to the list file, in the order of the file.
    let images: [String: [String]]

    /// Reads a list.
    ///
    /// - Throws: `DataError.fileAccess`, or `DataError.malformed` for a line that is not `folder/file label`,
    ///   for a path that leaves the data set, and for a label that stands for two folders.
    init(path: String) throws(DataError) {
        var names: [Int: String] = [:]
        var images: [String: [String]] = [:]
        for (index, line) in try DataFiles.lines(path).enumerated() where !line.allSatisfy(\.isWhitespace) {
            func malformed(_ reason: String) -> DataError {
                .malformed(path: path, line: index + 1, reason: reason)
            }
            guard let space = line.lastIndex(of: " "), let label = Int(line[line.index(after: space)...]),
                label >= 0
            else {
                throw malformed("'\(line.prefix(80))' is not 'folder/file label' with a label of 0 or more")
            }
            let image = line[..<space]
            let parts = image.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count >= 2 else { throw malformed("'\(image)' stands in no class folder") }
            guard !parts.contains(".."), parts[0] != "" else {
                throw malformed("'\(image)' leaves the data set")
            }
            let name = String(parts[parts.count - 2])
            if let other = names.updateValue(name, forKey: label), other != name {
                throw malformed("label \(label) stands for '\(other)' and for '\(name)'")
            }
            images[name, default: []].append(String(image))
        }
        self.path = path
        self.classNames = names.keys.sorted().compactMap { names[$0] }
        self.images = images
    }
}
