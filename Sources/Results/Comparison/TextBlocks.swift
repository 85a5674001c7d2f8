import Core

/// A table for a terminal that is not wide enough for all of its columns.
enum TextBlocks {
    /// The rows in blocks of columns, one below the other with an empty line between them: each begins with
    /// the first columns, and the others follow in their order. A block has at least one of them.
    ///
    /// - Parameters:
    ///   - width: of a block, in characters.
    ///   - repeated: how many columns begin each block.
    /// - Precondition: there is a row, and all have as many cells.
    static func aligned(_ rows: [[String]], width: Int, repeating repeated: Int) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let fixed = Array(widths.indices.prefix(repeated)), start = fixed.reduce(-2) { $0 + widths[$1] + 2 }
        var blocks: [[Int]] = [], taken = start
        for column in widths.indices.dropFirst(repeated) {
            if blocks.isEmpty || taken + 2 + widths[column] > width {
                blocks.append([])
                taken = start
            }
            blocks[blocks.count - 1].append(column)
            taken += 2 + widths[column]
        }
        guard !blocks.isEmpty else { return TextTable.aligned(rows) }
        return blocks.map { block in TextTable.aligned(rows.map { row in (fixed + block).map { row[$0] } }) }
            .joined(separator: "\n")
    }
}
