import Foundation

/// CLIP's preparation of text: clean-up and the split into pieces that merges never cross.
///
/// Source: https://github.com/openai/CLIP/blob/main/clip/simple_tokenizer.py and the normalizer of
/// https://huggingface.co/openai/clip-vit-large-patch14/blob/main/tokenizer.json.
enum TokenizerText {
    /// Composed (NFC), lower-cased, runs of white space as one space.
    static func cleaned(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        var pendingSpace = false
        for scalar in text.precomposedStringWithCanonicalMapping.lowercased().unicodeScalars {
            if scalar.properties.isWhitespace {
                pendingSpace = true
                continue
            }
            if pendingSpace { result.append(" ") }
            pendingSpace = false
            result.append(scalar)
        }
        return String(result)
    }

    /// The matches of `'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+` in a cleaned text.
    static func pieces(of text: String) -> [String] {
        let scalars = Array(text.unicodeScalars)
        var pieces: [String] = []
        var position = 0
        while position < scalars.count {
            let kind = Kind(scalars[position])
            if kind == .space {
                position += 1
                continue
            }
            var end = position + 1
            if let length = contractionLength(scalars, at: position) {
                end = position + length
            } else if kind != .number {
                while end < scalars.count, Kind(scalars[end]) == kind { end += 1 }
            }
            var piece = String.UnicodeScalarView()
            piece.append(contentsOf: scalars[position..<end])
            pieces.append(String(piece))
            position = end
        }
        return pieces
    }

    private static let contractions: [[Unicode.Scalar]] =
        ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map { Array($0.unicodeScalars) }

    private static func contractionLength(_ scalars: [Unicode.Scalar], at position: Int) -> Int? {
        guard scalars[position] == "'" else { return nil }
        return contractions.first { scalars[position...].starts(with: $0) }?.count
    }

    /// The classes of characters that the pattern distinguishes.
    private enum Kind {
        case letter, number, space, other

        init(_ scalar: Unicode.Scalar) {
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
                self = .letter
            case .decimalNumber, .letterNumber, .otherNumber: self = .number
            default: self = scalar.properties.isWhitespace ? .space : .other
            }
        }
    }
}
