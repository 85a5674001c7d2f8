/// Reads Swift as far as it takes to tell code from comments and texts.
enum SourceScanner {
    /// The code of a file: a space for each comment, and string literals with nothing but their
    /// interpolations.
    static func code(of text: String) -> String {
        var scanner = Scanner(bytes: Array(text.utf8))
        scanner.scanCode(until: nil)
        return String(decoding: scanner.output, as: UTF8.self)
    }

    private struct Scanner {
        let bytes: [UInt8]
        var position = 0
        var output: [UInt8] = []

        private func starts(_ text: StaticString) -> Bool {
            let count = text.utf8CodeUnitCount
            guard position + count <= bytes.count else { return false }
            return (0..<count).allSatisfy { bytes[position + $0] == text.utf8Start[$0] }
        }

        /// Copies code up to the end, or up to the parenthesis that closes an interpolation.
        mutating func scanCode(until end: UInt8?) {
            var depth = 0
            while position < bytes.count {
                if starts("//") {
                    while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
                } else if starts("/*") {
                    skipComment()
                } else if starts("#\"") || starts("#\"\"\"") {
                    skipRawText()
                } else if starts("\"") {
                    scanText()
                } else {
                    let byte = bytes[position]
                    if byte == UInt8(ascii: "(") { depth += 1 }
                    if byte == UInt8(ascii: ")") {
                        if depth == 0, end == byte { return }
                        depth -= 1
                    }
                    output.append(byte)
                    position += 1
                }
            }
        }

        private mutating func skipComment() {
            var depth = 0
            repeat {
                if starts("/*") {
                    depth += 1
                    position += 2
                } else if starts("*/") {
                    depth -= 1
                    position += 2
                } else {
                    position += 1
                }
            } while depth > 0 && position < bytes.count
            output.append(UInt8(ascii: " "))
        }

        private mutating func skipRawText() {
            position += 2
            while position < bytes.count, !starts("\"#") { position += 1 }
            position += 2
            output += Array("\"\"".utf8)
        }

        private mutating func scanText() {
            let isLong = starts("\"\"\"")
            position += isLong ? 3 : 1
            output.append(UInt8(ascii: "\""))
            while position < bytes.count {
                if isLong ? starts("\"\"\"") : starts("\"") {
                    position += isLong ? 3 : 1
                    break
                }
                // A text of one line that does not end is none, but part of a regular expression.
                if !isLong, starts("\n") { break }
                if starts("\\(") {
                    position += 2
                    output.append(UInt8(ascii: " "))
                    scanCode(until: UInt8(ascii: ")"))
                    position += 1
                    output.append(UInt8(ascii: " "))
                } else if starts("\\") {
                    position += 2
                } else {
                    if bytes[position] == UInt8(ascii: "\n") { output.append(bytes[position]) }
                    position += 1
                }
            }
            output.append(UInt8(ascii: "\""))
        }
    }
}
