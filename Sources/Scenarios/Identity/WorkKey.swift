import Core

/// Identifies a piece of real work by everything that its result depends on.
///
/// Two pieces with equal keys have equal results; replay looks results up by it, and runs share work by it.
public struct WorkKey: Sendable, Hashable {
    /// SHA-256 of the work's message, hexadecimal.
    public let sha256: String

    init(sha256: String) { self.sha256 = sha256 }

    /// SHA-256 of bytes, hexadecimal: what identifies an output.
    static func hash(of bytes: [UInt8]) -> String { SHA256.hash(data: bytes).hexadecimal }
}

/// SHA-256 over texts with their lengths before them: `5:train2:ab…`. Version 0.1 identified everything in
/// this way; the model hash of runs with personal models still is.
enum PrefixedTexts {
    static func sha256(_ texts: [String]) -> String {
        var hash = SHA256()
        for text in texts {
            // Lengths keep ("ab", "c") and ("a", "bc") apart.
            hash.update(data: Array("\(text.utf8.count):".utf8))
            hash.update(data: Array(text.utf8))
        }
        return hash.finalize().hexadecimal
    }
}
