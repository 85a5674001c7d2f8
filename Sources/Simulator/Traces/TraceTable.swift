import Core
import Foundation

/// The lines of a comma-separated trace: a header, values under it, comments that begin with `#`.
///
/// Traces hold numbers, so there is no quoting. A comment of the form `# name: value` is a setting.
struct TraceTable {
    /// A line of values.
    struct Row {
        /// 1-based.
        let line: Int
        let cells: [Substring]
    }

    let file: String
    /// Whether the text is what a log has noted: an earlier version has accepted it, which ignored settings
    /// that it did not know and took numbers out of bounds as the nearest bound.
    let isRecorded: Bool
    let headerLine: Int
    let columns: [String]
    let rows: [Row]
    /// A comment that has a colon.
    typealias Setting = (name: String, line: Int, value: String)

    /// Comments that have a colon, in their order.
    let settings: [Setting]

    /// Reads a file.
    ///
    /// - Parameter kinds: the headers that are allowed, for errors.
    /// - Throws: ``TraceError``.
    init(path: String, kinds: [String]) throws {
        try self.init(text: TraceFile.text(path: path), file: path, isRecorded: false, kinds: kinds)
    }

    init(text: String, file: String, isRecorded: Bool, kinds: [String]) throws {
        self.file = file
        self.isRecorded = isRecorded
        var header: (line: Int, columns: [String])?
        var rows: [Row] = []
        var settings: [Setting] = []
        var number = 0
        // Line ends of Windows are one Character; so is a byte order mark, which is dropped.
        for var line in text.drop(while: { $0 == "\u{FEFF}" }).split(
            omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        {
            number += 1
            line = line.trimmed
            if line.isEmpty { continue }
            if line.first == "#" {
                if let (name, value) = Self.setting(in: line) { settings.append((name, number, value)) }
                continue
            }
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(\.trimmed)
            if let header {
                guard cells.count == header.columns.count else {
                    throw TraceError(
                        file, line: number, .wrongCount(found: cells.count, expected: header.columns.count))
                }
                rows.append(Row(line: number, cells: cells))
            } else {
                header = (number, cells.map(String.init))
            }
        }
        guard let header, !rows.isEmpty else { throw TraceError(file, .empty(kinds: kinds)) }
        headerLine = header.line
        columns = header.columns
        self.rows = rows
        self.settings = settings
    }

    /// What a comment sets; `nil` of one that sets nothing.
    static func setting(in line: Substring) -> (name: String, value: String)? {
        let parts = line.drop(while: { $0 == "#" }).split(separator: ":", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0].trimmed), String(parts[1].trimmed)) : nil
    }

    /// The number in a cell.
    ///
    /// - Throws: ``TraceError`` where it is no finite number, or not in the range.
    func number(_ row: Row, _ column: Int, _ range: AllowedRange) throws -> Double {
        let found = Double(row.cells[column])
        if isRecorded, let bounds = range.bounds, let found, found.isFinite {
            return min(max(found, bounds.lowerBound), bounds.upperBound)
        }
        guard let value = found, range.contains(value) else {
            throw TraceError(
                file, line: row.line,
                .notAllowed(
                    column: columns[column], value: String(row.cells[column].prefix(40)),
                    allowed: range.text))
        }
        return value
    }

    /// The whole number, 0 or more, in a cell.
    func index(_ row: Row, _ column: Int) throws -> Int {
        guard let value = Int(row.cells[column]), value >= 0 else {
            throw TraceError(
                file, line: row.line,
                .notAllowed(
                    column: columns[column], value: String(row.cells[column].prefix(40)),
                    allowed: "a whole number, 0 or more"))
        }
        return value
    }

    /// What the numbers of a column may be.
    struct AllowedRange: Sendable {
        let text: String
        /// The ends that earlier versions took for numbers beyond them; `nil` where they took none.
        var bounds: ClosedRange<Double>?
        let contains: @Sendable (Double) -> Bool

        static let positive = AllowedRange(text: "a finite number greater than 0") { $0.isFinite && $0 > 0 }
        static func between(_ range: ClosedRange<Double>, _ text: String) -> AllowedRange {
            AllowedRange(text: text, bounds: range, contains: range.contains)
        }
        static let notNegative = AllowedRange(text: "a finite number, 0 or more") { $0.isFinite && $0 >= 0 }
    }
}

extension Substring {
    /// Without spaces and tabs around it.
    fileprivate var trimmed: Substring {
        var text = self
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

/// A trace file as it lies on disk.
package enum TraceFile {
    /// The largest trace that is read: a million clients with two hundred bytes each.
    private static let byteLimit = 256 << 20

    /// Its content.
    ///
    /// - Throws: ``TraceError`` where it cannot be read or is not UTF-8.
    package static func text(path: String) throws -> String {
        let bytes: [UInt8]
        do throws(RegularFile.Failure) {
            bytes = try RegularFile.bytes(of: path, limit: byteLimit)
        } catch {
            switch error {
            case .notRegular(let kind): throw TraceError(path, .notRegular(kind))
            case .tooLarge: throw TraceError(path, .tooLarge(limit: byteLimit))
            case .missing, .unreadable: throw TraceError(path, .unreadable)
            }
        }
        do throws(UTF8Text.Failure) {
            return try UTF8Text.text(ofFile: bytes)
        } catch {
            throw TraceError(path, line: error.place?.line, .notText(error))
        }
    }
}
