import Core

/// Identifies a piece of real work by everything that its result depends on.
///
/// Two pieces with equal keys have equal results; replay looks results up by it, and runs share work by it.
public struct WorkKey: Sendable, Hashable {
    /// SHA-256 over the parts, hexadecimal.
    public let sha256: String

    /// The key of work of this `kind` on these inputs; their order counts.
    public init(_ kind: String, _ inputs: KeyValuePairs<String, String>) {
        var hash = SHA256()
        func add(_ text: String) {
            // Lengths keep ("ab", "c") and ("a", "bc") apart.
            hash.update(data: Array("\(text.utf8.count):".utf8))
            hash.update(data: Array(text.utf8))
        }
        add(kind)
        for (name, value) in inputs {
            add(name)
            add(value)
        }
        sha256 = hash.finalize().hexadecimal
    }

    /// SHA-256 of bytes, hexadecimal: what identifies an output.
    static func hash(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }
}
