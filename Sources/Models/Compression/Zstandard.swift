import CZstd

/// Lossless compression by the system's Zstandard (RFC 8878, https://www.rfc-editor.org/rfc/rfc8878).
public enum Zstandard {
    /// The levels that `compress` takes.
    public static let levels = 1...19

    /// A frame with the length of its content.
    ///
    /// - Precondition: `level` is one of `levels`.
    public static func compress(_ bytes: [UInt8], level: Int) -> [UInt8] {
        precondition(levels.contains(level), "level \(level)")
        let bound = ZSTD_compressBound(bytes.count)
        return [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            let size = bytes.withUnsafeBytes {
                ZSTD_compress(buffer.baseAddress, bound, $0.baseAddress, $0.count, Int32(level))
            }
            precondition(ZSTD_isError(size) == 0, "Zstandard: \(String(cString: ZSTD_getErrorName(size)))")
            count = size
        }
    }

    /// The content of a frame, at most `limit` bytes of it: a few bytes may stand for gigabytes.
    ///
    /// - Throws: `CompressionError.badFrame`, `.tooLong`.
    public static func decompress(_ frame: [UInt8], limit: Int) throws(CompressionError) -> [UInt8] {
        let length = frame.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        // ZSTD_CONTENTSIZE_UNKNOWN and ZSTD_CONTENTSIZE_ERROR are macros of -1 and -2.
        guard length < UInt64.max - 1 else {
            throw .badFrame(reason: length == UInt64.max ? "its length is missing" : "it has no header")
        }
        guard length <= UInt64(limit) else { throw .tooLong(bytes: length, limit: limit) }
        var code = 0
        let content = [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
            code = frame.withUnsafeBytes {
                ZSTD_decompress(buffer.baseAddress, buffer.count, $0.baseAddress, $0.count)
            }
            count = ZSTD_isError(code) == 0 ? code : 0
        }
        guard ZSTD_isError(code) == 0 else {
            throw .badFrame(reason: String(cString: ZSTD_getErrorName(code)))
        }
        guard content.count == Int(length) else { throw .badFrame(reason: "it ends before its length") }
        return content
    }
}
