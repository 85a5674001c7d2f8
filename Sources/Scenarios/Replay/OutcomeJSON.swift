/// A JSON value of a line of outcomes.
///
/// Read here because Foundation's parsers tell no column, take `[1,]`, and refuse the `NaN` and `Infinity`
/// that Python's `json.dumps` writes.
enum OutcomeJSON: Equatable {
    /// `null`, `NaN`, `Infinity` or `-Infinity`: not measured.
    case nothing
    case number(Double)
    case text(String)
    case flag(Bool)
    case list([OutcomeJSON])
    case object([Member])

    /// A name with its value.
    struct Member: Equatable {
        let name: String
        let value: OutcomeJSON
        /// 1-based column of the value, in characters.
        let column: Int
    }

    /// Where a line is not JSON, and why.
    struct Failure: Error, Equatable {
        /// 1-based, in characters.
        let column: Int
        let reason: String
    }

    /// The value as an error sentence quotes it.
    var text: String {
        switch self {
        case .nothing: "null"
        case .number(let number): "\(number)"
        case .text(let text): "\"\(text)\""
        case .flag(let flag): "\(flag)"
        case .list: "a list"
        case .object: "an object"
        }
    }
}

/// Reads one line, RFC 8259.
struct OutcomeJSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0
    /// A position with its 1-based column.
    private var counted = (position: 0, column: 1)
    /// Outcomes have two levels.
    private static let deepest = 16

    /// - Parameter line: UTF-8 without the line's end.
    init(_ line: some Sequence<UInt8>) { bytes = Array(line) }

    /// The value that the line is.
    ///
    /// - Throws: `OutcomeJSON.Failure`.
    mutating func parse() throws -> OutcomeJSON {
        let value = try value()
        skipSpace()
        if position < bytes.count { throw failure("\(here) after the end of the value") }
        return value
    }

    private mutating func value() throws -> OutcomeJSON {
        skipSpace()
        guard position < bytes.count else { throw failure("the line ends where a value is expected") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try nested { .object(try $0.members()) }
        case UInt8(ascii: "["): return try nested { .list(try $0.elements()) }
        case UInt8(ascii: "\""): return .text(try string())
        default: return try word()
        }
    }

    private mutating func nested(_ body: (inout Self) throws -> OutcomeJSON) throws -> OutcomeJSON {
        guard depth < Self.deepest else { throw failure("more than \(Self.deepest) levels") }
        depth += 1
        defer { depth -= 1 }
        position += 1
        return try body(&self)
    }

    private mutating func members() throws -> [OutcomeJSON.Member] {
        var members: [OutcomeJSON.Member] = [], names: Set<String> = []
        while true {
            skipSpace()
            if members.isEmpty, take("}") { return members }
            guard peek == UInt8(ascii: "\"") else {
                throw failure("\(here) where a name in double quotes is expected")
            }
            let start = column(), name = try string()
            guard names.insert(name).inserted else {
                throw OutcomeJSON.Failure(column: start, reason: "the name '\(name)' a second time")
            }
            skipSpace()
            guard take(":") else { throw failure("\(here) where ':' is expected") }
            skipSpace()
            let place = column()
            members.append(.init(name: name, value: try value(), column: place))
            skipSpace()
            if take("}") { return members }
            guard take(",") else { throw failure("\(here) where ',' or '}' is expected") }
        }
    }

    private mutating func elements() throws -> [OutcomeJSON] {
        var elements: [OutcomeJSON] = []
        while true {
            skipSpace()
            if elements.isEmpty, take("]") { return elements }
            elements.append(try value())
            skipSpace()
            if take("]") { return elements }
            guard take(",") else { throw failure("\(here) where ',' or ']' is expected") }
        }
    }

    private mutating func string() throws -> String {
        let start = column()
        position += 1
        var content: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"): content += try escape()
            case 0..<0x20:
                position -= 1
                throw failure("a control character in a string")
            default: content.append(byte)
            }
        }
        throw OutcomeJSON.Failure(column: start, reason: "a string without its closing quote")
    }

    private mutating func escape() throws -> [UInt8] {
        if let peek, let byte = Self.meaning(ofEscape: peek) {
            position += 1
            return [byte]
        }
        guard take("u"), var code = hexadecimal() else { throw failure("an escape that JSON does not have") }
        // Two halves make one character; half of one alone is none, and the escape after it another.
        if 0xD800..<0xDC00 ~= code {
            let before = position
            if take("\\"), take("u"), let low = hexadecimal(), 0xDC00..<0xE000 ~= low {
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            } else {
                position = before
            }
        }
        return Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
    }

    private static func meaning(ofEscape letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    private mutating func hexadecimal() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var code: UInt32 = 0
        for byte in bytes[position..<position + 4] {
            let character = Character(Unicode.Scalar(byte))
            guard byte < 0x80, let digit = character.hexDigitValue else { return nil }
            code = code << 4 + UInt32(digit)
        }
        position += 4
        return code
    }

    /// A number, `true`, `false`, `null`, or what Python writes for a number that is none.
    private mutating func word() throws -> OutcomeJSON {
        let start = column(), begin = position
        while let peek, !Self.isDelimiter(peek) { position += 1 }
        let word = String(decoding: bytes[begin..<position], as: UTF8.self)
        switch word {
        case "null", "NaN", "Infinity", "-Infinity": return .nothing
        case "true": return .flag(true)
        case "false": return .flag(false)
        default: break
        }
        guard Self.isNumber(bytes[begin..<position]) else {
            position = begin
            throw OutcomeJSON.Failure(
                column: start,
                reason: word.isEmpty ? "\(here) where a value is expected" : "'\(word)' is no value")
        }
        guard let number = Double(word), number.isFinite else {
            throw OutcomeJSON.Failure(column: start, reason: "the number '\(word)' is too large")
        }
        return .number(number)
    }

    /// Whether a word is a number by the grammar of RFC 8259, 6.
    private static func isNumber(_ word: ArraySlice<UInt8>) -> Bool {
        var rest = word
        func take(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }
        func takeDigits() -> Bool {
            let digits = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(digits)
            return digits > 0
        }
        _ = take("-")
        guard take("0") || takeDigits() else { return false }
        if take("."), !takeDigits() { return false }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            if !takeDigits() { return false }
        }
        return rest.isEmpty
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x0A
    }

    private static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"),
            UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "\""):
            true
        default: isSpace(byte)
        }
    }

    private mutating func skipSpace() {
        while let peek, Self.isSpace(peek) { position += 1 }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// What stands at the present position.
    private var here: String {
        guard position < bytes.count else { return "the end of the line" }
        return "'\(String(decoding: bytes[position...].prefix(4), as: UTF8.self).first ?? " ")'"
    }

    /// The column of the present position, counted from where it was asked for last: tokens begin with a
    /// character of their own.
    private mutating func column() -> Int {
        if position < counted.position { counted = (0, 1) }
        counted.column += String(decoding: bytes[counted.position..<position], as: UTF8.self).count
        counted.position = position
        return counted.column
    }

    private mutating func failure(_ reason: String) -> OutcomeJSON.Failure {
        .init(column: column(), reason: reason)
    }
}
