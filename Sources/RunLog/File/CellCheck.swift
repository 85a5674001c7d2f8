import GRDB
import Synchronization

/// A cell that no run log of ours can hold.
public struct BadCell: Sendable, Hashable {
    /// The table.
    public let table: String
    /// Which row, by its key: `run_id 3, seq 17`.
    public let row: String
    /// The column.
    public let column: String
    /// The value as SQL writes it, its first characters.
    public let value: String
    /// What is allowed there.
    public let allowed: String
}

/// Checks tables of a file against `TableRules` before they are read, each once.
package final class CellCheck: Sendable {
    private let checked = Mutex<Set<String>>([])

    /// The tables that a query names, itself or through our views, and that were not checked before.
    func tables(of sql: String) -> [String] {
        let tables = Self.tablesRead(by: sql)
        return checked.withLock { tables.subtracting($0).sorted() }
    }

    /// The tables that a query names, itself or through our views. SQL ignores the case of names.
    ///
    /// A word that is no name but the same, such as a text, counts too.
    package static func tablesRead(by sql: String) -> Set<String> {
        var tables: Set<String> = [], views: Set<String> = [], texts = [sql]
        while let text = texts.popLast() {
            let words = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }
            for word in Set(words.map { $0.lowercased() }) {
                if TableRules.all[word] != nil { tables.insert(word) }
                if let view = RunLogSchema.views[word], views.insert(word).inserted { texts.append(view) }
            }
        }
        return tables
    }

    /// Notes that a table was checked and found to be sound.
    func passed(_ table: String) { checked.withLock { _ = $0.insert(table) } }

    /// Checks every cell of a table.
    ///
    /// - Returns: the first that breaks a rule.
    /// - Throws: `DatabaseError`.
    /// - Complexity: one pass over the table.
    static func firstBadCell(of table: String, in database: Database) throws -> BadCell? {
        guard let rules = TableRules.all[table] else { return nil }
        let judged =
            rules.columns.map { ($0.rule.condition($0.name), $0.name, $0.rule.allowed) } + rules.others
        let conditions = judged.map(\.0)
        let statement = try database.makeStatement(
            sql: """
                SELECT \(rules.key.map { "substr(quote(\($0)), 1, 80)" }.joined(separator: ", ")),
                    \(conditions.joined(separator: ", ")),
                    \(judged.map { "substr(quote(\($0.1)), 1, 80)" }.joined(separator: ", "))
                FROM \(table) WHERE NOT (\(conditions.joined(separator: " AND "))) LIMIT 1
                """)
        let rows = try Row.fetchCursor(statement)
        if try rows.next() != nil {
            var columns = ColumnReader(statement)
            let keys: [String] = try rules.key.map { _ in try columns.text() }
            let verdicts: [Int] = try conditions.map { _ in try columns.integer() }
            let values: [String] = try conditions.map { _ in try columns.text() }
            let place = verdicts.firstIndex(of: 0) ?? 0
            return BadCell(
                table: table, row: zip(rules.key, keys).map { "\($0) \($1)" }.joined(separator: ", "),
                column: judged[place].1, value: values[place], allowed: judged[place].2)
        }
        return table == "transfer" ? try firstSumTooLarge(in: database) : nil
    }

    /// Sums of bytes are whole numbers of 64 bits in SQL and here.
    private static func firstSumTooLarge(in database: Database) throws -> BadCell? {
        let sum = try Double.fetchOne(database, sql: "SELECT total(bytes) FROM transfer") ?? 0
        guard sum > 4e18 else { return nil }
        return BadCell(
            table: "transfer", row: "all rows", column: "bytes", value: "\(sum)",
            allowed: "at most 4e18 bytes in all")
    }
}
