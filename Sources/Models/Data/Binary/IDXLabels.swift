/// The labels of a split of the MNIST family, a byte each.
enum IDXLabels {
    /// How the names of QMNIST's files of labels end: rows of 32-bit numbers, of which the first is the label
    /// and the others say who wrote the digit. Format: https://github.com/facebookresearch/qmnist.
    static let rowsEnding = "idx2-int"

    /// The most bytes that are read of such a file; QMNIST's has 4 MB.
    private static let largest = 1 << 28

    /// The labels in the file at `path`.
    ///
    /// - Throws: as `IDXArray.init`; `DataError.malformed` for a label that is no number from 0 to 255.
    static func read(_ path: String) throws(DataError) -> ArraySlice<UInt8> {
        guard path.hasSuffix(rowsEnding) || path.hasSuffix(rowsEnding + ".gz") else {
            return try IDXArray(path: path, dimensions: 1).values
        }
        func malformed(_ reason: String) -> DataError { .malformed(path: path, line: nil, reason: reason) }
        let bytes =
            path.hasSuffix(".gz")
            ? try GzipFile.read(path, limit: largest) : try DataFiles.read(path, limit: largest)
        guard bytes.count >= 12, bytes[..<4] == [0, 0, 0x0C, 2] else {
            throw malformed("no idx file of 32-bit numbers with 2 dimensions")
        }
        func number(_ start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
        let (rows, columns) = (number(4), number(8))
        // Each is at most the file's length before they are multiplied.
        guard (1...bytes.count).contains(rows), (1...bytes.count).contains(columns),
            12 + 4 * rows * columns == bytes.count
        else { throw malformed("\(bytes.count - 12) bytes of values for dimensions [\(rows), \(columns)]") }
        var labels: [UInt8] = []
        labels.reserveCapacity(rows)
        for row in 0..<rows {
            let stored = number(12 + 4 * row * columns)
            guard let label = UInt8(exactly: stored) else {
                throw malformed("label \(stored) of record \(row); allowed: 0 to 255")
            }
            labels.append(label)
        }
        return labels[...]
    }
}
