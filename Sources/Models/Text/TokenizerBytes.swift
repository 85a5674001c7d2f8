/// The reversible map from bytes to printable characters that GPT-2's and CLIP's vocabularies are written in.
///
/// Source: https://github.com/openai/gpt-2/blob/master/src/encoder.py, `bytes_to_unicode`.
enum TokenizerBytes {
    /// The character of each byte value: itself where it is printable, else one from U+0100 on.
    static let characters: [Character] = {
        var characters: [Character] = []
        var substitutes: UInt32 = 0
        for byte in UInt32(0)...255 {
            let isPrintable =
                (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
            // Every value below U+0144 is a valid scalar.
            characters.append(Character(Unicode.Scalar(isPrintable ? byte : 256 + substitutes)!))
            if !isPrintable { substitutes += 1 }
        }
        return characters
    }()

    /// The byte values in the order in which CLIP numbers them: the printable ones first.
    static let vocabularyOrder: [UInt8] = {
        let printable =
            (UInt8(33)...126).map { $0 } + (UInt8(161)...172).map { $0 } + (UInt8(174)...255).map { $0 }
        return printable + (UInt8(0)...255).filter { !printable.contains($0) }
    }()

    /// The vocabulary's spelling of a word, byte by byte.
    static func spelling(of word: String) -> [Character] { word.utf8.map { characters[Int($0)] } }
}
