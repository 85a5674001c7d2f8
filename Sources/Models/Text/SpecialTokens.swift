/// Texts that are one token as they stand, such as `<|endoftext|>`, whatever a tokenizer does with other
/// text.
struct SpecialTokens: Sendable {
    /// The texts and their ids.
    let entries: [(text: String, token: Int32)]

    /// The ids of `text`: special texts are taken first, from its start on, and `encode` gives those of what
    /// stands between them.
    func tokens(of text: String, encode: (_ plain: Substring) -> [Int32]) -> [Int32] {
        var tokens: [Int32] = []
        var rest = Substring(text)
        while !rest.isEmpty {
            let next =
                entries
                .compactMap { special in
                    rest.firstRange(of: special.text).map { (range: $0, token: special.token) }
                }
                .min { $0.range.lowerBound < $1.range.lowerBound }
            tokens += encode(rest[..<(next?.range.lowerBound ?? rest.endIndex)])
            guard let next else { break }
            tokens.append(next.token)
            rest = rest[next.range.upperBound...]
        }
        return tokens
    }
}
