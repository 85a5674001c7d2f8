/// What a file is that stands in the place of another, by its first bytes, in words that say what to do.
public enum ForeignContent {
    /// How many bytes are looked at.
    public static let length = 512

    /// Words for content that no reader of text or numbers takes: "a gzip file; unpack it"; nil where nothing
    /// is known of it.
    public static func words(for bytes: some Collection<UInt8>) -> String? {
        let start = Array(bytes.prefix(length))
        for (magic, words) in packed where start.starts(with: magic) { return words }
        if let words = pointer(start) { return words }
        let text = String(decoding: start, as: UTF8.self)
        let trimmed = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
        if trimmed.hasPrefix("<!doctype html") || trimmed.hasPrefix("<html") {
            return "a web page, not the file itself; download the file, not the page that shows it"
        }
        if trimmed.hasPrefix("<?xml") || trimmed.hasPrefix("<error") {
            return "a server's answer in XML, not the file itself"
        }
        return nil
    }

    /// Words for what git leaves in the place of a large file where git-lfs is not installed.
    public static func pointer(_ bytes: some Collection<UInt8>) -> String? {
        bytes.starts(with: Array("version https://git-lfs".utf8))
            ? "a git-lfs pointer, not the file itself; 'git lfs pull' in its folder fetches it" : nil
    }

    private static let packed: [([UInt8], String)] = [
        ([0x1F, 0x8B], "a gzip file; unpack it"),
        (Array("PK\u{3}\u{4}".utf8), "a zip file; unpack it"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "an xz file; unpack it"),
        ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard file; unpack it"),
        ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive; unpack it"),
        (Array("Rar!".utf8), "a RAR archive; unpack it"),
        (Array("BZh".utf8), "a bzip2 file; unpack it"),
        (Array("SQLite format 3\0".utf8), "an SQLite database"),
    ]
}
