/// One of the four archives in which the CIFAR sets are distributed, unpacked.
struct CIFARArchive {
    /// The folder that holds its files.
    let folder: String
    /// Which set, and what counts as a class.
    let variant: CIFARBatches.Variant
    /// Whether its files are Python's pickles.
    let isPython: Bool

    /// The archive of a set in a folder, binary before Python; nil where there is none.
    static func find(in path: String, _ variant: CIFARBatches.Variant) -> CIFARArchive? {
        for isPython in [false, true] {
            let name = isPython ? variant.pythonFolder : variant.binaryFolder
            for folder in ["\(path)/\(name)", path] {
                let archive = CIFARArchive(folder: folder, variant: variant, isPython: isPython)
                if archive.isThere { return archive }
            }
        }
        return nil
    }

    /// Whether some of its files are there. Those of CIFAR-100 have names that any set may use, so one is not
    /// enough.
    private var isThere: Bool {
        let batches = train + test
        if variant.isTen { return (batches + [namesFile(.ten)]).contains(where: DataFiles.isFile) }
        let names = isPython ? [namesFile(.hundred)] : [namesFile(.hundred), namesFile(.hundredCoarse)]
        let found = (batches + names).count(where: DataFiles.isFile)
        return found >= 2 || !isPython && names.contains(where: DataFiles.isFile)
    }

    /// The paths of the training batches.
    var train: [String] { paths(variant.isTen ? (1...5).map { "data_batch_\($0)" } : ["train"]) }

    /// The paths of the test batches.
    var test: [String] { paths([variant.isTen ? "test_batch" : "test"]) }

    private func paths(_ names: [String]) -> [String] {
        names.map { "\(folder)/\($0)\(isPython ? "" : ".bin")" }
    }

    /// The file with the names of the classes.
    private func namesFile(_ variant: CIFARBatches.Variant) -> String {
        "\(folder)/\(isPython ? variant.pythonNames : variant.binaryNames)"
    }

    /// The names of the classes, by label, as the archive has them.
    ///
    /// - Throws: `DataError`.
    func classNames() throws(DataError) -> [String] {
        let path = try existing(namesFile(variant))
        let names =
            isPython ? try PickledBatch(path).texts(variant.namesKey) : try ClassNameFile.list(in: path)
        guard names.count == variant.classCount else {
            throw .malformed(
                path: path, line: nil, reason: "\(names.count) class names; \(variant.classCount) are needed")
        }
        return names
    }

    /// A file of the archive.
    ///
    /// - Throws: `DataError.missingEntry`; as `DataFiles.missing`.
    private func existing(_ path: String) throws(DataError) -> String {
        guard DataFiles.exists(path) else {
            throw try DataFiles.missing([String(path.dropFirst(folder.count + 1))], in: folder)
        }
        return path
    }

    /// Adds the images of a batch.
    ///
    /// - Throws: `DataError`.
    func read(_ path: String, into records: inout BinaryRecords) throws(DataError) {
        isPython ? try readPickle(path, into: &records) : try readBinary(path, into: &records)
    }

    /// A record is one label byte, of CIFAR-100 a coarse and a fine one, and 3,072 planar bytes, `[3, 32,
    /// 32]`.
    private func readBinary(_ path: String, into records: inout BinaryRecords) throws(DataError) {
        let labelBytes = variant.isTen ? 1 : 2, recordBytes = labelBytes + CIFARBatches.imageBytes
        let bytes = try DataFiles.read(try existing(path))
        guard !bytes.isEmpty, bytes.count.isMultiple(of: recordBytes) else {
            throw .malformed(
                path: path, line: nil,
                reason: "\(bytes.count) bytes; whole records of \(recordBytes) bytes are needed")
        }
        for (record, start) in stride(from: 0, to: bytes.count, by: recordBytes).enumerated() {
            let label = try checked(Int(bytes[start + variant.labelPosition]), path, record)
            records.append(bytes[(start + labelBytes)..<(start + recordBytes)], label: label)
        }
    }

    private func readPickle(_ path: String, into records: inout BinaryRecords) throws(DataError) {
        let batch = try PickledBatch(try existing(path))
        let labels = try batch.numbers(variant.labelsKey)
        let pixels = try batch.bytes("data")
        guard !labels.isEmpty, pixels.count == labels.count * CIFARBatches.imageBytes else {
            throw .malformed(
                path: path, line: nil,
                reason: "\(pixels.count) bytes of images for \(labels.count) labels; each needs "
                    + "\(CIFARBatches.imageBytes)")
        }
        for (record, label) in labels.enumerated() {
            let label = try checked(label, path, record)
            let start = pixels.startIndex + record * CIFARBatches.imageBytes
            records.append(pixels[start..<start + CIFARBatches.imageBytes], label: label)
        }
    }

    private func checked(_ label: Int, _ path: String, _ record: Int) throws(DataError) -> Int {
        guard (0..<variant.classCount).contains(label) else {
            throw .labelOutOfRange(path: path, record: record, label: label, classes: variant.classCount)
        }
        return label
    }
}

/// What tells the archives apart.
extension CIFARBatches.Variant {
    /// Whether the set is CIFAR-10.
    var isTen: Bool { self == .ten }

    /// How many classes there are.
    var classCount: Int {
        switch self {
        case .ten: 10
        case .hundred: 100
        case .hundredCoarse: 20
        }
    }

    /// Names of files by which a set is known, for an error.
    var markers: [String] { isTen ? ["data_batch_1.bin", "data_batch_1"] : ["train.bin", "train"] }

    fileprivate var binaryFolder: String { isTen ? "cifar-10-batches-bin" : "cifar-100-binary" }

    fileprivate var pythonFolder: String { isTen ? "cifar-10-batches-py" : "cifar-100-python" }

    fileprivate var binaryNames: String {
        switch self {
        case .ten: "batches.meta.txt"
        case .hundred: "fine_label_names.txt"
        case .hundredCoarse: "coarse_label_names.txt"
        }
    }

    fileprivate var pythonNames: String { isTen ? "batches.meta" : "meta" }

    /// The position of the label in a binary record: CIFAR-100's have the coarse one before the fine one.
    fileprivate var labelPosition: Int { self == .hundred ? 1 : 0 }

    /// The key of the class names in a pickle.
    fileprivate var namesKey: String {
        switch self {
        case .ten: "label_names"
        case .hundred: "fine_label_names"
        case .hundredCoarse: "coarse_label_names"
        }
    }

    /// The key of the labels in a pickle.
    fileprivate var labelsKey: String {
        switch self {
        case .ten: "labels"
        case .hundred: "fine_labels"
        case .hundredCoarse: "coarse_labels"
        }
    }
}
