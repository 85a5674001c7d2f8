import Foundation

extension RunLogReader {
    /// The runs that were planned, by experiment and place; none in a file of a version that kept no plans.
    ///
    /// - Throws: `RunLogError`.
    public func plannedRuns() throws -> [PlannedRow] {
        try fetch(
            """
            SELECT experiment_id, position, name, method, seed, clients, scenario, build, run_id
            FROM planned_run JOIN experiment USING (experiment_id) ORDER BY experiment_id, position
            """
        ) { columns in
            let place = PlanPosition(
                experiment: Int64(try columns.integer() as Int), position: try columns.integer())
            let description = RunDescription(
                name: try columns.text(), method: try columns.text(),
                seed: UInt64(bitPattern: Int64(try columns.integer() as Int)),
                clients: max(0, try columns.integer()), scenario: try columns.text(),
                build: try columns.text())
            let runID: Int? = try columns.integer()
            return PlannedRow(place: place, description: description, runID: runID.map(Int64.init))
        }
    }

    /// What a run read; nothing in a file of a version that did not note it.
    ///
    /// - Throws: `RunLogError`.
    public func inputs(run runID: Int64) throws -> [RunInput] {
        try fetch(
            """
            SELECT kind, settings, sha256, facts FROM run_input JOIN input USING (input_id)
            WHERE run_id = ? ORDER BY input_id
            """, [runID]
        ) { columns in
            RunInput(
                reading: try columns.text(), settings: try columns.text(), sha256: try columns.text(),
                facts: try columns.text())
        }
    }

    /// The run that a run varies; `nil` for one that was made from a scenario.
    ///
    /// - Throws: `RunLogError`.
    public func origin(run runID: Int64) throws -> RunOrigin? {
        try fetch("SELECT parent_run_id, changes FROM what_if WHERE run_id = ?", [runID]) { columns in
            let parent: Int = try columns.integer()
            let changes: String = try columns.text()
            return RunOrigin(
                parent: Int64(parent),
                changes: (try? JSONDecoder().decode([String].self, from: Data(changes.utf8))) ?? [])
        }.first
    }

    /// The version of the rules that a run was made by; 1 for a run of version 0.1, which noted none.
    ///
    /// - Throws: `RunLogError`.
    public func rules(run runID: Int64) throws -> Int {
        try fetch("SELECT rules FROM run_rules WHERE run_id = ?", [runID]) { try $0.integer() as Int }
            .first ?? 1
    }

    /// The version of a run's identities; 1 for a run of version 0.1, which noted none.
    ///
    /// - Throws: `RunLogError`.
    public func identities(run runID: Int64) throws -> Int {
        try fetch("SELECT version FROM identity_version WHERE run_id = ?", [runID]) {
            try $0.integer() as Int
        }.first ?? 1
    }

    /// The hashes of the settings of the finished runs that a scenario made, each seed once: neither what-ifs
    /// nor imports nor repeats.
    ///
    /// - Throws: `RunLogError`.
    package func countingRuns() throws -> [Int64: String] {
        let rows = try fetch(
            """
            SELECT run_id, settings_sha256 FROM run_variant
            WHERE status = \(RunStatus.finished.sql) AND origin = \(RunProvenance.run.sql) AND repeats IS NULL
            """
        ) { columns in
            (Int64(try columns.integer() as Int), try columns.text() as String)
        }
        return Dictionary(rows) { $1 }
    }
}
