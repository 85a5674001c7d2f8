extension RunLogReader {
    /// A table or view of the file, and how all of it is asked for.
    public struct Table: Sendable, Hashable {
        /// Its name, which `docs/schema.md` has.
        public let name: String
        /// Gives all rows and columns; a BLOB as hexadecimal text.
        public let sql: String
    }

    /// The tables of the file, `run` first, then the views. What others have added is not among them.
    ///
    /// - Throws: `RunLogError`.
    public func tables() throws -> [Table] {
        let names = try query(
            """
            SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')
            ORDER BY type, name <> 'run', rowid
            """
        ).rows.compactMap { $0[0].text }
        return try names.filter { SchemaTexts.purposes[$0] != nil }.map { name in
            let columns = try query("SELECT name, type FROM pragma_table_info(?)", [.text(name)]).rows
            let list = columns.map { column in
                let quoted = "\"\(column[0].text ?? "")\""
                return column[1].text == "BLOB" ? "hex(\(quoted)) AS \(quoted)" : quoted
            }
            return Table(name: name, sql: "SELECT \(list.joined(separator: ", ")) FROM \(name)")
        }
    }
}
