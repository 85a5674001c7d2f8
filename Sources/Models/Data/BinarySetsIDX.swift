import Foundation

/// The MNIST family (MNIST, Fashion-MNIST, KMNIST): uncompressed `idx` files of gray images.
///
/// `path` holds `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`. Gray becomes equal red, green and blue. Classes are called as the lines of
/// `class-names.txt`, where there is such a file, else by their label. Format:
/// http://yann.lecun.com/exdb/mnist/.
public struct IDXFiles: LabelledImageSource {
    /// The folder that holds the four files.
    public let path: String

    /// Makes a source; nothing is read before `load(_:)`.
    public init(path: String) { self.path = path }

    /// Reads all images.
    ///
    /// - Throws: `DataError` when a file is missing, still compressed, or not what its header says.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        let train = try split("train")
        let test = try split("t10k")
        let names = try classNames(labels: train.labels)
        return LoadedImages(
            train: try images(train, names, limit: options.trainPerClass, options),
            test: try images(test, names, limit: options.testPerClass, options))
    }

    /// One split as it stands in its two files.
    private struct Split {
        let labelPath: String
        let images: IDXArray
        let labels: Data
    }

    private func split(_ prefix: String) throws(DataError) -> Split {
        let images = try IDXArray(path: try file("\(prefix)-images-idx3-ubyte"), dimensions: 3)
        let labelPath = try file("\(prefix)-labels-idx1-ubyte")
        let labels = try IDXArray(path: labelPath, dimensions: 1)
        guard images.shape[0] == labels.shape[0] else {
            throw .malformed(
                path: labelPath, line: nil,
                reason: "\(labels.shape[0]) labels for \(images.shape[0]) images of the same split")
        }
        return Split(labelPath: labelPath, images: images, labels: labels.values)
    }

    private func file(_ name: String) throws(DataError) -> String {
        let found = try DataFiles.firstEntry(of: [name, name + ".gz"], in: path)
        guard !found.hasSuffix(".gz") else { throw .compressed(path: found) }
        return found
    }

    private func classNames(labels: Data) throws(DataError) -> [String] {
        let list = path + "/class-names.txt"
        guard DataFiles.exists(list) else { return (0...Int(labels.max() ?? 0)).map(String.init) }
        let names = try DataFiles.lines(list).map { $0.trimmingCharacters(in: .whitespaces) }
        return names.filter { !$0.isEmpty }
    }

    private func images(
        _ split: Split, _ names: [String], limit: Int?, _ options: ImageLoadOptions
    ) throws(DataError) -> ImageSet {
        guard names.count >= 2 else { throw .tooFewClasses(path: path, found: names) }
        let (rows, columns) = (split.images.shape[1], split.images.shape[2])
        let codedSide = rows == columns ? rows : options.side
        var records = BinaryRecords(side: codedSide, classNames: names, limit: limit)
        let bytes = split.images.values
        for (record, label) in split.labels.enumerated() {
            guard Int(label) < names.count else {
                throw .labelOutOfRange(
                    path: split.labelPath, record: record, label: Int(label), classes: names.count)
            }
            let start = bytes.startIndex + record * rows * columns
            let gray = RGBImage(width: columns, height: rows, gray: bytes[start..<start + rows * columns])
            records.append(Resize.planarSquare(gray, side: codedSide), label: Int(label))
        }
        return records.resized(options)
    }
}

/// An `idx` file of unsigned bytes: two zero bytes, the type 0x08, the number of dimensions, each dimension
/// as four bytes with the highest first, then the values.
struct IDXArray {
    /// The dimensions, all positive.
    let shape: [Int]
    /// The values, row by row.
    let values: Data

    /// Reads the file at `path`.
    ///
    /// - Throws: `DataError.fileAccess`, or `DataError.malformed` when the header or the length is wrong.
    init(path: String, dimensions: Int) throws(DataError) {
        func malformed(_ reason: String) -> DataError { .malformed(path: path, line: nil, reason: reason) }
        let bytes = [UInt8](try DataFiles.read(path))
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0, bytes[2] == 0x08, Int(bytes[3]) == dimensions,
            bytes.count >= 4 + 4 * dimensions
        else { throw malformed("no idx file of unsigned bytes with \(dimensions) dimension(s)") }
        shape = (0..<dimensions).map { dimension in
            bytes[(4 + 4 * dimension)..<(8 + 4 * dimension)].reduce(0) { $0 << 8 | Int($1) }
        }
        let stored = bytes.count - 4 - 4 * dimensions
        // Sizes are compared by division, so that a lying header cannot overflow.
        var rest = stored
        for size in shape.reversed() {
            guard size > 0, rest > 0, rest.isMultiple(of: size) else {
                throw malformed("\(stored) bytes of values for dimensions \(shape)")
            }
            rest /= size
        }
        guard rest == 1 else { throw malformed("\(stored) bytes of values for dimensions \(shape)") }
        values = Data(bytes[(4 + 4 * dimensions)...])
    }
}
