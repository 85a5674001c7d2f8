/// One of the four archives in which the CIFAR sets are distributed, unpacked.
struct CIFARArchive {
    /// The folder that holds its files.
    let folder: String
    /// Whether it is CIFAR-10.
    let isTen: Bool
    /// Whether its files are Python's pickles.
    let isPython: Bool

    /// The archive of CIFAR-10 or CIFAR-100 in a folder, binary before Python; nil where there is none.
    static func find(in path: String, isTen: Bool) -> CIFARArchive? {
        for isPython in [false, true] {
            let name =
                isTen
                ? isPython ? "cifar-10-batches-py" : "cifar-10-batches-bin"
                : isPython ? "cifar-100-python" : "cifar-100-binary"
            for folder in ["\(path)/\(name)", path] {
                let archive = CIFARArchive(folder: folder, isTen: isTen, isPython: isPython)
                if archive.isThere { return archive }
            }
        }
        return nil
    }

    /// Whether some of its files are there. Those of CIFAR-100 have names that any set may use, so one is not enough.
    private var isThere: Bool {
        if isTen {
            let batches = files(.ten)
            return (batches.train + batches.test + [namesFile(.ten)]).contains(where: DataFiles.isFile)
        }
        let batches = files(.hundred)
        let names = isPython ? [namesFile(.hundred)] : [namesFile(.hundred), namesFile(.hundredCoarse)]
        let found = (batches.train + batches.test + names).count(where: DataFiles.isFile)
        return found >= 2 || !isPython && names.contains(where: DataFiles.isFile)
    }

    /// Names of files by which a set is known, for an error.
    static func markers(isTen: Bool) -> [String] {
        isTen ? ["data_batch_1.bin", "data_batch_1"] : ["train.bin", "train"]
    }

    /// The paths of training and test batches.
    func files(_ variant: CIFARBatches.Variant) -> (train: [String], test: [String]) {
        let ending = isPython ? "" : ".bin"
        func paths(_ names: [String]) -> [String] { names.map { "\(folder)/\($0)\(ending)" } }
        return isTen
            ? (paths((1...5).map { "data_batch_\($0)" }), paths(["test_batch"]))
            : (paths(["train"]), paths(["test"]))
    }

    /// The file with the names of the classes.
    private func namesFile(_ variant: CIFARBatches.Variant) -> String {
        let name =
            switch (isPython, variant) {
            case (true, .ten): "batches.meta"
            case (true, _): "meta"
            case (false, .ten): "batches.meta.txt"
            case (false, .hundred): "fine_label_names.txt"
            case (false, .hundredCoarse): "coarse_label_names.txt"
            }
        return "\(folder)/\(name)"
    }

    /// The names of the classes, by label, as the archive has them.
    ///
    /// - Throws: `DataError`.
    func classNames(_ variant: CIFARBatches.Variant) throws(DataError) -> [String] {
        let path = namesFile(variant)
        let names: [String]
        if isPython {
            let key =
                switch variant {
                case .ten: "label_names"
                case .hundred: "fine_label_names"
                case .hundredCoarse: "coarse_label_names"
                }
            names = try PickledBatch(try existing(path)).texts(key)
        } else {
            names = try ClassNameFile.list(in: try existing(path))
        }
        let wanted = variant == .ten ? 10 : variant == .hundred ? 100 : 20
        guard names.count == wanted else {
            throw .malformed(
                path: path, line: nil, reason: "\(names.count) class names; \(wanted) are needed")
        }
        return names
    }

    /// A file of the archive.
    ///
    /// - Throws: `DataError.missingEntry`.
    private func existing(_ path: String) throws(DataError) -> String {
        try DataFiles.firstEntry(of: [String(path.dropFirst(folder.count + 1))], in: folder)
    }

    /// Adds the images of a batch.
    ///
    /// - Throws: `DataError`.
    func read(
        _ path: String, _ variant: CIFARBatches.Variant, into records: inout BinaryRecords, classes: Int
    ) throws(DataError) {
        isPython
            ? try readPickle(path, variant, into: &records, classes: classes)
            : try readBinary(path, variant, into: &records, classes: classes)
    }

    /// A record is one label byte, of CIFAR-100 a coarse and a fine one, and 3,072 planar bytes, `[3, 32, 32]`.
    private func readBinary(
        _ path: String, _ variant: CIFARBatches.Variant, into records: inout BinaryRecords, classes: Int
    ) throws(DataError) {
        let labelBytes = variant == .ten ? 1 : 2, recordBytes = labelBytes + CIFARBatches.imageBytes
        let bytes = try DataFiles.read(try existing(path))
        guard !bytes.isEmpty, bytes.count.isMultiple(of: recordBytes) else {
            throw .malformed(
                path: path, line: nil,
                reason: "\(bytes.count) bytes; whole records of \(recordBytes) bytes are needed")
        }
        for (record, start) in stride(from: 0, to: bytes.count, by: recordBytes).enumerated() {
            let label = Int(bytes[start + (variant == .hundred ? 1 : 0)])
            guard label < classes else {
                throw .labelOutOfRange(path: path, record: record, label: label, classes: classes)
            }
            records.append(bytes[(start + labelBytes)..<(start + recordBytes)], label: label)
        }
    }

    private func readPickle(
        _ path: String, _ variant: CIFARBatches.Variant, into records: inout BinaryRecords, classes: Int
    ) throws(DataError) {
        let batch = try PickledBatch(try existing(path))
        let labels = try batch.numbers(
            variant == .ten ? "labels" : variant == .hundred ? "fine_labels" : "coarse_labels")
        let pixels = try batch.bytes("data")
        guard !labels.isEmpty, pixels.count == labels.count * CIFARBatches.imageBytes else {
            throw .malformed(
                path: path, line: nil,
                reason: "\(pixels.count) bytes of images for \(labels.count) labels; each needs "
                    + "\(CIFARBatches.imageBytes)")
        }
        for (record, label) in labels.enumerated() {
            guard (0..<classes).contains(label) else {
                throw .labelOutOfRange(path: path, record: record, label: label, classes: classes)
            }
            let start = pixels.startIndex + record * CIFARBatches.imageBytes
            records.append(pixels[start..<start + CIFARBatches.imageBytes], label: label)
        }
    }
}
