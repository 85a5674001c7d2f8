/// The MNIST family (MNIST, Fashion-MNIST, KMNIST, QMNIST, EMNIST): `idx` files of gray images, in gzip or
/// not.
///
/// `path` is the folder of one set's four files under any of their usual names (`IDXFileNames`), or that
/// folder with the beginning of the names where it holds several sets (`/data/emnist/emnist-letters`). Gray
/// becomes equal red, green and blue. EMNIST's images are stored transposed and turned upright; its letters,
/// labelled from 1, count from 0 here.
///
/// Names of classes: what the user gives; `class-names.txt`, whose lines are then all classes there are, or
/// have the label in front; EMNIST's `…-mapping.txt`; the label. Format: http://yann.lecun.com/exdb/mnist/.
public struct IDXFiles: LabelledImageSource {
    /// The folder that holds the four files, or it with the beginning of their names.
    public let path: String
    /// Names that the user gives to classes.
    public let names: GivenClassNames?

    /// Makes a source; nothing is read before `load(_:)`.
    public init(path: String, names: GivenClassNames? = nil) {
        self.path = DataFiles.withoutTrailingSlash(path)
        self.names = names
    }

    /// Reads all images.
    ///
    /// - Throws: `DataError` when a file is missing, or not what its header says.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        let files = try IDXFileNames.find(path)
        var report = ReadingReport()
        // The beginning of the names is no folder.
        if DataFiles.isFolder(path), files.folder != path {
            report.notices.append(.descended(from: path, to: files.folder))
        }
        let train = try split(images: files.trainImages, labels: files.trainLabels)
        let test = try split(images: files.testImages, labels: files.testLabels)
        let offset = files.isLetters && !train.labels.contains(0) && !test.labels.contains(0) ? 1 : 0
        let labels = 1 + Int(train.labels.max() ?? 0) - offset
        let names = try classNames(files, labels: labels, offset: offset, &report)
        if files.isTransposed { report.notices.append(.transposed(files.folder)) }

        func images(_ split: Split, limit: Int?) throws(DataError) -> ImageSet {
            try split.images(names, offset: offset, isTransposed: files.isTransposed, limit: limit, options)
        }
        let trained = try images(train, limit: options.trainPerClass)
        return report.loaded(train: trained, test: try images(test, limit: options.testPerClass))
    }

    private func split(images imagePath: String, labels labelPath: String) throws(DataError) -> Split {
        let labels = try IDXLabels.read(labelPath)
        let images = try IDXArray(path: imagePath, dimensions: 3, first: labels.count, of: labelPath)
        return Split(path: imagePath, labelPath: labelPath, array: images, labels: labels)
    }

    private func classNames(
        _ files: IDXFileNames, labels: Int, offset: Int, _ report: inout ReadingReport
    ) throws(DataError) -> [String] {
        var result = (0..<labels).map(String.init)
        let list = files.folder + "/class-names.txt"
        if DataFiles.isFile(list) {
            let table = try ClassNameFile.names(in: list, of: result, isList: false)
            // Lines without labels are all classes, those included of which there is no image.
            result = table.isEmpty ? try ClassNameFile.list(in: list) : result.map { table[$0] ?? $0 }
            guard result.count <= 256 else {
                throw .classNameCount(path: list, found: result.count, classes: labels)
            }
        } else if let mapping = files.mapping {
            result = try EMNISTMapping.names(in: mapping, labels: labels, offset: offset)
        }
        return try ClassNames.resolve(labels: result, given: names, &report)
    }
}

/// One split as it stands in its two files.
private struct Split {
    let path: String
    let labelPath: String
    let array: IDXArray
    let labels: ArraySlice<UInt8>

    /// The images with their labels, `offset` less than in the file.
    func images(
        _ names: [String], offset: Int, isTransposed: Bool, limit: Int?, _ options: ImageLoadOptions
    ) throws(DataError) -> ImageSet {
        guard names.count >= 2 else { throw .tooFewClasses(path: path, found: names) }
        let (rows, columns) = (array.shape[1], array.shape[2])
        let codedSide = rows == columns && rows <= 4096 ? rows : options.side
        try ImageMemory.check(
            count: min(labels.count, (limit ?? labels.count).saturatingProduct(names.count)), side: codedSide)
        var records = BinaryRecords(side: codedSide, classNames: names, limit: limit)
        for (record, stored) in labels.enumerated() {
            let label = Int(stored) - offset
            guard names.indices.contains(label) else {
                throw .labelOutOfRange(
                    path: labelPath, record: record, label: Int(stored), classes: names.count)
            }
            guard records.takes(label: label) else { continue }
            let start = array.values.startIndex + record * rows * columns
            let stored = array.values[start..<start + rows * columns]
            let image =
                isTransposed
                ? RGBImage(width: rows, height: columns, gray: Self.transposed(stored, rowLength: columns))
                : RGBImage(width: columns, height: rows, gray: stored)
            records.append(Resize.planarSquare(image, side: codedSide), label: label)
        }
        return try records.resized(options)
    }

    /// Gray pixels with rows and columns exchanged.
    private static func transposed(_ gray: ArraySlice<UInt8>, rowLength: Int) -> [UInt8] {
        let rows = gray.count / rowLength
        return (0..<gray.count).map { index in
            gray[gray.startIndex + index % rows * rowLength + index / rows]
        }
    }
}

extension Int {
    /// The product, or the largest number where it would overflow.
    fileprivate func saturatingProduct(_ factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? .max : product
    }
}
