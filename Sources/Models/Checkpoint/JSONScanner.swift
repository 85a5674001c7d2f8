import Core

/// Steps through JSON from value to value without keeping any: for files that are far larger than what is
/// wanted of them.
///
/// Its dialect is that of ``JSONReader``.
package struct JSONScanner {
    /// What is wrong, and where: the line and the character in it, from 1.
    package struct Failure: Error, Equatable {
        package let line: Int
        package let column: Int
        package let detail: String
    }

    /// What the next value can be, by its first byte.
    package enum Kind {
        case object, array, string, number
        /// `true`, `false`, `null`, or no value at all.
        case word
    }

    /// Deeper nesting would only use up the stack.
    private static let deepest = 128

    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    private var depth = 0

    /// Reads the one value that `bytes` hold.
    ///
    /// - Parameter value: reads it.
    /// - Throws: what `value` throws; ``Failure`` where something follows on the value.
    package static func scan<Value>(
        _ bytes: some Collection<UInt8>, _ value: (inout JSONScanner) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let result: Result<Value, Failure>? = bytes.withContiguousStorageIfAvailable { buffer in
            scanned(buffer, value)
        }
        return try (result ?? Array(bytes).withUnsafeBufferPointer { scanned($0, value) }).get()
    }

    private static func scanned<Value>(
        _ buffer: UnsafeBufferPointer<UInt8>, _ value: (inout JSONScanner) throws(Failure) -> Value
    ) -> Result<Value, Failure> {
        var scanner = JSONScanner(bytes: buffer)
        do throws(Failure) {
            do throws(UTF8Text.Failure) {
                try UTF8Text.refuseForeignFile(buffer)
            } catch {
                throw scanner.failure(error.description)
            }
            scanner.skipSpace()
            let value = try value(&scanner)
            scanner.skipSpace()
            if scanner.position < scanner.bytes.count {
                throw scanner.failure("\(scanner.found) after the end of the value")
            }
            return .success(value)
        } catch {
            return .failure(error)
        }
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
        // A byte order mark, as some editors put it before a file.
        position = bytes.count - UTF8Text.withoutMark(bytes).count
    }

    /// What stands at the position.
    package var kind: Kind {
        switch peek {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "N") where stands("NaN"): .number
        case UInt8(ascii: "I") where stands("Infinity"): .number
        case UInt8(ascii: "-"): .number
        case let byte? where (48...57).contains(byte): .number
        default: .word
        }
    }

    /// Reads an object; `member` is called with each key and reads its value.
    package mutating func object(
        _ member: (inout JSONScanner, _ key: String) throws(Failure) -> Void
    ) throws(Failure) {
        guard kind == .object else { throw failure("\(found) instead of an object") }
        try enter()
        if !isEnd(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                guard peek == UInt8(ascii: "\"") else { throw failure("\(found) instead of a key in quotes") }
                let key = try string()
                skipSpace()
                guard peek == UInt8(ascii: ":") else { throw failure("\(found) instead of a colon") }
                position += 1
                skipSpace()
                try member(&self, key)
            } while try isMore(UInt8(ascii: "}"))
        }
        depth -= 1
    }

    /// Reads an array; `item` is called at each value and reads it.
    package mutating func array(_ item: (inout JSONScanner) throws(Failure) -> Void) throws(Failure) {
        guard kind == .array else { throw failure("\(found) instead of a list") }
        try enter()
        if !isEnd(UInt8(ascii: "]")) {
            repeat {
                skipSpace()
                try item(&self)
            } while try isMore(UInt8(ascii: "]"))
        }
        depth -= 1
    }

    /// Steps over a value.
    package mutating func skip() throws(Failure) {
        switch kind {
        case .object: try object { scanner, _ throws(Failure) in try scanner.skip() }
        case .array: try array { scanner throws(Failure) in try scanner.skip() }
        case .string: _ = try string()
        case .number: _ = try number()
        case .word: if flag() == nil { try null() }
        }
    }

    /// Reads `true` or `false`; nil where neither stands here.
    package mutating func flag() -> Bool? { take("true") ? true : take("false") ? false : nil }

    /// Reads `null`.
    package mutating func null() throws(Failure) {
        if !take("null") { throw failure("\(found) instead of a value") }
    }
}

// MARK: - Brackets and commas

extension JSONScanner {
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
}

// MARK: - Bytes

extension JSONScanner {
    /// The byte at the position; nil at the end.
    var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (0x09...0x0D).contains(byte) && byte != 0x0B && byte != 0x0C {
            position += 1
        }
    }

    /// Whether a word stands at the position.
    private func stands(_ word: StaticString) -> Bool {
        let end = position + word.utf8CodeUnitCount
        return end <= bytes.count && word.withUTF8Buffer { bytes[position..<end].elementsEqual($0) }
    }

    /// Steps over a word where it stands at the position.
    mutating func take(_ word: StaticString) -> Bool {
        guard stands(word) else { return false }
        position += word.utf8CodeUnitCount
        return true
    }

    /// What stands at the position, for a sentence.
    package var found: String {
        guard let byte = peek else { return "the end of the file" }
        if byte < 0x20 || byte == 0x7F {
            return byte == 0x0A || byte == 0x0D ? "the end of the line" : "a control character"
        }
        let end = min(position + 4, bytes.count)
        return "'\(String(decoding: bytes[position..<end], as: UTF8.self).unicodeScalars.first ?? "?")'"
    }

    /// An error at the position.
    package func failure(_ detail: String) -> Failure {
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
