/// Real photos in a folder per class.
///
/// Layouts, where classes are called as their folders, in byte order:
/// - `train/<class>/…` and `test/<class>/…` or `val/<class>/…`, as ImageNette and its kind; a `test` without
///   class folders, as ImageNet's, gives way to `val`;
/// - Tiny ImageNet: `train/<class>/images/…`, `val/images/…` with `val_annotations.txt`;
/// - ImageNet as its archives unpack: `val/…` with `LOC_val_solution.csv` here or further up (`LabelList`);
/// - `<class>/…` alone, of which a fraction is drawn for the test set (`OwnSplit`);
/// - images anywhere that a CSV file lists with their classes and owners (`OwnerFile`).
///
/// Files are those called as JPEG or PNG files, in byte order; their format is told from their content. What
/// is left out is counted and said (`ImageListing`). Names of classes in prompts: `ClassNames`.
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
    /// The fraction of a class that is drawn for the test set where there is none; nil draws a default, and
    /// from sets without any split alone.
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

    /// Decodes all images.
    ///
    /// - Throws: `DataError` when the folder, a split or a class is missing or empty, when there are fewer
    ///   than two classes, when test and training classes differ, and in strict mode when a file cannot be
    ///   decoded or is left out.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        var report = ReadingReport()
        if let owners, owners.labelColumn != nil { return try load(listedIn: owners, options, &report) }
        let root = try root(&report)
        try ImageListing.noteLeftovers(in: root, &report.leftOut)
        if let train = try Self.trainFolder(in: root) {
            return try load(train: train, in: root, options, &report)
        }
        let splits = Self.testNames + Self.validationNames
        guard DataFiles.first(splits, in: root) == nil, try ClassFolders.areIn(root) else {
            throw try OtherSet.missing(["train"], in: root, for: "image-folder")
        }
        return try load(unsplit: try ClassFolders(root), options, &report)
    }

    /// The folder of the training images in `root`; nil where there is none, or where the folder of that name
    /// is a class beside others, of pictures of trains: it has images and no folders.
    static func trainFolder(in root: String) throws(DataError) -> String? {
        guard let train = DataFiles.first(trainNames, in: root) else { return nil }
        guard DataFiles.first(testNames + validationNames, in: root) == nil,
            try DataFiles.folders(in: train).isEmpty, try ImageListing.holdsImages(train)
        else { return train }
        for folder in try DataFiles.folders(in: root) where "\(root)/\(folder)" != train {
            if try ImageListing.holdsImages("\(root)/\(folder)") { return nil }
        }
        return train
    }

    /// Where the data is: `path`, a well-known folder below it, or where single folders lead to.
    private func root(_ report: inout ReadingReport) throws(DataError) -> String {
        let archives = ["ILSVRC/Data/CLS-LOC", "Data/CLS-LOC"].map { "\(path)/\($0)" }
        let root =
            if let place = archives.first(where: DataFiles.isFolder) { place } else {
                try DataFiles.descended(path) { place throws(DataError) in
                    if DataFiles.first(Self.trainNames, in: place) != nil { return true }
                    return try ClassFolders.areIn(place)
                }
            }
        if root != path { report.notices.append(.descended(from: path, to: root)) }
        return root
    }
}

// MARK: - The two kinds of sets

extension ImageFolder {
    private func table(_ root: String) throws(DataError) -> OwnerTable? {
        try owners.map { file throws(DataError) in try OwnerTable(file, of: path, root: root) }
    }

    private func load(
        train: String, in root: String, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        if try LEAFFolder.isLike(train) {
            throw DataError.wrongSet(path: root, found: "a set of LEAF's JSON files", use: "leaf")
        }
        let listing = try ClassFolders(train)
        let folders = try listing.chosen(classes)
        let test: ImageSplit
        do throws(DataError) {
            test = try ImageSplit.test(in: root, classes: listing.names, &report)
        } catch {
            // Without a test set one is drawn where the scenario says how large.
            switch error {
            case .missingEntry, .unlabelled:
                guard testFraction != nil else { throw error }
                return try load(unsplit: listing, options, &report)
            default: throw error
            }
        }
        if let testFraction { report.notices.append(.unusedFraction(testFraction, instead: test.place)) }
        let taken = try TakenClasses(
            folders, of: listing.names, wanted: classes, in: root, given: names, owners: table(root), &report)
        return try taken.load(train: [.folders(listing)], test: [test], options, &report)
    }

    private func load(
        unsplit listing: ClassFolders, _ options: ImageLoadOptions, _ report: inout ReadingReport
    ) throws -> LoadedImages {
        let taken = try TakenClasses(
            try listing.chosen(classes), of: listing.names, wanted: classes, in: listing.path, given: names,
            owners: table(listing.path), &report)
        return try OwnSplit(fraction: testFraction).load(
            taken, in: [listing], of: listing.path, options, &report
        ) { _, folder in folder }
    }
}
