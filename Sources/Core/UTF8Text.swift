/// Text that other programs wrote, which must be UTF-8.
public enum UTF8Text {
    /// Why bytes are not read as text; its sentence is in ``Failure/description``.
    public enum Failure: Error, Equatable, Sendable {
        /// They are a file of another kind, in words that say what to do: "a gzip file; unpack it".
        case foreign(String)
        /// They are UTF-16 or UTF-32, as "Unicode" of Windows programs is.
        case wide(bits: Int)
        /// This byte belongs to no character; lines and columns (characters) count from 1.
        case byte(UInt8, line: Int, column: Int)

        /// Where it is, unless the file as a whole is at fault.
        public var place: (line: Int, column: Int)? {
            if case .byte(_, let line, let column) = self { (line, column) } else { nil }
        }
    }

    /// The text of a whole file, without a byte order mark.
    ///
    /// - Complexity: O(bytes).
    public static func text(ofFile bytes: some Collection<UInt8>) throws(Failure) -> String {
        try refuseForeignFile(bytes)
        return try text(of: withoutMark(bytes))
    }

    /// The text of some bytes.
    ///
    /// - Throws: ``Failure/byte(_:line:column:)``, counted from the first of the bytes.
    /// - Complexity: O(bytes).
    public static func text(of bytes: some Collection<UInt8>) throws(Failure) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw firstStrayByte(of: bytes) }
        return text
    }

    /// The bytes after a byte order mark of UTF-8, which editors on Windows write.
    public static func withoutMark<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> Bytes.SubSequence {
        bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
    }

    /// Refuses files of other kinds, and UTF-16 and UTF-32, which have a byte order mark or zero bytes in the
    /// first ASCII letters; no text that this program reads has a zero byte.
    ///
    /// - Throws: ``Failure/foreign(_:)``, ``Failure/wide(bits:)``.
    public static func refuseForeignFile(_ bytes: some Collection<UInt8>) throws(Failure) {
        if let words = ForeignContent.words(for: bytes) { throw .foreign(words) }
        let start = Array(bytes.prefix(4))
        let hasMark = start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF])
        let zeros = start.count { $0 == 0 }
        guard hasMark || zeros > 0 else { return }
        // A letter of UTF-32 has three zeros, its mark two beside FF and FE.
        throw .wide(bits: zeros > 2 || zeros == 2 && start.contains(0xFE) ? 32 : 16)
    }

    private static func firstStrayByte(of bytes: some Collection<UInt8>) -> Failure {
        var parser = Unicode.UTF8.ForwardParser()
        var source = bytes.makeIterator()
        var position = 0
        var line = 1
        var column = 1
        while case .valid(let scalar) = parser.parseScalar(from: &source) {
            position += scalar.count
            let isEndOfLine = scalar.elementsEqual([UInt8(ascii: "\n")])
            line += isEndOfLine ? 1 : 0
            column = isEndOfLine ? 1 : column + 1
        }
        return .byte(bytes.dropFirst(position).first ?? 0, line: line, column: column)
    }
}

extension UTF8Text.Failure: CustomStringConvertible {
    /// What is wrong and what is allowed, without the place.
    public var description: String {
        switch self {
        case .foreign(let words):
            "the file is \(words)"
        case .wide(let bits):
            "the file is in UTF-\(bits); save it in UTF-8"
        case .byte(let byte, _, _):
            "the byte 0x\(Self.hexadecimal(byte)) is not UTF-8 (is the file in Latin-1 or Windows-1252?); "
                + "save it in UTF-8"
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "0" + digits : digits
    }
}
