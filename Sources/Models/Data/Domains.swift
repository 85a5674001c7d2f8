/// A folder per domain, as PACS, Office-Home or DomainNet: the same classes drawn in several styles.
///
/// Layouts:
/// - `path/<domain>/train/<class>/…` and a test set that `TestSplit` finds beside it, `test` or `val`; where there is
///   none in any domain and a fraction is given, it is drawn of `train`;
/// - lists of DomainNet's or PACS's kind beside the images (`DomainLists`);
/// - `path/<domain>/<class>/…` or `path/<domain>/images/<class>/…`, of which a fraction is drawn for the test set, as
///   Office-Home and Office-31 unpack (`OwnSplit`).
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
    /// The fraction of a class that is drawn for the test set where the domains have no split; nil draws a default.
    public let testFraction: Double?

    /// Makes a source; nothing is read before `load(_:)`.
    public init(
        path: String, classes: [String]? = nil, names: GivenClassNames? = nil, testFraction: Double? = nil
    ) {
        self.path = DataFiles.withoutTrailingSlash(path)
        self.classes = classes
        self.names = names
        self.testFraction = testFraction
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
            if ImageFolder.first(ImageFolder.trainNames, in: "\(place)/\(folders[0])") != nil { return true }
            return try ClassFolders.areIn("\(place)/\(folders[0])")
        }
        if root != path {
            report.notices.append(.descended(from: path, to: root))
            if let lists = try DomainLists.find(in: root, &report) {
                return try load(lists, options, &report)
            }
        }
        if let train = ImageFolder.first(ImageFolder.trainNames, in: root), DataFiles.isFolder(train) {
            throw DataError.wrongSet(path: root, found: "a folder of classes", use: "image-folder")
        }
        try ImageListing.noteLeftovers(in: root, &report.leftOut)
        let domains = try DataFiles.folders(in: root)
        guard let first = domains.first else {
            throw try DataFiles.missing(
                ["<domain>/train", "<domain>/<class>", "<domain>_train.txt"], in: root)
        }
        let isSplit = domains.contains {
            ImageFolder.first(ImageFolder.trainNames, in: "\(root)/\($0)") != nil
        }
        if isSplit { return try load(split: domains, in: root, options, &report) }
        if try ImageListing.holdsImages("\(root)/\(first)"), try !ClassFolders.areIn("\(root)/\(first)") {
            throw DataError.classesNotDomains(path: root)
        }
        return try load(unsplit: domains, in: root, options, &report)
    }
}

// MARK: - Folders

extension DomainFolders {
    private func load(
        split domains: [String], in root: String, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let trains = try domains.map { try trainFolder(of: $0, in: root) }
        guard let tests = try tests(of: domains, trains, in: root, &report) else {
            return try load(unsplit: domains, trains, in: root, options, &report)
        }
        if let testFraction {
            let places = tests.map(\.place).joined(separator: ", ")
            report.notices.append(.unusedFraction(testFraction, instead: places))
        }
        let folders = try ClassFolders.chosen(classes, in: trains[0])
        let all = try ClassFolders.chosen(nil, in: trains[0], least: 0)
        let names = try ClassNames.resolve(folders, of: all, in: root, given: names, &report)

        func images(_ places: [TestSplit], limit: Int?) throws -> ImageSet {
            var files = LabelledFiles()
            for (domain, place) in places.enumerated() {
                if case .folders(let folder) = place, classes == nil {
                    try ClassFolders.requireSame(folders, in: folder)
                }
                try place.append(folders, all: all, limit: limit, domain: domain, to: &files, &report)
            }
            try report.leftOut.check(options)
            let images = try files.decoded(
                options, classNames: names, domainNames: domains, skipped: &report.skipped)
            for (domain, place) in places.enumerated() {
                try place.requireImages(of: folders, images, domain: domain)
            }
            return images
        }
        let train = try images(trains.map { .folders($0) }, limit: options.trainPerClass)
        return report.loaded(train: train, test: try images(tests, limit: options.testPerClass))
    }

    /// The folder of a domain's training images.
    private func trainFolder(of domain: String, in root: String) throws(DataError) -> String {
        let place = "\(root)/\(domain)"
        if let train = ImageFolder.first(ImageFolder.trainNames, in: place) { return train }
        guard try ClassFolders.areIn(place) else { throw .noDomain(path: place) }
        throw try DataFiles.missing(["train"], in: place)
    }

    /// The test set of each domain; nil where none has one and a fraction says that it is drawn.
    ///
    /// - Throws: as `TestSplit.find`, for the first domain without one.
    private func tests(
        of domains: [String], _ trains: [String], in root: String, _ report: inout ReadingReport
    ) throws(DataError) -> [TestSplit]? {
        var found: [TestSplit] = []
        var missing: DataError?
        for (domain, train) in zip(domains, trains) {
            do throws(DataError) {
                let known = Set(try DataFiles.folders(in: train))
                found.append(try TestSplit.find(in: "\(root)/\(domain)", classes: known, &report))
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
            return inner
        }
        return try load(unsplit: domains, places, in: root, options, &report)
    }

    /// - Parameter places: the folder of each domain's classes.
    private func load(
        unsplit domains: [String], _ places: [String], in root: String, _ options: ImageLoadOptions,
        _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let folders = try ClassFolders.chosen(classes, in: places[0])
        let all = try ClassFolders.chosen(nil, in: places[0])
        let names = try ClassNames.resolve(folders, of: all, in: root, given: names, &report)
        let split = OwnSplit(fraction: testFraction)
        var train = LabelledFiles()
        var test = LabelledFiles()
        for (domain, place) in places.enumerated() {
            if classes == nil { try ClassFolders.requireSame(folders, in: place) }
            try ImageListing.noteStrays(in: place, &report.leftOut)
            for (label, folder) in try ClassFolders.spelled(folders, in: place).enumerated() {
                guard DataFiles.isFolder("\(place)/\(folder)") else {
                    throw DataError.unknownClasses(path: place, names: [folder])
                }
                try split.append(
                    "\(place)/\(folder)", stream: "\(domains[domain])\n\(folders[label])", label: label,
                    domain: domain,
                    options, train: &train, test: &test, &report)
            }
        }
        report.notices.append(
            .ownSplit(root, fraction: split.fraction, train: train.paths.count, test: test.paths.count))
        try report.leftOut.check(options)
        func decoded(_ files: LabelledFiles) throws -> ImageSet {
            let images = try files.decoded(
                options, classNames: names, domainNames: domains, skipped: &report.skipped)
            for (domain, place) in places.enumerated() {
                try ClassFolders.requireImages(of: folders, in: place, images, domain: domain)
            }
            return images
        }
        return report.loaded(train: try decoded(train), test: try decoded(test))
    }
}

// MARK: - Lists

extension DomainFolders {
    private func load(
        _ lists: DomainLists, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let folders = try chosenClasses(in: lists.train)
        let names = try ClassNames.resolve(
            folders, of: lists.train[0].classNames, in: path, given: names, &report)

        func split(_ lists: [DomainList], base: String, domains: [String], limit: Int?) throws -> ImageSet {
            var files = LabelledFiles()
            for (domain, list) in lists.enumerated() {
                for (label, name) in folders.enumerated() {
                    guard let images = list.images[name] else {
                        throw DataError.classWithoutImages(path: list.path, name: name)
                    }
                    for image in images.prefix(limit ?? images.count) {
                        files.append("\(base)/\(image)", label: label, domain: domain)
                    }
                }
            }
            let set = try files.decoded(
                options, classNames: names, domainNames: domains, skipped: &report.skipped)
            for (domain, list) in lists.enumerated() {
                if let label = ClassFolders.labelWithoutImages(set, domain: domain) {
                    throw DataError.classWithoutImages(path: list.path, name: folders[label])
                }
            }
            return set
        }
        let (base, domains) = (lists.base, lists.domains)
        if let testFraction {
            report.notices.append(.unusedFraction(testFraction, instead: "that of the lists in \(path)"))
        }
        let train = try split(lists.train, base: base, domains: domains, limit: options.trainPerClass)
        let test = try split(lists.test, base: base, domains: domains, limit: options.testPerClass)
        return report.loaded(train: train, test: test)
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
