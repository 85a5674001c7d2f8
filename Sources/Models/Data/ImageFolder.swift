/// Real photos in a folder per class.
///
/// Layouts, where classes are called as their folders, in byte order:
/// - `train/<class>/…` and `test/<class>/…` or `val/<class>/…`, as ImageNette and its kind; a `test` without class
///   folders, as ImageNet's, gives way to `val`;
/// - Tiny ImageNet: `train/<class>/images/…`, `val/images/…` with `val_annotations.txt`;
/// - ImageNet as its archives unpack: `val/…` with `LOC_val_solution.csv` here or further up (`LabelList`);
/// - `<class>/…` alone, of which a fraction is drawn for the test set (`OwnSplit`).
///
/// Files are those called as JPEG or PNG files, in byte order; their format is told from their content. What is left
/// out is counted and said (`ImageListing`). Names of classes in prompts: `ClassNames`.
public struct ImageFolder: LabelledImageSource {
    static let trainNames = ["train", "Train", "training", "Training"]
    static let testNames = ["test", "Test", "testing", "Testing"]
    static let validationNames = ["val", "Val", "valid", "Valid", "validation", "Validation"]

    /// The folder that holds `train` and `test` or `val`, or the classes.
    public let path: String
    /// The class folders to take, in this order; nil takes all.
    public let classes: [String]?
    /// Names that the user gives to classes.
    public let names: GivenClassNames?
    /// The fraction of a class that is drawn for the test set where there is none; nil draws a default, and from
    /// sets without any split alone.
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

    /// Decodes all images.
    ///
    /// - Throws: `DataError` when the folder, a split or a class is missing or empty, when there are fewer
    ///   than two classes, when test and training classes differ, and in strict mode when a file cannot be
    ///   decoded or is left out.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        var report = ReadingReport()
        let root = try root(&report)
        try ImageListing.noteLeftovers(in: root, &report.leftOut)
        if let train = Self.first(Self.trainNames, in: root) {
            return try load(train: train, in: root, options, &report)
        }
        let splits = Self.testNames + Self.validationNames
        guard Self.first(splits, in: root) == nil, try ClassFolders.areIn(root) else {
            throw try OtherSet.missing(["train"], in: root, for: "image-folder")
        }
        return try load(unsplit: root, options, &report)
    }

    /// Where the data is: `path`, a well-known folder below it, or where single folders lead to.
    private func root(_ report: inout ReadingReport) throws(DataError) -> String {
        let archives = ["ILSVRC/Data/CLS-LOC", "Data/CLS-LOC"].map { "\(path)/\($0)" }
        let root =
            if let place = archives.first(where: DataFiles.isFolder) { place } else {
                try DataFiles.descended(path) { place throws(DataError) in
                    if Self.first(Self.trainNames, in: place) != nil { return true }
                    return try ClassFolders.areIn(place)
                }
            }
        if root != path { report.notices.append(.descended(from: path, to: root)) }
        return root
    }

    /// The first of some names that stands in a folder, as a path.
    static func first(_ names: [String], in root: String) -> String? {
        names.map { "\(root)/\($0)" }.first(where: DataFiles.exists)
    }
}

// MARK: - Sets with a split

extension ImageFolder {
    private func load(
        train: String, in root: String, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let all = try ClassFolders.chosen(nil, in: train, least: classes == nil ? 2 : 0)
        let folders =
            try classes.map { _ throws(DataError) in try ClassFolders.chosen(classes, in: train) } ?? all
        let test: TestSplit
        do throws(DataError) {
            test = try TestSplit.find(in: root, classes: Set(all), &report)
        } catch {
            // Without a test set one is drawn where the scenario says how large.
            switch error {
            case .missingEntry, .unlabelled:
                guard testFraction != nil else { throw error }
                return try load(unsplit: train, options, &report)
            default: throw error
            }
        }
        if let testFraction { report.notices.append(.unusedFraction(testFraction, instead: test.place)) }
        if case .folders(let place) = test, classes == nil {
            try ClassFolders.requireSame(folders, in: place)
        }
        let names = try ClassNames.resolve(folders, of: all, in: root, given: names, &report)

        var trainFiles = LabelledFiles()
        try ImageListing.noteStrays(in: train, &report.leftOut)
        try ClassFolders.append(
            folders, in: train, limit: options.trainPerClass, to: &trainFiles, &report.leftOut)
        var testFiles = LabelledFiles()
        try test.append(folders, all: all, limit: options.testPerClass, to: &testFiles, &report)
        try report.leftOut.check(options)
        let trained = try trainFiles.decoded(options, classNames: names, skipped: &report.skipped)
        try ClassFolders.requireImages(of: folders, in: train, trained)
        let tested = try testFiles.decoded(options, classNames: names, skipped: &report.skipped)
        try test.requireImages(of: folders, tested)
        return report.loaded(train: trained, test: tested)
    }
}

// MARK: - Sets without one

extension ImageFolder {
    private func load(
        unsplit root: String, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let folders = try ClassFolders.chosen(classes, in: root)
        let all = try ClassFolders.chosen(nil, in: root)
        let names = try ClassNames.resolve(folders, of: all, in: root, given: names, &report)
        var train = LabelledFiles()
        var test = LabelledFiles()
        try ImageListing.noteStrays(in: root, &report.leftOut)
        let split = OwnSplit(fraction: testFraction)
        for (label, folder) in folders.enumerated() {
            let place = "\(root)/\(folder)"
            try split.append(
                place, stream: folder, label: label, options, train: &train, test: &test, &report)
        }
        report.notices.append(
            .ownSplit(root, fraction: split.fraction, train: train.paths.count, test: test.paths.count))
        try report.leftOut.check(options)
        let trained = try train.decoded(options, classNames: names, skipped: &report.skipped)
        try ClassFolders.requireImages(of: folders, in: root, trained)
        let tested = try test.decoded(options, classNames: names, skipped: &report.skipped)
        try ClassFolders.requireImages(of: folders, in: root, tested)
        return report.loaded(train: trained, test: tested)
    }
}

extension OwnSplit {
    /// Splits the images of a class folder and adds both parts, at most as many of each as `options` take.
    ///
    /// - Throws: `DataError.emptyClass`, `DataError.tooFewToSplit`.
    func append(
        _ folder: String, stream: String, label: Int, domain: Int = 0, _ options: ImageLoadOptions,
        train: inout LabelledFiles, test: inout LabelledFiles, _ report: inout ReadingReport
    ) throws(DataError) {
        let images = try ImageListing.images(in: folder, &report.leftOut)
        guard !images.isEmpty else { throw .emptyClass(path: folder) }
        let parts = try split(images, of: folder, stream: stream)
        for name in parts.train.prefix(options.trainPerClass ?? .max) {
            train.append("\(folder)/\(name)", label: label, domain: domain)
        }
        for name in parts.test.prefix(options.testPerClass ?? .max) {
            test.append("\(folder)/\(name)", label: label, domain: domain)
        }
    }
}
