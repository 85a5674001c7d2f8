import Foundation
import RunLog
import Testing

/// docs/queries.md: every query is asked of the results file in the repository, and every answer compared.
@Suite("Query cookbook")
struct QueryCookbookTests {
    private struct Entry {
        let question: String
        let sql: String
        /// Header and rows of the table under the query.
        let answer: [[String]]
    }

    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func entries() throws -> [Entry] {
        let text = try String(contentsOf: root.appendingPathComponent("docs/queries.md"), encoding: .utf8)
        return text.components(separatedBy: "\n## ").dropFirst().map { section in
            let parts = section.components(separatedBy: "```")
            let sql = parts.count > 1 ? String(parts[1].dropFirst("sql\n".count)) : ""
            let lines = (parts.count > 2 ? parts[2] : "").split(separator: "\n").filter { $0.hasPrefix("|") }
            let cells = lines.map { line in
                line.dropFirst(2).dropLast(2).components(separatedBy: " | ").map {
                    $0.trimmingCharacters(in: .whitespaces)
                }
            }
            return Entry(
                question: String(section.prefix { $0 != "\n" }), sql: sql,
                answer: cells.enumerated().filter { $0.offset != 1 }.map(\.element))
        }
    }

    @Test("There are twenty questions, each with a query and an answer that has rows")
    func completeness() throws {
        let entries = try Self.entries()
        #expect(entries.count == 20)
        for (index, entry) in entries.enumerated() {
            #expect(entry.question.hasPrefix("\(index + 1). ") && entry.question.hasSuffix("?"))
            #expect(entry.answer.count >= 2, "\(entry.question)")
        }
    }

    @Test("The answers are what the file says")
    func answers() throws {
        let reader = try RunLogReader(path: Self.root.appendingPathComponent("results/cookbook.sqlite").path)
        for entry in try Self.entries() {
            let result = try reader.query(entry.sql)
            let rows = [result.columns] + result.rows.map { $0.map { $0.description ?? "" } }
            #expect(rows == entry.answer, "\(entry.question)")
        }
    }
}
