import Foundation

/// CIFAR-10 in its binary version: `data_batch_1.bin` … `data_batch_5.bin`, `test_batch.bin` and
/// `batches.meta.txt`, in `path` itself or in `path/cifar-10-batches-bin`.
///
/// A record is one label byte and 3,072 planar bytes, `[3, 32, 32]`:
/// https://www.cs.toronto.edu/~kriz/cifar.html.
public struct CIFAR10Batches: LabelledImageSource {
    private static let side = 32
    private static let recordBytes = 1 + 3 * side * side

    /// The folder that holds the batches.
    public let path: String

    /// Makes a source; nothing is read before `load(_:)`.
    public init(path: String) { self.path = path }

    /// Reads all batches.
    ///
    /// - Throws: `DataError` when a file is missing, not a whole number of records, or has a label above 9.
    public func load(_ options: ImageLoadOptions) throws -> LoadedImages {
        let folder = try DataFiles.firstEntry(of: ["cifar-10-batches-bin", "."], in: path)
        let names = try DataFiles.lines(try DataFiles.firstEntry(of: ["batches.meta.txt"], in: folder))
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        guard names.count == 10 else {
            throw DataError.malformed(
                path: folder + "/batches.meta.txt", line: nil,
                reason: "\(names.count) class names; 10 are needed")
        }
        let train = try (1...5).map { try DataFiles.firstEntry(of: ["data_batch_\($0).bin"], in: folder) }
        let test = try DataFiles.firstEntry(of: ["test_batch.bin"], in: folder)
        return LoadedImages(
            train: try images(in: train, names, limit: options.trainPerClass, options),
            test: try images(in: [test], names, limit: options.testPerClass, options))
    }

    private func images(
        in paths: [String], _ names: [String], limit: Int?, _ options: ImageLoadOptions
    ) throws(DataError) -> ImageSet {
        var records = BinaryRecords(side: Self.side, classNames: names, limit: limit)
        for path in paths {
            let bytes = try DataFiles.read(path)
            guard !bytes.isEmpty, bytes.count.isMultiple(of: Self.recordBytes) else {
                throw .malformed(
                    path: path, line: nil,
                    reason: "\(bytes.count) bytes; whole records of \(Self.recordBytes) bytes are needed")
            }
            for (record, start) in stride(from: 0, to: bytes.count, by: Self.recordBytes).enumerated() {
                let label = Int(bytes[start])
                guard label < names.count else {
                    throw .labelOutOfRange(path: path, record: record, label: label, classes: names.count)
                }
                records.append(bytes[(start + 1)..<(start + Self.recordBytes)], label: label)
            }
        }
        return records.resized(options)
    }
}

/// Planar RGB images of one size as they are collected from binary files.
struct BinaryRecords {
    private let side: Int
    private let classNames: [String]
    private let limit: Int
    private var pixels: [UInt8] = []
    private var labels: [Int32] = []
    private var counts: [Int]

    /// Makes an empty collection that takes at most `limit` images of each class.
    init(side: Int, classNames: [String], limit: Int?) {
        self.side = side
        self.classNames = classNames
        self.limit = limit ?? .max
        counts = [Int](repeating: 0, count: classNames.count)
    }

    /// Adds a planar image, `[3, side, side]`, unless its class is full.
    mutating func append(_ planar: some Collection<UInt8>, label: Int) {
        guard counts[label] < limit else { return }
        counts[label] += 1
        labels.append(Int32(label))
        pixels.append(contentsOf: planar)
    }

    /// The images, brought to the side that `options` ask for.
    func resized(_ options: ImageLoadOptions) -> ImageSet {
        let images = ImageSet(side: side, pixels: pixels, labels: labels, classNames: classNames)
        guard options.side != side else { return images }
        let batch = ImageBatchDecoder.decode(count: images.count, options) { index, _ throws(DataError) in
            Resize.planarSquare(
                RGBImage(width: side, height: side, planar: images.image(at: index)), side: options.side)
        }
        return ImageSet(side: options.side, pixels: batch.pixels, labels: labels, classNames: classNames)
    }
}
