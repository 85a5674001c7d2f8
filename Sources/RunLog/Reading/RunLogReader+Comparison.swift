extension RunLogReader {
    /// Compares the rows of a run with those of another one, and computes both log hashes anew.
    ///
    /// - Parameters:
    ///   - run: a run of this file.
    ///   - other: a run of the second file.
    ///   - second: the second file, which may be this one.
    /// - Throws: `RunLogError`.
    /// - Complexity: one pass over the rows of both runs where they are equal, two where they differ; memory
    ///   for a page of each.
    public func comparison(
        ofRowsOf run: RunSummary, with other: RunSummary, in second: RunLogReader
    ) throws -> RowComparison {
        var digest = LogDigest()
        for table in LoggedTable.allCases {
            var left = hashedRows(of: run.runID, in: table)
            var right = second.hashedRows(of: other.runID, in: table)
            var index = 0
            while true {
                let (one, two) = (try left.next(), try right.next())
                guard one == two else {
                    let difference = RowDifference(
                        table: table.rawValue, index: index,
                        left: try one.map { _ in try line(index, of: table, run: run.runID) },
                        right: try two.map { _ in try second.line(index, of: table, run: other.runID) })
                    return RowComparison(
                        difference: difference, leftHash: try recomputedHash(run: run.runID),
                        rightHash: try second.recomputedHash(run: other.runID))
                }
                guard let one else { break }
                digest.append(one, to: table)
                index += 1
            }
        }
        return RowComparison(
            difference: nil, leftHash: digest.hash(of: HashedRunColumns(run)),
            rightHash: digest.hash(of: HashedRunColumns(other)))
    }

    /// What the log hash sees of each row of a table.
    private func hashedRows(of runID: Int64, in table: LoggedTable) -> RunRows<[UInt8]> {
        let (columns, key) = (table.hashedColumns, table.recordingOrder)
        return RunRows<[UInt8]> { first in
            var next = first
            let rows = try fetch(
                """
                SELECT \(columns.joined(separator: ", ")), \(key) FROM \(table.rawValue)
                WHERE run_id = ? AND \(key) >= ? ORDER BY \(key) LIMIT 1024
                """,
                [runID, first]
            ) { reader in
                let row = try reader.hashedRow(of: table)
                next = try reader.successor()
                return row
            }
            return (rows, next)
        }
    }

    /// The row at a position of a table as text, `column=value` for each column that has a value.
    private func line(_ index: Int, of table: LoggedTable, run runID: Int64) throws -> String {
        let columns = table.hashedColumns
        let lines = try fetch(
            """
            SELECT \(columns.joined(separator: ", ")) FROM \(table.rawValue)
            WHERE run_id = ? ORDER BY \(table.recordingOrder) LIMIT 1 OFFSET ?
            """,
            [runID, index]
        ) { reader in
            var fields: [String] = []
            for column in columns {
                if let text = try reader.value().description { fields.append("\(column)=\(text)") }
            }
            return fields.joined(separator: " ")
        }
        return lines.first ?? ""
    }
}
