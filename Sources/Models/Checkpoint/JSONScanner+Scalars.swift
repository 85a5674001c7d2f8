// MARK: - Numbers

extension JSONScanner {
    /// Powers of ten that a double holds exactly.
    private static let powers: [Double] = (0...15).map { exponent in
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// Reads a number, or one of the three words for what is none.
    package mutating func number() throws(Failure) -> Double {
        guard kind == .number else { throw failure("\(found) instead of a number") }
        if take("NaN") { return .nan }
        if take("Infinity") { return .infinity }
        if take("-Infinity") { return -.infinity }
        let start = position
        // The digits as a whole number, as long as it is exact, and how many of them follow the point.
        var mantissa = 0, count = 0, places = 0
        func isDigit(_ byte: UInt8?) -> Bool { byte.map { (48...57).contains($0) } ?? false }
        func digits(_ scanner: inout JSONScanner) throws(Failure) {
            guard isDigit(scanner.peek) else { throw scanner.failure("\(scanner.found) instead of a digit") }
            while let byte = scanner.peek, isDigit(byte) {
                if count < 15 { mantissa = 10 * mantissa + Int(byte - 48) }
                count += 1
                scanner.position += 1
            }
        }
        let isNegative = peek == UInt8(ascii: "-")
        if isNegative { position += 1 }
        if peek == UInt8(ascii: "0") {
            position += 1
            if isDigit(peek) { throw failure("a number that begins with 0") }
        } else {
            try digits(&self)
        }
        if peek == UInt8(ascii: ".") {
            position += 1
            places = -count
            try digits(&self)
            places += count
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            position += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
            try digits(&self)
        } else if count <= 15 {
            // Both are exact, so that the quotient is rounded once.
            let value = Double(mantissa) / Self.powers[places]
            return isNegative ? -value : value
        }
        // What the grammar has let through is a number; one beyond all others is infinite, as in Python.
        return Double(String(decoding: bytes[start..<position], as: UTF8.self)) ?? .infinity
    }
}

// MARK: - Texts

extension JSONScanner {
    /// Reads a text in quotes.
    package mutating func string() throws(Failure) -> String {
        guard kind == .string else { throw failure("\(found) instead of a text in quotes") }
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
}
