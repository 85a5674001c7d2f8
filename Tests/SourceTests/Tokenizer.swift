/// A word or a sign of Swift code.
struct Token: Sendable, Equatable {
    let text: String
    /// From 1.
    let line: Int
    /// Whether nothing stands before it on its line.
    let isAtMargin: Bool

    /// Whether it is a name or a keyword.
    var isWord: Bool { text.first.map { $0.isLetter || $0 == "_" } ?? false }
}

/// Reads Swift as far as it takes to tell words from comments and texts.
struct Tokenizer {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var tokens: [Token] = []

    /// The words and signs of a file. Comments are left out, and so are string literals but for their
    /// interpolations.
    static func tokens(of text: String) -> [Token] {
        var tokenizer = Tokenizer(bytes: Array(text.utf8))
        tokenizer.scan(inInterpolation: false)
        return tokenizer.tokens
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private func starts(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        for offset in 0..<count where bytes[position + offset] != text.utf8Start[offset] { return false }
        return true
    }

    private mutating func step(_ count: Int = 1) {
        for _ in 0..<count where position < bytes.count {
            if bytes[position] == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
            true
        default: false
        }
    }

    /// Reads code up to the end, or up to the parenthesis that closes an interpolation.
    private mutating func scan(inInterpolation: Bool) {
        var depth = 0
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") {
                step()
            } else if starts("//") {
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            } else if starts("/*") {
                while position < bytes.count, !starts("*/") { step() }
                step(2)
            } else if starts("#\"") {
                step(2)
                while position < bytes.count, !starts("\"#") { step() }
                step(2)
            } else if byte == UInt8(ascii: "\"") {
                scanText()
            } else if Self.isWord(byte) {
                let start = position
                while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
                append(start..<position)
            } else {
                if byte == UInt8(ascii: "(") { depth += 1 }
                if byte == UInt8(ascii: ")") {
                    if depth == 0, inInterpolation { return }
                    depth -= 1
                }
                append(position..<position + 1)
                step()
            }
        }
    }

    private mutating func append(_ range: Range<Int>) {
        let isAtMargin = range.lowerBound == 0 || bytes[range.lowerBound - 1] == UInt8(ascii: "\n")
        tokens.append(
            Token(text: String(decoding: bytes[range], as: UTF8.self), line: line, isAtMargin: isAtMargin))
    }

    private mutating func scanText() {
        let isLong = starts("\"\"\"")
        step(isLong ? 3 : 1)
        while position < bytes.count {
            if isLong ? starts("\"\"\"") : starts("\"") { return step(isLong ? 3 : 1) }
            // What is no text of one line is part of a regular expression.
            if !isLong, starts("\n") { return }
            if starts("\\(") {
                step(2)
                scan(inInterpolation: true)
                step()
            } else {
                step(starts("\\") ? 2 : 1)
            }
        }
    }
}
