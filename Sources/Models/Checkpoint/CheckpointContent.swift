import Core

/// Recognizes, by their first bytes, files of other formats in the place of a checkpoint's.
enum CheckpointContent {
    /// Words for content that is neither JSON nor tensors; nil where nothing is known of it.
    static func foreign(_ bytes: some Collection<UInt8>) -> String? {
        let start = Array(bytes.prefix(ForeignContent.length))
        for (magic, words) in binary where start.starts(with: magic) { return words }
        return ForeignContent.words(for: start)
    }

    /// As above; for a file that should hold tensors, so that any text is foreign too.
    static func foreignToWeights(_ bytes: some Collection<UInt8>) -> String? {
        // The length of a header, 640 for one, may have the bytes of a pickle's beginning.
        if isHeader(bytes.prefix(9)) { return nil }
        if let words = foreign(bytes) { return words }
        let start = Array(bytes.prefix(64))
        guard start.count >= 8, start.allSatisfy({ (0x20...0x7E).contains($0) || (0x09...0x0D).contains($0) })
        else {
            return start.count >= 64 && start.allSatisfy { $0 == 0 } ? "nothing but zeros at its start" : nil
        }
        let line = start.prefix { $0 != 0x0A && $0 != 0x0D }
        return "text that begins with '\(String(decoding: line.prefix(40), as: UTF8.self))'"
    }

    /// Whether these nine bytes are those of safetensors: a length below 4 GiB and the brace of the header.
    private static func isHeader(_ bytes: some Collection<UInt8>) -> Bool {
        let start = Array(bytes)
        return start.count == 9 && start[4..<8].allSatisfy { $0 == 0 } && start[8] == UInt8(ascii: "{")
    }

    private static let pickle = "a pickle, as PyTorch writes weights, not safetensors"

    private static let binary: [([UInt8], String)] = [
        (Array("PK\u{3}\u{4}".utf8), "a zip file, as PyTorch writes weights, not safetensors"),
        ([0x80, 0x02], pickle), ([0x80, 0x03], pickle), ([0x80, 0x04], pickle), ([0x80, 0x05], pickle),
        ([0x89, 0x48, 0x44, 0x46], "an HDF5 file, not safetensors"),
        (Array("GGUF".utf8), "a GGUF file, not safetensors"),
        ([0x93] + Array("NUMPY".utf8), "a NumPy file, not safetensors"),
    ]
}
