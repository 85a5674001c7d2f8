/// Finds YAML that scenarios do not support: anchors (`&name`), aliases (`*name`), block text (`|`, `>`).
///
/// A few aliases of aliases describe a tree too large for any machine, and the YAML library compares keys
/// while it composes such a tree, so they are refused before. Block text, for which no key has a use, would
/// hide them.
struct UnsupportedYAML {
    /// What was found, and where, counted from 1.
    struct Finding: Equatable {
        let text: String
        let line: Int
        let column: Int
    }

    private let scalars: [Unicode.Scalar]
    private var index = 0
    private var line = 1
    private var column = 0
    private var quote: Unicode.Scalar?
    private var inComment = false
    private var inTag = false
    private var afterSpace = true
    /// Whether a token may start at the next character. True too often rather than too rarely.
    private var atTokenStart = true

    /// The first unsupported token of a text, outside quotes and comments.
    ///
    /// - Complexity: O(n) for n characters.
    static func first(in text: String) -> Finding? {
        var scan = UnsupportedYAML(scalars: Array(text.unicodeScalars))
        while scan.index < scan.scalars.count {
            if let finding = scan.step() { return finding }
        }
        return nil
    }

    private init(scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    private mutating func step() -> Finding? {
        let scalar = scalars[index]
        index += 1
        column += 1
        if isLineBreak(scalar) {
            (line, column, inComment, inTag) = (line + 1, 0, false, false)
            (atTokenStart, afterSpace) = (true, true)
            return nil
        }
        if inComment { return nil }
        if let quote {
            stepInQuotes(scalar, closing: quote)
            return nil
        }
        if scalar == "#", afterSpace {
            inComment = true
        } else if atTokenStart, scalar == "\"" || scalar == "'" {
            quote = scalar
        } else if atTokenStart, "&*|>".unicodeScalars.contains(scalar) {
            let name = scalars[index...].prefix {
                !$0.properties.isWhitespace && !",[]{}".unicodeScalars.contains($0)
            }
            return Finding(
                text: String(String.UnicodeScalarView([scalar] + name)), line: line, column: column)
        }
        let isSpace = scalar == " " || scalar == "\t"
        // After a tag such as !!map the token itself is still to come.
        let endsTag = inTag && isSpace
        inTag = !endsTag && (inTag || (atTokenStart && scalar == "!"))
        atTokenStart = "[{,:-?".unicodeScalars.contains(scalar) || endsTag || (isSpace && atTokenStart)
        afterSpace = isSpace
        return nil
    }

    private mutating func stepInQuotes(_ scalar: Unicode.Scalar, closing: Unicode.Scalar) {
        if closing == "\"", scalar == "\\", index < scalars.count,
            !"\r\n".unicodeScalars.contains(scalars[index])
        {
            // The escaped character closes nothing; a line break is left for the line count.
            index += 1
            column += 1
        } else if scalar == closing {
            (quote, atTokenStart, afterSpace) = (nil, false, false)
        }
    }

    /// The breaks that YAML 1.1 knows; of a carriage return and a line feed, the second counts.
    private func isLineBreak(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "\r" { return index == scalars.count || scalars[index] != "\n" }
        return "\n\u{85}\u{2028}\u{2029}".unicodeScalars.contains(scalar)
    }
}
