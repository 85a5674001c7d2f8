/// LEAF's JSON files of gray images with their owners: FEMNIST, whose owners are the writers, and sets of its
/// format.
///
/// Layouts, in `path` or in `path/data`:
/// - `train/*.json` and `test/*.json`, as LEAF's `split_data.py` writes them, by samples or by users;
/// - `*.json` alone, here or in `all_data`, of which a fraction of each owner's images is drawn for the test
///   set; of an owner with a single image none is.
///
/// Gray becomes equal red, green and blue. Names of classes: what the user gives; `class-names.txt` of
/// `path`, whose lines are then all classes there are, or have the label in front; FEMNIST's characters where
/// labels go up to 61; the label.
public struct LEAFFolder: LabelledImageSource {
    /// The folder that holds `train` and `test`, or the files.
    public let path: String
    /// Names that the user gives to classes.
    public let names: GivenClassNames?
    /// The fraction of an owner's images that is drawn for the test set where there is none.
    public let testFraction: Double?

    /// FEMNIST's characters by label.
    private static let characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".map(
        String.init)

    /// Makes a source; nothing is read before `load(_:)`.
    public init(path: String, names: GivenClassNames? = nil, testFraction: Double? = nil) {
        self.path = DataFiles.withoutTrailingSlash(path)
        self.names = names
        self.testFraction = testFraction
    }

    /// Reads all files.
    ///
    /// - Throws: `DataError` when a file or a split is missing or not as LEAF writes it, when a user is in
    ///   two files of one split, and when there are fewer than two classes.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        var report = ReadingReport()
        let place = try LEAFPlace.find(path)
        if place.root != path { report.notices.append(.descended(from: path, to: place.root)) }
        var train = try LEAFRecords(place.train, &report)
        var test = try place.test.map { files throws(DataError) in
            try LEAFRecords(files, side: train.side, &report)
        }
        if let test, let testFraction {
            report.notices.append(.unusedFraction(testFraction, instead: test.folder))
        } else if test == nil {
            guard testFraction != nil || !place.isTrain else {
                throw try DataFiles.missing(["test"], in: place.root)
            }
            let split = OwnSplit(fraction: testFraction)
            test = train.split(by: split)
            report.notices.append(
                .ownSplit(
                    ofOwners: place.root, fraction: split.fraction, train: train.labels.count,
                    test: test?.labels.count ?? 0))
        }
        guard let test else { preconditionFailure("a split that makes no test set") }
        guard !train.labels.isEmpty else {
            throw DataError.malformed(path: train.folder, line: nil, reason: "no image in its files")
        }
        if test.labels.isEmpty, place.test == nil {
            throw DataError.malformed(
                path: place.root, line: nil,
                reason: "no owner has images enough to spare one for testing; allowed: a greater "
                    + "data.test-fraction, or test/*.json")
        }
        guard !test.labels.isEmpty else {
            throw DataError.malformed(path: test.folder, line: nil, reason: "no image in its files")
        }
        let classes = 1 + Int(max(train.labels.max() ?? 0, test.labels.max() ?? 0))
        let classNames = try classNames(labels: classes, &report)
        let owners = DataFiles.numbered(Set(train.users + test.users))
        func images(_ records: LEAFRecords, limit: Int?) throws(DataError) -> ImageSet {
            try records.images(classNames, owners: owners, limit: limit, options)
        }
        let trained = try images(train, limit: options.trainPerClass)
        return report.loaded(train: trained, test: try images(test, limit: options.testPerClass))
    }

    private func classNames(labels: Int, _ report: inout ReadingReport) throws(DataError) -> [String] {
        var result = (0..<labels).map(String.init)
        let list = path + "/class-names.txt"
        if DataFiles.isFile(list) {
            let table = try ClassNameFile.names(in: list, of: result, isList: false)
            result = table.isEmpty ? try ClassNameFile.list(in: list) : result.map { table[$0] ?? $0 }
            guard (labels...ClassFolders.limit).contains(result.count) else {
                throw .classNameCount(path: list, found: result.count, classes: labels)
            }
        } else if labels == Self.characters.count {
            result = Self.characters
        }
        guard result.count >= 2 else { throw .tooFewClasses(path: path, found: result) }
        return try ClassNames.resolve(labels: result, given: names, &report)
    }
}

/// Where the files of a set of LEAF's are.
private struct LEAFPlace {
    /// The folder that holds both splits.
    let root: String
    /// The files of the training images, or of all.
    let train: [String]
    /// The files of the test images; nil where there are none.
    let test: [String]?
    /// Whether `train` are training images alone.
    let isTrain: Bool

    /// The files in `path` or below.
    ///
    /// - Throws: `DataError`.
    static func find(_ path: String) throws(DataError) -> LEAFPlace {
        for root in [path, path + "/data"] where DataFiles.isFolder(root) {
            let train = try LEAFFolder.files(in: root + "/train")
            guard !train.isEmpty else { continue }
            let test = try LEAFFolder.files(in: root + "/test")
            return LEAFPlace(root: root, train: train, test: test.isEmpty ? nil : test, isTrain: true)
        }
        for root in ["", "/all_data", "/data/all_data"].map({ path + $0 }) {
            let files = try LEAFFolder.files(in: root)
            if !files.isEmpty { return LEAFPlace(root: root, train: files, test: nil, isTrain: false) }
        }
        throw try OtherSet.missing(["train/*.json", "*.json"], in: path, for: "leaf")
    }
}

extension LEAFFolder {
    /// The JSON files in a folder, in byte order; none where there is no folder.
    fileprivate static func files(in folder: String) throws(DataError) -> [String] {
        guard DataFiles.isFolder(folder) else { return [] }
        return try DataFiles.names(in: folder).filter { $0.hasSuffix(".json") }.map { "\(folder)/\($0)" }
    }

    /// Whether a folder holds JSON files and no class folders.
    static func isLike(_ folder: String) throws(DataError) -> Bool {
        guard try DataFiles.folders(in: folder).isEmpty else { return false }
        return try !files(in: folder).isEmpty
    }
}
