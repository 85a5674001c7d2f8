import Core
import RunLog

/// Writes the runs of a results file in the formats of other tools.
public struct RunExport {
    /// Takes a file's name, relative to where the export goes, and its bytes.
    public typealias Writer = (_ name: String, _ bytes: [UInt8]) throws -> Void

    let reader: RunLogReader

    /// Opens a results file, which may still be written to.
    ///
    /// - Throws: `RunLogError`.
    public init(path: String) throws {
        reader = try RunLogReader(path: path)
    }
}

// MARK: - CSV

extension RunExport {
    /// A file `<table>.csv` for each table and view, as RFC 4180 has it: a header, NULL as nothing, numbers
    /// with the shortest digits that give them back, BLOBs in hexadecimal.
    ///
    /// - Throws: `RunLogError`; what `write` throws.
    /// - Complexity: memory for the text of one table.
    public func csv(_ write: Writer) throws {
        for table in try reader.tables() {
            var text: [UInt8] = []
            let columns = try reader.forEachRow(of: table.sql) { row in
                for (index, value) in row.enumerated() {
                    if index > 0 { text.append(UInt8(ascii: ",")) }
                    text += CSV.field(value.description ?? "").utf8
                }
                text += "\r\n".utf8
            }
            let header = columns.map(CSV.field).joined(separator: ",") + "\r\n"
            try write("\(table.name).csv", Array(header.utf8) + text)
        }
    }
}
