import Foundation

/// A JSON document as text, for the columns `event.detail` and `work.metrics`.
///
/// For example: `["reason": "deadline", "late_s": 1.5]`. Keys are sorted, so that equal contents give equal
/// bytes and the log hash does not depend on the order of a dictionary.
public struct JSONText: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// The document.
    public let text: String

    /// A JSON object.
    public init(_ object: [String: JSONScalar]) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            text = String(decoding: try encoder.encode(object), as: UTF8.self)
        } catch {
            preconditionFailure("a JSON object of scalars cannot be encoded: \(object): \(error)")
        }
    }

    /// The fields of a JSON object; `nil` where the text is none, or holds objects inside.
    public static func fields(of text: String) -> [String: JSONScalar]? {
        try? JSONDecoder().decode([String: JSONScalar].self, from: Data(text.utf8))
    }

    /// A JSON object from a literal; a repeated key keeps its last value.
    public init(dictionaryLiteral elements: (String, JSONScalar)...) {
        self.init(Dictionary(elements, uniquingKeysWith: { $1 }))
    }
}

/// A value inside a `JSONText`.
public indirect enum JSONScalar: Sendable, Hashable, Codable {
    /// A string.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A number.
    case real(Double)
    /// `true` or `false`.
    case flag(Bool)
    /// An array.
    case list([JSONScalar])

    /// Encodes the bare value. JSON has no infinities and no not-a-number: they become the texts "inf",
    /// "-inf", "nan".
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .real(let value) where value.isFinite: try container.encode(value)
        case .real(let value): try container.encode("\(value)")
        case .flag(let value): try container.encode(value)
        case .list(let values): try container.encode(values)
        }
    }

    /// Decodes a bare value; a number without a fraction is an integer.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .real(value)
        } else if let values = try? container.decode([JSONScalar].self) {
            self = .list(values)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    /// The number, also one that JSON has no digits for; `nil` for anything else.
    public var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        // As `encode` writes them: a processor's not-a-number may have a sign, and the text of it keeps that.
        case .text(let text) where text.hasSuffix("inf") || text.contains("nan"):
            Double(text).flatMap { $0.isFinite ? nil : $0 }
        default: nil
        }
    }

    /// The whole number; `nil` for anything else.
    public var wholeNumber: Int? {
        switch self {
        case .integer(let value): value
        case .real(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The text; `nil` for anything else.
    public var string: String? {
        if case .text(let text) = self { text } else { nil }
    }

    /// What each element of a list is; `nil` where it is no list, or an element is something else.
    public func list<Value>(of value: (JSONScalar) -> Value?) -> [Value]? {
        guard case .list(let elements) = self else { return nil }
        let values = elements.compactMap(value)
        return values.count == elements.count ? values : nil
    }
}

extension JSONScalar: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral
{
    /// A string from a literal.
    public init(stringLiteral value: String) { self = .text(value) }
    /// A whole number from a literal.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// A number from a literal.
    public init(floatLiteral value: Double) { self = .real(value) }
    /// `true` or `false` from a literal.
    public init(booleanLiteral value: Bool) { self = .flag(value) }
}
