import Core
import Foundation
import GRDB

extension RunLogSchema {
    /// What makes a run the run it is, beside method and seed: the hash of its settings, where it comes from,
    /// and the hash of what it read. Not part of the log hash, which covers the scenario itself.
    ///
    /// - Parameter isTemporary: whether the tables are those of a connection, for a file that has none.
    static func identityTables(isTemporary: Bool = false) -> String {
        let create = isTemporary ? "CREATE TEMP TABLE" : "CREATE TABLE"
        // A temporary table cannot reference one of the file.
        let reference = isTemporary ? "" : " REFERENCES run (run_id)"
        return """
            \(create) run_identity (
                run_id INTEGER PRIMARY KEY\(reference),
                settings_sha256 TEXT NOT NULL,
                origin TEXT NOT NULL CHECK (origin IN ('run', 'what-if', 'import')),
                inputs_sha256 TEXT NOT NULL
            ) STRICT;
            \(create) setting (
                settings_sha256 TEXT NOT NULL,
                key TEXT NOT NULL,
                value TEXT NOT NULL,
                PRIMARY KEY (settings_sha256, key)
            ) STRICT, WITHOUT ROWID;
            """
    }

    /// Which version the texts are of that a run is identified by: work keys, settings of inputs, hashes of
    /// images. Not part of the log hash: the rows that follow from them are.
    static let identityVersionTable = """
        CREATE TABLE identity_version (
            run_id INTEGER PRIMARY KEY REFERENCES run (run_id),
            version INTEGER NOT NULL CHECK (version > 1)
        ) STRICT;
        """
}

/// Writes the rows of `run_identity` and `setting`.
enum RunIdentity {
    /// Texts beyond this are no scenario of ours.
    private static let mostScenarioBytes = 4_000_000

    /// Notes a run.
    ///
    /// - Throws: `DatabaseError`.
    static func insert(
        run runID: Int64, scenario: String, origin: RunProvenance, inputs: [RunInput], into database: Database
    ) throws {
        let settings = RunSettings(ofScenario: scenario), hash = settings.sha256
        try database.execute(
            sql: "INSERT INTO run_identity VALUES (?, ?, ?, ?)",
            arguments: [runID, hash, origin.rawValue, hashOf(inputs)])
        let isKnown =
            try Bool.fetchOne(
                database, sql: "SELECT EXISTS (SELECT 1 FROM setting WHERE settings_sha256 = ?)",
                arguments: [hash]) ?? false
        guard !isKnown else { return }
        for entry in settings.entries {
            try database.execute(
                sql: "INSERT OR IGNORE INTO setting VALUES (?, CAST(? AS TEXT), CAST(? AS TEXT))",
                arguments: [hash, Data(entry.key.utf8), Data(entry.value.utf8)])
        }
    }

    /// One hash of all that a run reads.
    static func hashOf(_ inputs: [RunInput]) -> String {
        let lines = inputs.map { "\($0.kind)\t\($0.settings)\t\($0.sha256)\n" }.sorted()
        return SHA256.hash(data: Array(lines.joined().utf8)).hexadecimal
    }

    /// Notes all runs of a file of a version that did not.
    ///
    /// - Throws: `DatabaseError`.
    static func fill(_ database: Database) throws {
        let whatIfs = try Set(Int64.fetchAll(database, sql: "SELECT run_id FROM what_if"))
        var inputs: [Int64: [RunInput]] = [:]
        let reading = try database.makeStatement(
            sql: "SELECT run_id, kind, settings, sha256 FROM run_input JOIN input USING (input_id)")
        let rows = try Row.fetchCursor(reading)
        while try rows.next() != nil {
            var columns = ColumnReader(reading)
            let run: Int = try columns.integer()
            inputs[Int64(run), default: []].append(
                RunInput(
                    reading: try columns.text(), settings: try columns.text(), sha256: try columns.text(),
                    facts: ""))
        }
        let runs = try database.makeStatement(
            sql: """
                SELECT run_id, CASE WHEN typeof(scenario) = 'text' AND length(scenario) < \(mostScenarioBytes)
                    THEN scenario ELSE '' END
                FROM run
                """)
        var texts: [(Int64, String)] = []
        let cursor = try Row.fetchCursor(runs)
        while try cursor.next() != nil {
            var columns = ColumnReader(runs)
            let run: Int = try columns.integer()
            texts.append((Int64(run), try columns.text()))
        }
        for (run, text) in texts {
            let its = inputs[run] ?? []
            let origin = RunProvenance(isWhatIf: whatIfs.contains(run), inputs: its)
            try insert(run: run, scenario: text, origin: origin, inputs: its, into: database)
        }
    }
}
