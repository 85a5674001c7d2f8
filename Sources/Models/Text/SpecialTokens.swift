/// Texts that are one token as they stand, such as `<|endoftext|>`, whatever a tokenizer does with other
/// text.
struct SpecialTokens: Sendable {
    /// The texts and their ids.
    let entries: [(text: String, token: Int32)]
    /// Those that are taken only where they stand as words: no letter, digit or underscore is beside them.
    var words: Set<String> = []

    /// The ids of `text`: special texts are taken first, from its start on, and `encode` gives those of what
    /// stands between them.
    func tokens(of text: String, encode: (_ plain: Substring) -> [Int32]) -> [Int32] {
        var tokens: [Int32] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            let next =
                entries
                .compactMap { special in
                    firstRange(of: special.text, in: rest).map { (range: $0, token: special.token) }
                }
                .min { $0.range.lowerBound < $1.range.lowerBound }
            tokens += encode(rest[..<(next?.range.lowerBound ?? rest.endIndex)])
            guard let next else { break }
            tokens.append(next.token)
            rest = rest[next.range.upperBound...]
        }
        return tokens
    }

    /// Where a special text is taken first.
    private func firstRange(of special: String, in text: Substring) -> Range<Substring.Index>? {
        guard words.contains(special) else { return text.firstRange(of: special) }
        var rest = text
        while let range = rest.firstRange(of: special) {
            let isBegun = text[..<range.lowerBound].unicodeScalars.last.map(Self.isOfWord) ?? false
            let goesOn = text[range.upperBound...].unicodeScalars.first.map(Self.isOfWord) ?? false
            if !isBegun, !goesOn { return range }
            rest = rest[range.upperBound...]
        }
        return nil
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType == .decimal
    }
}
