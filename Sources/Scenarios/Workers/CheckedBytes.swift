import Core

/// Bytes with their own hash, computed once.
package struct CheckedBytes: Sendable {
    let bytes: [UInt8]
    /// Their SHA-256, hexadecimal.
    let sha256: String

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        sha256 = SHA256.hash(data: bytes).hexadecimal
    }
}
