import Core
import Foundation
import GRDB
import TestSupport

/// The cookbook's results with one number, text or list of a record changed: what a replay takes for the
/// results of real work.
struct RecordMutation {
    /// The file, made anew for each mutation.
    let path = TestFiles.path("records.sqlite")
    private let base: Data

    init() throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        base = try Data(contentsOf: root.appendingPathComponent("results/cookbook.sqlite"))
    }

    private static let values = [
        "-1", "0", "1", "9223372036854775807", "-9223372036854775808", "1e300", "-1e300", "1e15", "3.5",
        "1e-320",
        "\"nan\"", "\"inf\"", "\"\"", "[]", "[1e300]", "true", "null", "4294967296", "70368744177664",
        "100000000000",
    ]

    /// Changes a record.
    ///
    /// - Returns: the run whose record it is, and what was done.
    func make(_ number: UInt64) throws -> (run: Int64, change: String) {
        var random = RandomStream(seed: number, purpose: "record")
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
        try base.write(to: URL(fileURLWithPath: path))
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.write { database in
            let isInput = Int.random(in: 0..<6, using: &random) == 0
            let sql =
                isInput
                ? "SELECT run_id, facts, input_id FROM run_input JOIN input USING (input_id)"
                : "SELECT run_id, metrics, work_id FROM work WHERE metrics IS NOT NULL AND run_id <= 4"
            let rows = try Row.fetchAll(database, sql: sql)
            let row = rows.randomElement(using: &random)!
            let (run, text, id): (Int64, String, Int64) = (row[0], row[1], row[2])
            // Values of JSON: numbers, texts, and short lists.
            let places = text.matches(of: /-?\d+(\.\d+)?(e[+-]?\d+)?|"[^"]*"(?=[,\]}])|\[[^\[\]]{0,80}\]/)
            guard let place = places.randomElement(using: &random) else { return (run, "nothing") }
            let value = Self.values.randomElement(using: &random)!
            let changed = text.replacingCharacters(in: place.range, with: value)
            let update =
                isInput
                ? "UPDATE OR IGNORE input SET facts = ? WHERE input_id = ? AND json_valid(?)"
                : "UPDATE work SET metrics = ? WHERE work_id = ? AND json_valid(?) AND run_id = \(run)"
            try database.execute(sql: update, arguments: [changed, id, changed])
            return (run, "\(isInput ? "input" : "work") \(id): \(text[place.range].prefix(40)) -> \(value)")
        }
    }
}
