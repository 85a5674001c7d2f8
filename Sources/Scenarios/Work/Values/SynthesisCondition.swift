import Foundation
import Models

/// What synthetic images are to show, as work names it.
///
/// `{"text":…}`, `{"states":{…}}` of a text encoder, or `{"word":{…}}`, a learnt word in a text. Vectors are
/// base64 of 32-bit floats, the least significant byte first.
package struct SynthesisCondition: Sendable, Hashable {
    package let condition: ImageCondition

    package init(_ condition: ImageCondition) { self.condition = condition }

    /// The text, or a hash of the states: what noise is derived from.
    var key: String {
        switch condition {
        case .text(let text): text
        case .states(let states): states.sha256
        case .token(let prompt): prompt.sha256
        }
    }
}

extension SynthesisCondition: Codable {
    private enum CodingKeys: String, CodingKey { case text, states, word }

    private struct States: Codable {
        let tokens: Int
        let width: Int
        let values: String
        /// The text as one vector; absent where the model takes none.
        let pooled: String?

        enum CodingKeys: String, CodingKey { case tokens, width, values, pooled }
    }

    private struct Word: Codable {
        /// The text before, between and after the places of the word.
        let pieces: [String]
        let vector: String

        enum CodingKeys: String, CodingKey { case pieces, vector }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let text = try container.decodeIfPresent(String.self, forKey: .text) {
            condition = .text(text)
        } else if let states = try container.decodeIfPresent(States.self, forKey: .states) {
            guard let values = FloatText.decode(states.values),
                let pooled = FloatText.decode(states.pooled ?? ""), states.tokens > 0, states.width > 0,
                values.count == states.tokens.multipliedReportingOverflow(by: states.width).partialValue
            else {
                throw DecodingError.dataCorruptedError(
                    forKey: .states, in: container, debugDescription: "not states of \(states.tokens) tokens")
            }
            condition = .states(
                TextStates(tokens: states.tokens, width: states.width, values: values, pooled: pooled))
        } else {
            let word = try container.decode(Word.self, forKey: .word)
            guard let vector = FloatText.decode(word.vector), word.pieces.count > 1 else {
                throw DecodingError.dataCorruptedError(
                    forKey: .word, in: container, debugDescription: "not a word in a text")
            }
            let place = "{class}"
            condition = .token(
                TokenPrompt(
                    template: word.pieces.joined(separator: place), placeholder: place, vector: vector))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch condition {
        case .text(let text):
            try container.encode(text, forKey: .text)
        case .states(let states):
            try container.encode(
                States(
                    tokens: states.tokens, width: states.width, values: FloatText.encode(states.values),
                    pooled: states.pooled.isEmpty ? nil : FloatText.encode(states.pooled)),
                forKey: .states)
        case .token(let prompt):
            try container.encode(
                Word(pieces: prompt.pieces, vector: FloatText.encode(prompt.vector)), forKey: .word)
        }
    }
}

/// Vectors as base64 text.
private enum FloatText {
    static func encode(_ values: [Float]) -> String {
        var data = Data(capacity: 4 * values.count)
        for value in values {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
        }
        return data.base64EncodedString()
    }

    static func decode(_ text: String) -> [Float]? {
        guard let data = Data(base64Encoded: text), data.count % 4 == 0 else { return nil }
        let bytes = [UInt8](data)
        return stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
        }
    }
}
