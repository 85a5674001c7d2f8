/// Rows of cells as lines of text.
package enum TextTable {
    /// Columns padded to the same width: the first to the left, the others to the right.
    ///
    /// - Precondition: there is a row, and all have as many cells.
    package static func aligned(_ rows: [[String]]) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ") + "\n"
        }.joined()
    }
}
