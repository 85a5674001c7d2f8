/// A data set on disk, or one that is computed: training and test images with one list of classes.
///
/// A new data set is one file with a type that conforms, and one line in `ImageSetKind`.
public protocol LabelledImageSource: Sendable {
    /// Reads all images into memory.
    ///
    /// The result depends on the files and on `options` only, not on `options.workers`.
    ///
    /// - Throws: `DataError`.
    func load(_ options: ImageLoadOptions) throws -> LoadedImages
}

/// How a data set is read.
public struct ImageLoadOptions: Sendable, Hashable {
    /// Width and height that every image is brought to, in pixels, as `Resize.planarSquare` does.
    public var side: Int
    /// At most this many training images of each class, the first in the order of the set; nil takes all.
    public var trainPerClass: Int?
    /// At most this many test images of each class, the first in the order of the set; nil takes all.
    public var testPerClass: Int?
    /// Whether a file that cannot be read or decoded is an error; otherwise it is skipped and counted.
    public var isStrict: Bool
    /// Threads that decode.
    public var workers: Int
    /// Receives the progress of reading.
    public var observer: LoadingObserver?

    /// Makes options.
    ///
    /// - Precondition: `side` and `workers` are positive, the limits positive or nil.
    public init(
        side: Int, trainPerClass: Int? = nil, testPerClass: Int? = nil, isStrict: Bool = false,
        workers: Int = 1, observer: LoadingObserver? = nil
    ) {
        precondition(side > 0, "an image of \(side) pixels")
        precondition(workers > 0, "\(workers) workers")
        precondition((trainPerClass ?? 1) > 0 && (testPerClass ?? 1) > 0, "a class of no images")
        self.side = side
        self.trainPerClass = trainPerClass
        self.testPerClass = testPerClass
        self.isStrict = isStrict
        self.workers = workers
        self.observer = observer
    }
}

/// Receives how many images of a split have been decoded, on any thread.
///
/// All observers are equal: they make no difference to what is loaded.
public struct LoadingObserver: Sendable, Hashable {
    let report: @Sendable (_ done: Int, _ total: Int) -> Void

    /// An observer; `report` is called now and then, and at the end of a split.
    public init(_ report: @escaping @Sendable (_ done: Int, _ total: Int) -> Void) { self.report = report }

    public static func == (_: LoadingObserver, _: LoadingObserver) -> Bool { true }
    public func hash(into hasher: inout Hasher) {}
}

/// What a data set holds.
public struct LoadedImages: Sendable {
    /// Images to train on.
    public let train: ImageSet
    /// Images to measure accuracy on; the same classes and domains as `train`.
    public let test: ImageSet
    /// Files that could not be read or decoded.
    public let skipped: SkippedFiles
    /// Files that were not looked into.
    public let leftOut: LeftOutFiles
    /// Notices about the set, in the order in which they are shown.
    public let notices: [DataNotice]

    /// What is said of files that were not read and of images that were left out; empty where there are none.
    public var losses: [String] {
        (skipped.count > 0 ? [skipped.description] : []) + (leftOut.lostCount > 0 ? [leftOut.sentence] : [])
    }

    /// Makes a loaded set from its parts.
    public init(
        train: ImageSet, test: ImageSet, skipped: SkippedFiles = SkippedFiles(),
        leftOut: LeftOutFiles = LeftOutFiles(), notices: [DataNotice] = []
    ) {
        self.train = train
        self.test = test
        self.skipped = skipped
        self.leftOut = leftOut
        self.notices = notices
    }
}

/// The files that a lenient reader left out.
public struct SkippedFiles: Sendable, Hashable, CustomStringConvertible {
    /// How many errors are kept.
    public static let keptErrors = 5

    /// How many files were left out.
    public private(set) var count = 0
    /// Why, for the first few of them in the order of the set.
    public private(set) var firstErrors: [DataError] = []

    /// Makes a list of no files.
    public init() {}

    /// Adds one file.
    mutating func append(_ error: DataError) {
        count += 1
        if firstErrors.count < Self.keptErrors { firstErrors.append(error) }
    }

    /// One line: how many, and the first few paths.
    public var description: String {
        guard count > 0 else { return "no file skipped" }
        let paths = firstErrors.compactMap { error -> String? in
            switch error {
            case .undecodable(let path, let reason): "\(path): \(reason)"
            case .fileAccess(let path, let reason): "\(path): \(reason)"
            default: nil
            }
        }
        let rest = count > paths.count ? "; and \(count - paths.count) more" : ""
        let noun = count == 1 ? "image" : "images"
        return "\(count) unreadable \(noun) skipped (\(paths.joined(separator: "; "))\(rest))"
    }
}

/// The data sets that are read from a path, by the name that a scenario's `data.set` has for them.
public enum ImageSetKind: String, Sendable, Hashable, CaseIterable {
    case imageFolder = "image-folder"
    case cifar10
    case cifar100
    case idx
    case domains
    case leaf

    /// The data set of this kind at `path`.
    ///
    /// - Parameters:
    ///   - path: the folder.
    ///   - classes: for sets of class folders, the folders to take, in this order; nil takes all.
    ///   - names: names that the user gives to classes.
    ///   - testFraction: for sets of class folders and LEAF's, the fraction that is drawn for the test set
    ///     where there is none.
    ///   - owners: for sets of class folders, the file that says whose the images are.
    ///   - isCoarse: for CIFAR-100, whether its superclasses are the classes.
    public func source(
        at path: String, classes: [String]? = nil, names: GivenClassNames? = nil, testFraction: Double? = nil,
        owners: OwnerFile? = nil, isCoarse: Bool = false
    ) -> any LabelledImageSource {
        switch self {
        case .imageFolder:
            ImageFolder(
                path: path, classes: classes, names: names, testFraction: testFraction, owners: owners)
        case .cifar10: CIFARBatches(path: path, names: names)
        case .cifar100: CIFARBatches(path: path, variant: isCoarse ? .hundredCoarse : .hundred, names: names)
        case .idx: IDXFiles(path: path, names: names)
        case .domains:
            DomainFolders(
                path: path, classes: classes, names: names, testFraction: testFraction, owners: owners)
        case .leaf: LEAFFolder(path: path, names: names, testFraction: testFraction)
        }
    }
}
