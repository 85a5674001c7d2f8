import CCrypto
import Foundation

/// SHA-256 (FIPS 180-4), computed by the system's libcrypto, piece by piece or at once.
///
/// A value: a copy goes on by itself, so that a log can say its hash at any point and be continued.
public struct SHA256: Sendable {
    private var context = Context()

    /// The hash of nothing yet.
    public init() {}

    /// Continues the hash with bytes; O(bytes).
    public mutating func update(data: some ContiguousBytes) {
        data.withUnsafeBytes { update(bufferPointer: $0) }
    }

    /// Continues the hash with the bytes of a buffer; O(bytes).
    public mutating func update(bufferPointer: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&context) { context = Context(copying: context) }
        context.update(bufferPointer)
    }

    /// The digest of what came so far; the hash can still be continued.
    public func finalize() -> SHA256Digest { Context(copying: context).finish() }

    /// The digest of bytes; O(bytes).
    public static func hash(data: some ContiguousBytes) -> SHA256Digest {
        var hash = SHA256()
        hash.update(data: data)
        return hash.finalize()
    }

    /// libcrypto's state of a digest.
    ///
    /// `@unchecked`: the pointer is written only through `update`, and only by the one value that holds it.
    private final class Context: @unchecked Sendable {
        private let pointer: OpaquePointer

        init() {
            pointer = Self.make()
            precondition(EVP_DigestInit_ex(pointer, EVP_sha256(), nil) == 1, "libcrypto has no SHA-256")
        }

        init(copying other: Context) {
            pointer = Self.make()
            precondition(EVP_MD_CTX_copy_ex(pointer, other.pointer) == 1, "libcrypto does not copy a digest")
        }

        deinit { EVP_MD_CTX_free(pointer) }

        func update(_ bytes: UnsafeRawBufferPointer) {
            precondition(
                EVP_DigestUpdate(pointer, bytes.baseAddress, bytes.count) == 1,
                "libcrypto does not continue a digest")
        }

        func finish() -> SHA256Digest {
            let bytes = [UInt8](unsafeUninitializedCapacity: SHA256Digest.byteCount) { buffer, count in
                precondition(
                    EVP_DigestFinal_ex(pointer, buffer.baseAddress, nil) == 1,
                    "libcrypto does not finish a digest")
                count = SHA256Digest.byteCount
            }
            return SHA256Digest(bytes: bytes)
        }

        private static func make() -> OpaquePointer {
            guard let pointer = EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory") }
            return pointer
        }
    }
}

/// A SHA-256 digest: 32 bytes.
public struct SHA256Digest: Sendable, Hashable, RandomAccessCollection {
    /// How many bytes a digest has.
    public static let byteCount = 32

    private let bytes: [UInt8]

    fileprivate init(bytes: [UInt8]) { self.bytes = bytes }

    public var startIndex: Int { 0 }
    public var endIndex: Int { bytes.count }
    public subscript(position: Int) -> UInt8 { bytes[position] }

    /// Calls `body` with the 32 bytes.
    public func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        try bytes.withUnsafeBytes(body)
    }

    /// Two lower-case digits a byte.
    public var hexadecimal: String { map(Self.digits).joined() }

    private static func digits(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
