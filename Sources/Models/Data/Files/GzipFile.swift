import CImage

/// Files compressed with gzip (RFC 1952), unpacked by zlib.
enum GzipFile {
    /// The first `limit` bytes of what the file at `path` unpacks to, fewer where it is shorter.
    ///
    /// - Throws: `DataError.fileAccess`, `DataError.malformed` for a file that is damaged or not of gzip.
    static func read(_ path: String, limit: Int) throws(DataError) -> [UInt8] {
        func malformed(_ reason: String) -> DataError { .malformed(path: path, line: nil, reason: reason) }
        // zlib would wait for the writer of a pipe, and hand on what is not compressed.
        let file = try SizedFile(path)
        try file.refusePointer()
        guard try file.read(2) == [0x1F, 0x8B] else { throw malformed("not a file of gzip") }
        guard let stream = gzopen(path, "rb") else {
            throw .fileAccess(path: path, reason: "cannot be read")
        }
        defer { gzclose_r(stream) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        while bytes.count < limit {
            let got = gzread(stream, &chunk, UInt32(min(chunk.count, limit - bytes.count)))
            guard got >= 0 else { throw malformed("damaged file of gzip") }
            if got == 0 { break }
            bytes.append(contentsOf: chunk[..<Int(got)])
        }
        // A file that was cut ends without an error but this one.
        var code: Int32 = 0
        _ = gzerror(stream, &code)
        guard code == Z_OK || code == Z_STREAM_END else {
            throw malformed("a file of gzip that ends too early")
        }
        return bytes
    }
}
