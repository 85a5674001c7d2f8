import Core

/// Reads comma-separated values with a header, row by row, RFC 4180: quoted fields, LF or CRLF, with or
/// without a byte order mark.
///
/// Blanks around fields without quotes and empty lines do not count.
struct CSVReader {
    /// The largest file that is read, in bytes.
    static let largest = 512 << 20

    /// Where it is read from.
    let path: String
    /// Names of the columns.
    private(set) var header: [String] = []
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private var line = 1

    /// Reads the file at `path` and its header.
    ///
    /// - Throws: `DataError.fileAccess`; `DataError.malformed` where it is empty, or as `next()`.
    init(_ path: String) throws(DataError) {
        let bytes = UTF8Text.withoutMark(try DataFiles.read(path, limit: Self.largest))
        do throws(UTF8Text.Failure) {
            try UTF8Text.refuseForeignFile(bytes)
        } catch {
            throw .malformed(path: path, line: nil, reason: error.description)
        }
        self.path = path
        self.bytes = bytes
        position = bytes.startIndex
        guard let first = try record() else {
            throw .malformed(path: path, line: nil, reason: "it is empty; its first line names the columns")
        }
        header = first.fields
    }

    /// The place of a column.
    ///
    /// - Parameter key: the key of the scenario that names it.
    /// - Throws: `DataError.malformed` where there is no such column, or several.
    func column(_ name: String, key: String) throws(DataError) -> Int {
        let places = header.indices.filter { header[$0] == name }
        guard let place = places.first, places.count == 1 else {
            let found = places.isEmpty ? "no column" : "\(places.count) columns"
            throw .malformed(
                path: path, line: 1,
                reason: "\(found) '\(name)', which \(key) asks for; its columns: \(listed(header))")
        }
        return place
    }

    /// The fields of the next row, as many as the header has, and the line on which it begins, from 1; nil at
    /// the end.
    ///
    /// - Throws: `DataError.malformed` where it is not UTF-8, a quote is not closed, or it has other columns
    ///   than the header.
    mutating func next() throws(DataError) -> (fields: [String], line: Int)? {
        guard let record = try record() else { return nil }
        guard record.fields.count == header.count else {
            throw .malformed(
                path: path, line: record.line,
                reason: "\(record.fields.count) fields; the header has \(header.count)")
        }
        return record
    }
}

// MARK: - Records

extension CSVReader {
    /// The next record that is no empty line; nil at the end.
    private mutating func record() throws(DataError) -> (fields: [String], line: Int)? {
        while position < bytes.endIndex {
            let start = line
            var fields: [String] = []
            var isLast = false
            while !isLast {
                let field = try field()
                fields.append(field)
                isLast = peek != UInt8(ascii: ",")
                if !isLast { position += 1 }
            }
            endLine()
            if fields != [""] { return (fields, start) }
        }
        return nil
    }

    private var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    /// Whether a field ends at the position.
    private var isEnd: Bool {
        guard let byte = peek else { return true }
        return byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n")
    }

    private mutating func endLine() {
        guard peek != nil else { return }
        position += 1
        line += 1
    }

    /// Whether a byte is a blank, a tab or the first of the two that end a line.
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

    private mutating func skipBlanks() {
        while let byte = peek, Self.isBlank(byte) { position += 1 }
    }

    private mutating func field() throws(DataError) -> String {
        skipBlanks()
        if peek == UInt8(ascii: "\"") { return try quoted() }
        let start = position
        while !isEnd {
            guard peek != UInt8(ascii: "\"") else {
                throw malformed("a quote inside a field without quotes")
            }
            position += 1
        }
        var end = position
        while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
        return try text(bytes[start..<end])
    }

    private mutating func quoted() throws(DataError) -> String {
        let first = line
        position += 1
        var content: [UInt8] = []
        while true {
            guard let byte = peek else {
                throw .malformed(path: path, line: first, reason: "a quote that is not closed")
            }
            position += 1
            if byte == UInt8(ascii: "\"") {
                guard peek == byte else { break }
                position += 1
            }
            if byte == UInt8(ascii: "\n") { line += 1 }
            content.append(byte)
        }
        skipBlanks()
        guard isEnd else { throw malformed("text after the closing quote of a field") }
        return try text(content[...])
    }

    private func text(_ bytes: ArraySlice<UInt8>) throws(DataError) -> String {
        do throws(UTF8Text.Failure) {
            return try UTF8Text.text(of: bytes)
        } catch {
            throw malformed(error.description)
        }
    }

    private func malformed(_ reason: String) -> DataError {
        .malformed(path: path, line: line, reason: reason)
    }
}
