import Core
import Foundation

/// Text that a value is always written as, whatever program version, compiler or machine writes it: what
/// hashes that outlive the program are taken over.
///
/// The text is JSON without white space. docs/replay.md documents it; `CanonicalTextTests` pins it.
///
/// - An object has its keys in the order of their UTF-8 bytes. A field that has no value is left out, so that
///   a field that is added later changes nothing where it is not used.
/// - A text is written in UTF-8; escaped are `"`, `\` and the characters below U+0020, as `\u00xx`.
/// - A whole number is written in decimal digits.
/// - A real number is `<digits>e<exponent>`: the shortest digits that read back as the same number, as a
///   whole number that does not end in 0, times a power of ten. 0.01 is `1e-2`, 7.5 is `75e-1`, 0 is `0e0`.
///   What is infinite or not a number is the text `"inf"`, `"-inf"` or `"nan"`.
package enum CanonicalText {
    /// The text of a value.
    package static func of(_ value: some Encodable) -> String {
        let node = CanonicalNode()
        do {
            try value.encode(to: CanonicalTextEncoder(node: node))
        } catch {
            preconditionFailure("a value cannot be written as canonical text: \(error)")
        }
        var text = ""
        node.write(to: &text)
        return text
    }

    /// Reads a value back.
    ///
    /// - Throws: `DecodingError` where the text is not that of such a value.
    package static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try decoder.decode(type, from: Data(text.utf8))
    }

    /// SHA-256 of the text that names a thing: its kind, the version of its encoding, and its content.
    package static func sha256(kind: String, version: Int, _ content: some Encodable) -> String {
        hash(of: CanonicalText.of(Envelope(kind: kind, version: version, content: content)))
    }

    /// SHA-256 of a text, hexadecimal.
    static func hash(of text: String) -> String { SHA256.hash(data: Array(text.utf8)).hexadecimal }

    /// A value with its kind and the version of its encoding.
    struct Envelope<Content: Encodable>: Encodable {
        let kind: String
        let version: Int
        let content: Content
    }
}
