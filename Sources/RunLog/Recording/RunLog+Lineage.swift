import Core
import Foundation
import GRDB

extension RunLog {
    /// Notes all runs of an experiment before the first is begun, so that a later process can make those that
    /// this one does not come to.
    ///
    /// - Returns: the experiment's id.
    /// - Throws: `RunLogError`.
    public func plan(_ runs: [RunDescription], build: String) throws -> Int64 {
        try translatingErrors(path: path) {
            try pool.write { database in
                try database.execute(
                    sql: "INSERT INTO experiment (created_at, build) VALUES (\(Self.wallClockNow), ?)",
                    arguments: [build])
                let experiment = database.lastInsertedRowID
                for (position, run) in runs.enumerated() {
                    try database.execute(
                        sql: """
                            INSERT INTO planned_run
                            VALUES (?, ?, CAST(? AS TEXT), ?, ?, ?, CAST(? AS TEXT), NULL)
                            """,
                        arguments: [
                            experiment, position, Data(run.name.utf8), run.method,
                            Int64(bitPattern: run.seed), run.clients, Data(run.scenario.utf8),
                        ])
                }
                return experiment
            }
        }
    }

    /// Adds a run with status `running` and what it came from, in one transaction, and returns its recorder.
    ///
    /// - Parameters:
    ///   - description: what is known of the run before it starts.
    ///   - inputs: what the run reads.
    ///   - place: its place in a plan.
    ///   - origin: the run that it varies.
    /// - Throws: `RunLogError`.
    public func begin(
        _ description: RunDescription, inputs: [RunInput] = [], place: PlanPosition? = nil,
        origin: RunOrigin? = nil
    ) throws -> RunRecorder {
        let runID = try translatingErrors(path: path) {
            try pool.write { database in
                let runID = try Self.insertRun(description, into: database)
                try Self.insert(inputs, of: runID, into: database)
                if let rules = description.rules {
                    try database.execute(
                        sql: "INSERT INTO run_rules VALUES (?, ?)", arguments: [runID, rules])
                }
                if let version = description.identities {
                    try database.execute(
                        sql: "INSERT INTO identity_version VALUES (?, ?)", arguments: [runID, version])
                }
                try RunIdentity.insert(
                    run: runID, scenario: description.scenario,
                    origin: RunProvenance(isWhatIf: origin != nil, inputs: inputs), inputs: inputs,
                    into: database)
                if let place {
                    try database.execute(
                        sql: "UPDATE planned_run SET run_id = ? WHERE experiment_id = ? AND position = ?",
                        arguments: [runID, place.experiment, place.position])
                }
                if let origin {
                    let changes = try JSONEncoder().encode(origin.changes)
                    try database.execute(
                        sql: "INSERT INTO what_if VALUES (?, ?, ?)",
                        arguments: [runID, origin.parent, String(decoding: changes, as: UTF8.self)])
                }
                return runID
            }
        }
        return RunRecorder(log: self, runID: runID, description: description)
    }

    /// Takes up a run that was begun and has not finished: what is recorded again is compared with the rows
    /// that are there, and what comes after them is added.
    ///
    /// - Throws: `RunLogError.noSuchRun`, or another `RunLogError`.
    /// - Precondition: the run has not finished, and nobody else records it.
    public func resume(_ runID: Int64) throws -> RunRecorder {
        let run = try reader.run(runID)
        precondition(!run.status.isWhole, "run \(runID) has finished and cannot be resumed")
        try translatingErrors(path: path) {
            try pool.write { database in
                try database.execute(
                    sql: """
                        UPDATE run SET status = \(RunStatus.running.sql), error = NULL, finished_at = NULL,
                        wall_s = NULL,
                            virtual_s = NULL, log_sha256 = NULL, model_sha256 = NULL
                        WHERE run_id = ?
                        """,
                    arguments: [runID])
            }
        }
        return RunRecorder(
            log: self, runID: runID, description: RunDescription(run),
            stored: StoredRows(of: runID, in: reader, mayContinue: true))
    }

    /// Removes a run with all its rows, as if it had never been begun.
    ///
    /// - Throws: `RunLogError`.
    /// - Precondition: its recorder is no longer used.
    public func discard(_ runID: Int64) throws {
        try translatingErrors(path: path) {
            try pool.write { database in
                try database.execute(sql: "DELETE FROM cached_work WHERE run_id = ?", arguments: [runID])
                for table in LoggedTable.allCases.reversed() {
                    try database.execute(
                        sql: "DELETE FROM \(table.rawValue) WHERE run_id = ?", arguments: [runID])
                }
                for statement in [
                    "DELETE FROM worker WHERE run_id = ?",
                    "DELETE FROM run_input WHERE run_id = ?", "DELETE FROM what_if WHERE run_id = ?",
                    "DELETE FROM run_images WHERE run_id = ?", "DELETE FROM run_rules WHERE run_id = ?",
                    "DELETE FROM identity_version WHERE run_id = ?",
                    "DELETE FROM run_identity WHERE run_id = ?",
                    "UPDATE planned_run SET run_id = NULL WHERE run_id = ?",
                    "DELETE FROM run WHERE run_id = ?",
                ] {
                    try database.execute(sql: statement, arguments: [runID])
                }
            }
        }
    }

    private static func insertRun(_ description: RunDescription, into database: Database) throws -> Int64 {
        try database.execute(
            sql: """
                INSERT INTO run (
                    name, method, seed, clients, status, started_at, scenario, scenario_sha256, build)
                VALUES (CAST(? AS TEXT), ?, ?, ?, \(RunStatus.running.sql), \(wallClockNow),
                    CAST(? AS TEXT), ?, ?)
                """,
            // As bytes, because GRDB ends a text at its first U+0000, which YAML can write as "\\0".
            arguments: [
                Data(description.name.utf8), description.method, Int64(bitPattern: description.seed),
                description.clients, Data(description.scenario.utf8),
                SHA256.hash(data: Array(description.scenario.utf8)).hexadecimal, description.build,
            ])
        return database.lastInsertedRowID
    }

    private static func insert(_ inputs: [RunInput], of runID: Int64, into database: Database) throws {
        for input in inputs {
            let key: StatementArguments = [input.kind, input.settings, input.sha256]
            try database.execute(
                sql: "INSERT OR IGNORE INTO input (kind, settings, sha256, facts) VALUES (?, ?, ?, ?)",
                arguments: key + [input.facts])
            try database.execute(
                sql: """
                    INSERT INTO run_input
                    SELECT ?, input_id FROM input WHERE kind = ? AND settings = ? AND sha256 = ?
                    """,
                arguments: [runID] + key)
        }
    }
}

extension RunDescription {
    /// What was known about a run of a file before it started.
    public init(_ run: RunSummary) {
        self.init(
            name: run.name, method: run.method, seed: run.seed, clients: run.clients, scenario: run.scenario,
            build: run.build)
    }
}
