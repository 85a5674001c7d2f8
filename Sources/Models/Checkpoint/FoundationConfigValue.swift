/// A JSON value, as the configuration files of diffusers and transformers hold them.
package enum ConfigurationValue: Hashable, Sendable, Codable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([ConfigurationValue])
    case object([String: ConfigurationValue])

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([ConfigurationValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: ConfigurationValue].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value):
            if let integer = Int(exactly: value) {
                try container.encode(integer)
            } else {
                try container.encode(value)
            }
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let values): try container.encode(values)
        }
    }

    /// Null, false, or a list of nothing else: a feature that is switched off.
    var isOff: Bool {
        switch self {
        case .null, .bool(false): true
        case .array(let values): values.allSatisfy(\.isOff)
        default: false
        }
    }

    var integer: Int? {
        if case .number(let value) = self { Int(exactly: value) } else { nil }
    }

    static func integers(_ values: [Int]) -> ConfigurationValue { .array(values.map { .number(Double($0)) }) }
    static func strings(_ values: [String]) -> ConfigurationValue { .array(values.map { .string($0) }) }
}

extension ConfigurationValue: CustomStringConvertible {
    /// As in the file, on one line.
    package var description: String {
        var text = ""
        write(to: &text, characters: .max, bytes: .max)
        return text
    }

    /// The beginning of what the file has; a list may have millions of values.
    var excerpt: String {
        var text = ""
        write(to: &text, characters: 61, bytes: 500)
        return text.count > 60 ? text.prefix(60) + "…" : text
    }

    /// Appends the value.
    ///
    /// - Parameters:
    ///   - text: what is appended to.
    ///   - characters: how much of a text is written.
    ///   - bytes: the length of `text` beyond which no further item or member is written.
    private func write(to text: inout String, characters: Int, bytes: Int) {
        func separate(_ index: Int) { text += index == 0 ? "" : ", " }
        switch self {
        case .null: text += "null"
        case .bool(let value): text += "\(value)"
        case .number(let value): text += Int(exactly: value).map { "\($0)" } ?? "\(value)"
        case .string(let value): text += "\"\(value.prefix(characters))\""
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() where text.utf8.count < bytes {
                separate(index)
                value.write(to: &text, characters: characters, bytes: bytes)
            }
            text += "]"
        case .object(let values):
            text += "{"
            for (index, entry) in values.sorted(by: { $0.key < $1.key }).enumerated()
            where text.utf8.count < bytes {
                separate(index)
                text += "\"\(entry.key.prefix(characters))\": "
                entry.value.write(to: &text, characters: characters, bytes: bytes)
            }
            text += "}"
        }
    }
}
