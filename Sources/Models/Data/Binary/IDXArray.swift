/// An `idx` file of unsigned bytes: two zero bytes, the type 0x08, the number of dimensions, each dimension
/// as four bytes with the highest first, then the values. The file may be in gzip.
struct IDXArray {
    /// The most values that are read; EMNIST's largest set has 547 million.
    private static let largest = 1 << 30

    /// The dimensions, all positive.
    let shape: [Int]
    /// The values, row by row.
    let values: ArraySlice<UInt8>

    /// Reads the file at `path`. What the header claims is compared with the file's length before any value
    /// is read.
    ///
    /// - Parameters:
    ///   - first: how many images there must be.
    ///   - labelPath: the file that says so.
    /// - Throws: `DataError.fileAccess`, or `DataError.malformed` when the header or the length is wrong.
    init(path: String, dimensions: Int, first: Int? = nil, of labelPath: String = "") throws(DataError) {
        func malformed(_ reason: String) -> DataError { .malformed(path: path, line: nil, reason: reason) }
        let headerBytes = 4 + 4 * dimensions
        let isPacked = path.hasSuffix(".gz")
        let header: [UInt8], stored: Int?
        if isPacked {
            header = try GzipFile.read(path, limit: headerBytes)
            stored = nil
        } else {
            let file = try SizedFile(path)
            try file.refusePointer()
            header = try file.read(min(headerBytes, file.size))
            stored = file.size - headerBytes
        }
        guard header.count == headerBytes, header[0] == 0, header[1] == 0, header[2] == 0x08,
            Int(header[3]) == dimensions
        else { throw malformed("no idx file of unsigned bytes with \(dimensions) dimension(s)") }
        let shape = (0..<dimensions).map { dimension in
            header[(4 + 4 * dimension)..<(8 + 4 * dimension)].reduce(0) { $0 << 8 | Int($1) }
        }
        func wrongLength(_ stored: Int) -> DataError {
            malformed("\(stored) bytes of values for dimensions \(shape)")
        }
        guard let wanted = Self.product(shape) else { throw wrongLength(stored ?? 0) }
        if let stored, stored != wanted { throw wrongLength(stored) }
        guard wanted <= Self.largest else {
            throw malformed("\(wanted) bytes of values; at most \(Self.largest) are read")
        }
        guard dimensions != 3 || ImageCodec.isAcceptable(width: shape[2], height: shape[1]) else {
            throw malformed(
                "images of \(shape[2]) x \(shape[1]) pixels; at most \(ImageCodec.maximumPixels) are read")
        }
        if let first, shape[0] != first {
            throw .malformed(
                path: labelPath, line: nil, reason: "\(first) labels for \(shape[0]) images of the same split"
            )
        }
        // A packed file is read one byte too far, so that one that is too long is seen.
        let bytes =
            isPacked ? try GzipFile.read(path, limit: headerBytes + wanted + 1) : try DataFiles.read(path)
        guard bytes.count == headerBytes + wanted else { throw wrongLength(bytes.count - headerBytes) }
        self.shape = shape
        values = bytes[headerBytes...]
    }

    /// The product of positive sizes; nil where one is zero or the product too large for a file.
    private static func product(_ shape: [Int]) -> Int? {
        var product = 1
        for size in shape {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard size > 0, !overflow else { return nil }
            product = next
        }
        return product
    }
}
