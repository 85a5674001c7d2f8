import Core
import Foundation
import GRDB
import Results
import RunLog
import Scenarios
import TestSupport

/// Results files with one cell that no run log of ours holds, and everything that reads such files.
struct ResultsMutation {
    /// The file, made anew for each mutation.
    let path = TestFiles.path("mutated.sqlite")
    private let base: Data
    /// Tables that have rows, with their columns.
    private let tables: [(name: String, columns: [String])]
    private let output = TestFiles.path("mutated.out")

    /// A file with all kinds of rows whose tables take any value.
    init() throws {
        let source = try SampleLog.path(clients: 3, rounds: 2, seeds: [1])
        try Self.addWhatOthersWrite(to: source)
        let queue = try DatabaseQueue(path: source)
        let found = try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA writable_schema = ON")
            // Neither types nor conditions are left.
            let schema = try Row.fetchAll(
                database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL")
            for row in schema {
                let (name, sql): (String, String) = (row[0], row[1])
                guard !name.hasPrefix("sqlite_"), !name.hasPrefix("grdb_") else { continue }
                try database.execute(
                    sql: "UPDATE sqlite_schema SET sql = ? WHERE name = ?",
                    arguments: [Self.loose(sql), name])
            }
            try database.execute(sql: "PRAGMA writable_schema = RESET")
            return try schema.compactMap { row -> (String, [String])? in
                let name: String = row[0]
                guard !name.hasPrefix("sqlite_"), !name.hasPrefix("grdb_"),
                    try Int.fetchOne(database, sql: "SELECT count(*) FROM \(name)") ?? 0 > 0
                else { return nil }
                return (name, try database.columns(in: name).map(\.name))
            }
        }
        try queue.close()
        // The order of these two tables is a number that is no column.
        tables = found.map { name, columns in
            (name: name, columns: ["metric", "prompt"].contains(name) ? columns + ["rowid"] : columns)
        }
        base = try Data(contentsOf: URL(fileURLWithPath: source))
    }

    /// A table's statement without types, NOT NULL, CHECK and STRICT; its keys stay.
    private static func loose(_ sql: String) -> String {
        var text = sql.replacing(/\ CHECK \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/, with: "")
        for word in [" NOT NULL", " REAL", " TEXT", " BLOB"] { text = text.replacing(word, with: "") }
        text = text.replacing(/\ INTEGER(?! PRIMARY)/, with: "")
        return text.replacing(" STRICT, WITHOUT ROWID", with: " WITHOUT ROWID").replacing(" STRICT", with: "")
    }

    /// Rows of the tables that a hand-made log lacks.
    private static func addWhatOthersWrite(to path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { database in
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO input VALUES (77, 'images', '', 'ab', '{}');
                    INSERT OR IGNORE INTO run_input VALUES (1, 77);
                    INSERT OR IGNORE INTO what_if VALUES (3, 1, '["training.rounds=3"]');
                    INSERT OR IGNORE INTO work VALUES (1, 900, 'retrieve', 1, NULL, 'k', 'set', 1.0, 1.0, \
                    '{}', NULL, NULL, NULL, NULL);
                    INSERT OR IGNORE INTO sample_image VALUES ('set', 0, 0, 'star', '0.5', x'FFD8');
                    INSERT OR IGNORE INTO run_images VALUES (1, 'synthetic', 'set');
                    INSERT INTO metric VALUES (1, 1.0, 1, NULL, 'retrieval', 'threshold', 0.9);
                    INSERT INTO metric VALUES (2, 1.0, 1, 0, 'train', 'staleness', 2);
                    INSERT INTO metric VALUES (2, 1.0, 1, NULL, 'test/photo', 'accuracy', 0.3);
                    """)
        }
        try queue.close()
    }

    /// Values that a damaged or hostile file may hold, as SQL.
    private static let values: [String] = [
        "NULL", "-1", "0", "1", "2147483648", "-2147483649", "4611686018427387904", "9223372036854775807",
        "-9223372036854775808", "9007199254740993", "1e308", "-1e308", "9e999", "-9e999", "1e19", "9.3e18",
        "-0.0",
        "5e-324", "1e-300", "0.1", "3.7", "1e10", "1e15", "''", "'text'", "'nan'", "'1e400'", "x''",
        "x'00'", "x'FFFEFD'", "zeroblob(100000)", "CAST(x'FFC0AF80' AS TEXT)", "CAST(x'610062' AS TEXT)",
        "char(27) || '[2J' || char(7) || char(155)", "'</script><script>alert(1)</script>'",
        "'=cmd|'' /C calc''!A0'", "'a,\"b\"' || char(13, 10) || 'c'", "'../../../etc/passwd'",
        "replace(hex(zeroblob(50000)), '0', 'x')", "'{\"a\":'", "'[[[[[[]]]]]]'", "'{\"losses\":[1e999]}'",
        "'{\"bytes\":-5,\"samples\":9223372036854775807}'",
        "replace(hex(zeroblob(3000)), '00', '[')", "'name: ' || char(9) || '{'", "'name: [*a, &a x]'",
        "'finished'", "'diverged'", "'paused'", "'up'", "'complete'", "'accuracy'", "'test'",
        "'round-start'", "'round-end'", "'2026-13-45T99:99:99.999Z'", "char(8238) || 'abc'",
    ]

    /// Changes one cell, or a whole column, of the file.
    ///
    /// - Returns: what was done, for people.
    mutating func make(_ number: UInt64) throws -> String {
        var random = RandomStream(seed: number, purpose: "mutation")
        // Each metric is read by somebody else: every tenth mutation changes all values of one.
        let isOfMetric = number.isMultiple(of: 10)
        let table = isOfMetric ? tables.first { $0.name == "metric" }! : tables.randomElement(using: &random)!
        let column = isOfMetric ? "value" : table.columns.randomElement(using: &random)!
        var value = Self.values.randomElement(using: &random)!
        if Int.random(in: 0..<6, using: &random) == 0 { value = "-\(column)" }
        if Int.random(in: 0..<8, using: &random) == 0 { value = "\(column) * 1e9" }
        let isWhole = Int.random(in: 0..<5, using: &random) == 0
        let row = UInt32.random(in: 0...UInt32.max, using: &random)
        // A WITHOUT ROWID table has no other name for a row than its place.
        let place =
            "(SELECT \(table.columns.joined(separator: ", ")) FROM \(table.name) LIMIT 1 OFFSET "
            + "\(row) % (SELECT count(*) FROM \(table.name)))"
        let condition =
            if isOfMetric {
                " WHERE name = (SELECT name FROM (SELECT DISTINCT name FROM metric ORDER BY name) LIMIT 1 "
                    + "OFFSET \(row) % (SELECT count(DISTINCT name) FROM metric))"
            } else if isWhole {
                ""
            } else {
                " WHERE (\(table.columns.joined(separator: ", "))) IS \(place)"
            }
        let statement = "UPDATE OR IGNORE \(table.name) SET \(column) = \(value)\(condition)"
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
        try base.write(to: URL(fileURLWithPath: path))
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        // A key that names rows takes whole numbers alone; the file is then as it was.
        try queue.write { try? $0.execute(sql: statement) }
        try queue.close()
        return statement
    }

    /// What reads results files, by name.
    static let readers: [(name: String, read: @Sendable (ResultsMutation) throws -> Void)] = [
        ("compare", { _ = try Comparison(path: $0.path, targetAccuracy: 0.5).table() }),
        ("compare csv", { _ = try Comparison(path: $0.path, targetAccuracy: 0.5).csv() }),
        ("compare json", { _ = try Comparison(path: $0.path).json() }),
        ("report", { _ = try Report(path: $0.path).html() }),
        ("export perfetto", { _ = try RunExport(path: $0.path).perfetto() }),
        ("export csv", { try RunExport(path: $0.path).csv { _, _ in } }),
        ("export tensorboard", { try RunExport(path: $0.path).tensorBoard { _, _ in } }),
        (
            "diff",
            {
                let (one, other) = (try RunLogReader(path: $0.path), try RunLogReader(path: $0.path))
                let (differences, _) = try RunDifference.all(between: one, and: other)
                for difference in differences { _ = difference.isSame }
            }
        ),
        (
            "replay",
            {
                let replay = try Replay(path: $0.path)
                for run in replay.runs.prefix(2) { _ = try replay.verify(run) }
            }
        ),
        ("claims", { _ = try ClaimReport(on: StoredResults(paths: [$0.path])).text }),
        ("retrieve", { _ = try RetrievalSheet(path: $0.path).text }),
        (
            "resume",
            { _ = try Experiment(resuming: $0.path, jobs: 1, build: "test").runs.count }
        ),
    ]
}
