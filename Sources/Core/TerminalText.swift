/// Text from outside the program — names, values, paths, cells of a database — made safe to print.
///
/// A terminal obeys control characters: a name may clear the screen, change the title, or with a change of
/// the writing direction show another text than it holds. Such characters are printed as escapes, `\u{1B}`.
public enum TerminalText {
    /// How many characters of a value an error sentence shows.
    public static let valueLimit = 60

    /// The text on one line, cut after so many characters (Unicode scalars), with `…` where something is left
    /// out.
    ///
    /// - Parameters:
    ///   - text: the text, of any length and content.
    ///   - limit: how many of its characters are shown.
    /// - Returns: a text without control characters, line breaks, or changes of the writing direction.
    /// - Complexity: O(`limit`), whatever the length of the text.
    public static func line(_ text: some StringProtocol, limit: Int = valueLimit) -> String {
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex)
        else { return escaped(scalars[...]) { !isSafe($0) } }
        return escaped(scalars[..<end]) { !isSafe($0) } + (end < scalars.endIndex ? "…" : "")
    }

    /// The whole text with its line breaks and tabs; every other control character is escaped.
    ///
    /// For texts that the program prints as they are stored, such as the sentence of an error.
    public static func lines(_ text: some StringProtocol) -> String {
        escaped(text.unicodeScalars[...]) { $0 != "\n" && $0 != "\t" && !isSafe($0) }
    }

    /// Whether a terminal prints the character and does nothing else with it.
    public static func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        switch scalar.properties.generalCategory {
        // C1 controls; the breaks U+2028 and U+2029.
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: return false
        // Direction marks, overrides and isolates, the byte order mark and tags. The joiners are letters'
        // own.
        case .format: return scalar == "\u{200C}" || scalar == "\u{200D}"
        // Spaces that look like the usual one and are not it; the wide one of Japanese and Chinese is seen.
        case .spaceSeparator: return scalar == "\u{3000}"
        default: return true
        }
    }

    private static func escaped(
        _ scalars: some Sequence<Unicode.Scalar>, where isEscaped: (Unicode.Scalar) -> Bool
    ) -> String {
        var result = String.UnicodeScalarView()
        for scalar in scalars {
            if isEscaped(scalar) {
                result.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
            } else {
                result.append(scalar)
            }
        }
        return String(result)
    }
}
