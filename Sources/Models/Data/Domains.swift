/// A folder per domain, as PACS, Office-Home or DomainNet: the same classes drawn in several styles.
///
/// Layouts:
/// - `path/<domain>/train/<class>/…` and a test set that `ImageSplit` finds beside it, `test` or `val`; where
///   there is none in any domain and a fraction is given, it is drawn of `train`;
/// - lists of DomainNet's or PACS's kind beside the images (`DomainLists`);
/// - `path/<domain>/<class>/…` or `path/<domain>/images/<class>/…`, of which a fraction is drawn for the test
///   set, as Office-Home and Office-31 unpack (`OwnSplit`).
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
    /// Names that the user gives to classes.
    public let names: GivenClassNames?
    /// The fraction of a class that is drawn for the test set where the domains have no split; nil draws a
    /// default.
    public let testFraction: Double?
    /// The file that says whose the images are; nil for none.
    public let owners: OwnerFile?

    /// Makes a source; nothing is read before `load(_:)`.
    public init(
        path: String, classes: [String]? = nil, names: GivenClassNames? = nil, testFraction: Double? = nil,
        owners: OwnerFile? = nil
    ) {
        self.path = DataFiles.withoutTrailingSlash(path)
        self.classes = classes
        self.names = names
        self.testFraction = testFraction
        self.owners = owners
    }

    /// Decodes the images of all domains into one set; `ImageSet.domains` tells them apart. Limits per class
    /// hold for each domain by itself.
    ///
    /// - Throws: `DataError` as `ImageFolder.load(_:)`, for each domain.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        var report = ReadingReport()
        if let lists = try DomainLists.find(in: path, &report) { return try load(lists, options, &report) }
        let root = try DataFiles.descended(path) { place throws(DataError) in
            // A single folder may be a single domain.
            let folders = try DataFiles.folders(in: place)
            guard folders.count == 1 else { return true }
            if DataFiles.first(ImageFolder.trainNames, in: "\(place)/\(folders[0])") != nil { return true }
            return try ClassFolders.areIn("\(place)/\(folders[0])")
        }
        if root != path {
            report.notices.append(.descended(from: path, to: root))
            if let lists = try DomainLists.find(in: root, &report) {
                return try load(lists, options, &report)
            }
        }
        if let other = OtherSet.folderOfClasses(root) { throw other }
        try ImageListing.noteLeftovers(in: root, &report.leftOut)
        let domains = try DataFiles.folders(in: root)
        guard !domains.isEmpty else {
            throw try DataFiles.missing(
                ["<domain>/train", "<domain>/<class>", "<domain>_train.txt"], in: root)
        }
        do {
            return try load(domains, in: root, options, &report)
        } catch let error as DataError {
            guard case .noDomain = error else { throw error }
            throw try OtherSet.missingDomains(in: root) ?? error
        }
    }
}

// MARK: - Folders

extension DomainFolders {
    private func table(_ root: String) throws(DataError) -> OwnerTable? {
        try owners.map { file throws(DataError) in try OwnerTable(file, of: path, root: root) }
    }

    private func load(
        _ domains: [String], in root: String, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let isSplit = try domains.contains { domain throws(DataError) in
            try ImageFolder.trainFolder(in: "\(root)/\(domain)") != nil
        }
        if isSplit { return try load(split: domains, in: root, options, &report) }
        let first = "\(root)/\(domains[0])"
        if try ImageListing.holdsImages(first), try !ClassFolders.areIn(first) {
            throw DataError.classesNotDomains(path: root)
        }
        return try load(unsplit: domains, in: root, options, &report)
    }

    private func load(
        split domains: [String], in root: String, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let trains = try domains.map { domain throws(DataError) in
            try ClassFolders(try trainFolder(of: domain, in: root))
        }
        guard let tests = try tests(of: domains, trains, in: root, &report) else {
            return try load(unsplit: domains, trains, in: root, options, &report)
        }
        if let testFraction {
            let places = tests.map(\.place).joined(separator: ", ")
            report.notices.append(.unusedFraction(testFraction, instead: places))
        }
        let taken = try taken(of: trains[0], domains, in: root, &report)
        return try taken.load(train: trains.map { .folders($0) }, test: tests, options, &report)
    }

    /// The classes, by the folders of the first domain.
    private func taken(
        of listing: ClassFolders, _ domains: [String], in root: String, _ report: inout ReadingReport
    ) throws(DataError) -> TakenClasses {
        try TakenClasses(
            try listing.chosen(classes), of: listing.names, wanted: classes, domains: domains, in: root,
            given: names, owners: table(root), &report)
    }

    /// The folder of a domain's training images.
    private func trainFolder(of domain: String, in root: String) throws(DataError) -> String {
        let place = "\(root)/\(domain)"
        if let train = try ImageFolder.trainFolder(in: place) { return train }
        guard try ClassFolders.areIn(place) else { throw .noDomain(path: place) }
        throw try DataFiles.missing(["train"], in: place)
    }

    /// The test set of each domain; nil where none has one and a fraction says that it is drawn.
    ///
    /// - Throws: as `ImageSplit.test`, for the first domain without one.
    private func tests(
        of domains: [String], _ trains: [ClassFolders], in root: String, _ report: inout ReadingReport
    ) throws(DataError) -> [ImageSplit]? {
        var found: [ImageSplit] = []
        var missing: DataError?
        for (domain, train) in zip(domains, trains) {
            do throws(DataError) {
                found.append(try ImageSplit.test(in: "\(root)/\(domain)", classes: train.names, &report))
            } catch {
                switch error {
                case .missingEntry, .unlabelled: missing = missing ?? error
                default: throw error
                }
            }
        }
        guard let missing else { return found }
        if found.isEmpty, testFraction != nil { return nil }
        throw missing
    }

    private func load(
        unsplit domains: [String], in root: String, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let places = try domains.map { domain throws(DataError) in
            let place = "\(root)/\(domain)"
            // Office-31 has its classes one folder further down.
            let inner = try DataFiles.folders(in: place) == ["images"] ? place + "/images" : place
            guard try ClassFolders.areIn(inner) else { throw .noDomain(path: place) }
            return try ClassFolders(inner)
        }
        return try load(unsplit: domains, places, in: root, options, &report)
    }

    /// - Parameter places: the class folders of each domain.
    private func load(
        unsplit domains: [String], _ places: [ClassFolders], in root: String, _ options: ImageLoadOptions,
        _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let taken = try taken(of: places[0], domains, in: root, &report)
        return try OwnSplit(fraction: testFraction).load(taken, in: places, of: root, options, &report) {
            domain, folder in "\(domain)\n\(folder)"
        }
    }
}

// MARK: - Lists

extension DomainFolders {
    private func load(
        _ lists: DomainLists, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let taken = try TakenClasses(
            try chosenClasses(in: lists.train), of: lists.train[0].classNames, wanted: classes,
            domains: lists.domains, in: path, given: names, owners: table(path), &report)
        if let testFraction {
            report.notices.append(.unusedFraction(testFraction, instead: "that of the lists in \(path)"))
        }
        func splits(_ lists: [DomainList], in base: String) -> [ImageSplit] {
            lists.map { .named($0, base: base) }
        }
        return try taken.load(
            train: splits(lists.train, in: lists.base), test: splits(lists.test, in: lists.base), options,
            &report)
    }

    /// The classes to take from list files: those asked for, or all of the first list in the order of their
    /// labels.
    private func chosenClasses(in lists: [DomainList]) throws(DataError) -> [String] {
        let first = lists[0]
        let missing = (classes ?? []).filter { first.images[$0] == nil }
        guard missing.isEmpty else { throw .unknownClasses(path: first.path, names: missing) }
        let names = classes ?? first.classNames
        guard names.count >= 2 else { throw .tooFewClasses(path: first.path, found: names) }
        guard names.count <= ClassFolders.limit else {
            throw .tooManyClasses(path: first.path, found: names.count, limit: ClassFolders.limit)
        }
        return names
    }
}
