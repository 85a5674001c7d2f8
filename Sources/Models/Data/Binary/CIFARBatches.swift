/// CIFAR-10 or CIFAR-100, from the binary or the Python archive: the files in `path` itself or in the
/// archive's folder in `path`. Format: https://www.cs.toronto.edu/~kriz/cifar.html.
///
/// Names of classes are those of the archive, underscores as spaces, unless the user gives others.
public struct CIFARBatches: LabelledImageSource {
    /// The two sets, and what counts as a class.
    public enum Variant: Sendable, Hashable {
        /// Ten classes.
        case ten
        /// A hundred classes.
        case hundred
        /// The twenty superclasses of the hundred.
        case hundredCoarse
    }

    static let side = 32
    static let imageBytes = 3 * side * side

    /// The folder that holds the batches, or the archive's folder.
    public let path: String
    /// Which set.
    public let variant: Variant
    /// Names that the user gives to classes.
    public let names: GivenClassNames?

    /// Makes a source; nothing is read before `load(_:)`.
    public init(path: String, variant: Variant = .ten, names: GivenClassNames? = nil) {
        self.path = DataFiles.withoutTrailingSlash(path)
        self.variant = variant
        self.names = names
    }

    /// Reads all batches.
    ///
    /// - Throws: `DataError` when a file is missing or not in its format, has a label that is out of range,
    ///   or where the folder holds the other set.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        guard DataFiles.isFolder(path) else { throw DataError.missingFolder(path: path) }
        guard let archive = CIFARArchive.find(in: path, variant) else {
            throw try OtherSet.missing(variant.markers, in: path, for: variant.isTen ? "cifar10" : "cifar100")
        }
        let names = try names(of: try archive.classNames())
        try ClassNames.check(names)

        func images(_ files: [String], limit: Int?) throws(DataError) -> ImageSet {
            var records = BinaryRecords(side: Self.side, classNames: names, limit: limit)
            for file in files { try archive.read(file, into: &records) }
            return try records.resized(options)
        }
        let train = try images(archive.train, limit: options.trainPerClass)
        return ReadingReport().loaded(
            train: train, test: try images(archive.test, limit: options.testPerClass))
    }

    /// The names of the classes, after what the user gives; classes are known by the archive's name or by
    /// label.
    private func names(of classNames: [String]) throws(DataError) -> [String] {
        let shown = classNames.map { $0.replacing("_", with: " ") }
        let labels = classNames.indices.map(String.init)
        guard let names else { return shown }
        let table = try names.table(of: classNames, orOf: labels)
        return classNames.indices.map { table[classNames[$0]] ?? table[labels[$0]] ?? shown[$0] }
    }
}
