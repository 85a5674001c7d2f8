/// Reads JSON as Python's `json` writes and reads it: strict, but for `NaN`, `Infinity` and `-Infinity`,
/// which it writes for such numbers; of equal keys the last counts.
///
/// Foundation's decoder refuses those three and tells no place of a fault.
package struct JSONReader {
    /// What is wrong, and where: the line and the character in it, from 1.
    package struct Failure: Error, Equatable {
        package let line: Int
        package let column: Int
        package let detail: String
    }

    /// Deeper nesting would only use up the stack.
    private static let deepest = 128

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var depth = 0

    /// The value that a whole file holds.
    ///
    /// - Complexity: O(bytes).
    package static func value(of bytes: some Collection<UInt8>) throws(Failure) -> ConfigurationValue {
        let result: Result<ConfigurationValue, Failure> = Array(bytes).withUnsafeBufferPointer { buffer in
            var reader = JSONReader(bytes: buffer)
            do throws(Failure) { return .success(try reader.file()) } catch { return .failure(error) }
        }
        return try result.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        // A byte order mark, as some editors put it before a file.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    private mutating func file() throws(Failure) -> ConfigurationValue {
        skipSpace()
        let value = try value()
        skipSpace()
        if position < bytes.count { throw failure("\(found) after the end of the value") }
        return value
    }

    private mutating func value() throws(Failure) -> ConfigurationValue {
        switch peek {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t") where take("true"): return .bool(true)
        case UInt8(ascii: "f") where take("false"): return .bool(false)
        case UInt8(ascii: "n") where take("null"): return .null
        case UInt8(ascii: "N") where take("NaN"): return .number(.nan)
        case UInt8(ascii: "I") where take("Infinity"): return .number(.infinity)
        case UInt8(ascii: "-") where take("-Infinity"): return .number(-.infinity)
        case let byte? where byte == UInt8(ascii: "-") || (48...57).contains(byte): return try number()
        default: throw failure("\(found) instead of a value")
        }
    }

    private mutating func object() throws(Failure) -> ConfigurationValue {
        try enter()
        var members: [String: ConfigurationValue] = [:]
        if !isEnd(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                guard peek == UInt8(ascii: "\"") else { throw failure("\(found) instead of a key in quotes") }
                let key = try string()
                skipSpace()
                guard peek == UInt8(ascii: ":") else { throw failure("\(found) instead of a colon") }
                position += 1
                skipSpace()
                members[key] = try value()
            } while try isMore(UInt8(ascii: "}"))
        }
        depth -= 1
        return .object(members)
    }

    private mutating func array() throws(Failure) -> ConfigurationValue {
        try enter()
        var items: [ConfigurationValue] = []
        if !isEnd(UInt8(ascii: "]")) {
            repeat {
                skipSpace()
                items.append(try value())
            } while try isMore(UInt8(ascii: "]"))
        }
        depth -= 1
        return .array(items)
    }

    /// Steps over the bracket that opens an object or an array.
    private mutating func enter() throws(Failure) {
        depth += 1
        if depth > Self.deepest { throw failure("values nested deeper than \(Self.deepest)") }
        position += 1
    }

    private mutating func isEnd(_ bracket: UInt8) -> Bool {
        skipSpace()
        guard peek == bracket else { return false }
        position += 1
        return true
    }

    /// Steps over the comma before the next member, or over the bracket after the last.
    private mutating func isMore(_ bracket: UInt8) throws(Failure) -> Bool {
        if isEnd(bracket) { return false }
        guard peek == UInt8(ascii: ",") else {
            throw failure("\(found) instead of a comma or '\(Character(Unicode.Scalar(bracket)))'")
        }
        position += 1
        return true
    }

    private mutating func number() throws(Failure) -> ConfigurationValue {
        let start = position
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (48...57).contains($0) } ?? false }
        func digits(_ reader: inout JSONReader) throws(Failure) {
            guard isDigit(reader.peek) else { throw reader.failure("\(reader.found) instead of a digit") }
            while isDigit(reader.peek) { reader.position += 1 }
        }
        if peek == UInt8(ascii: "-") { position += 1 }
        if peek == UInt8(ascii: "0") {
            position += 1
            if isDigit(peek) { throw failure("a number that begins with 0") }
        } else {
            try digits(&self)
        }
        if peek == UInt8(ascii: ".") {
            position += 1
            try digits(&self)
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            position += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
            try digits(&self)
        }
        // What the grammar has let through is a number; one beyond all others is infinite, as in Python.
        return .number(Double(String(decoding: bytes[start..<position], as: UTF8.self)) ?? .infinity)
    }

    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
            position += 1
        }
        if peek == UInt8(ascii: "\"") {
            position += 1
            return String(decoding: bytes[start..<position - 1], as: UTF8.self)
        }
        var text = Array(bytes[start..<position])
        while let byte = peek, byte != UInt8(ascii: "\"") {
            if byte < 0x20 { throw failure("\(found) inside a text") }
            if byte == UInt8(ascii: "\\") {
                try escape(into: &text)
            } else {
                text.append(byte)
                position += 1
            }
        }
        guard peek != nil else { throw failure("the end of the file inside a text") }
        position += 1
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        position += 1
        let plain: [UInt8: UInt8] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
        ]
        if let byte = peek, let meant = plain[byte] {
            text.append(meant)
            position += 1
            return
        }
        guard peek == UInt8(ascii: "u") else { throw failure("an unknown escape") }
        var unit = try codeUnit()
        // Two halves make one character; half of one alone is none.
        if (0xD800..<0xDC00).contains(unit), position + 1 < bytes.count,
            bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let before = position
            position += 1
            let low = try codeUnit()
            if (0xDC00..<0xE000).contains(low) {
                unit = 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
            } else {
                position = before
            }
        }
        text += Array(String(Unicode.Scalar(unit) ?? "\u{FFFD}").utf8)
    }

    /// The four digits after `u`.
    private mutating func codeUnit() throws(Failure) -> UInt32 {
        position += 1
        let end = position + 4
        guard end <= bytes.count,
            bytes[position..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }),
            let unit = UInt32(String(decoding: bytes[position..<end], as: UTF8.self), radix: 16)
        else { throw failure("an escape without four hexadecimal digits") }
        position = end
        return unit
    }

    // MARK: - Bytes

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C {
            position += 1
        }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let end = position + word.utf8CodeUnitCount
        guard end <= bytes.count,
            word.withUTF8Buffer({ bytes[position..<end].elementsEqual($0) })
        else { return false }
        position = end
        return true
    }

    /// What stands at the position, for a sentence.
    private var found: String {
        guard let byte = peek else { return "the end of the file" }
        if byte < 0x20 || byte == 0x7F {
            return byte == 0x0A || byte == 0x0D ? "the end of the line" : "a control character"
        }
        let end = min(position + 4, bytes.count)
        return "'\(String(decoding: bytes[position..<end], as: UTF8.self).unicodeScalars.first ?? "?")'"
    }

    private func failure(_ detail: String) -> Failure {
        var line = 1, column = 1
        for byte in bytes[..<position] {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Failure(line: line, column: column, detail: detail)
    }
}
