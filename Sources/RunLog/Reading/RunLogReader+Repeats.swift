/// What equal runs have in common: name, method, seed, settings, inputs, origin, rules and the version of
/// their identities. They have the same rows.
public struct RunKey: Sendable, Hashable {
    private let name: String
    private let method: String
    private let seed: UInt64
    private let settings: String
    private let inputs: String
    private let origin: String
    private let rules: Int
    private let identities: Int

    /// The key of a run that may be in a file or not. Its build is no part of it.
    public init(_ run: RunDescription, inputs: [RunInput], origin: RunProvenance) {
        name = run.name
        method = run.method
        seed = run.seed
        settings = RunSettings(ofScenario: run.scenario).sha256
        self.inputs = RunIdentity.hashOf(inputs)
        self.origin = origin.rawValue
        rules = run.rules ?? 1
        identities = run.identities ?? 1
    }

    fileprivate static let columns =
        "name, method, seed, settings_sha256, inputs_sha256, origin, coalesce(rules, 1), coalesce(version, 1)"

    /// Reads a row of `columns`.
    fileprivate init(reading columns: inout ColumnReader) throws {
        name = try columns.text()
        method = try columns.text()
        seed = UInt64(bitPattern: Int64(try columns.integer() as Int))
        settings = try columns.text()
        inputs = try columns.text()
        origin = try columns.text()
        rules = try columns.integer()
        identities = try columns.integer()
    }
}

/// The runs of a file by their keys.
public struct StoredRuns: Sendable {
    /// The first completed run of each key.
    public fileprivate(set) var completed: [RunKey: Int64] = [:]
    /// The first run of each key that was interrupted or failed.
    public fileprivate(set) var unfinished: [RunKey: Int64] = [:]
}

extension RunLogReader {
    /// All runs that are not under way, by their keys.
    ///
    /// - Throws: `RunLogError`.
    /// - Complexity: O(runs).
    public func storedRuns() throws -> StoredRuns {
        let rows = try fetch(
            """
            SELECT \(RunKey.columns), run_id, status IN \(RunStatus.unfinishedInSQL)
            FROM run JOIN run_identity USING (run_id) LEFT JOIN run_rules USING (run_id)
                LEFT JOIN identity_version USING (run_id)
            WHERE status <> \(RunStatus.running.sql) ORDER BY run_id
            """
        ) { columns in
            let key = try RunKey(reading: &columns), runID: Int = try columns.integer()
            return (key: key, runID: Int64(runID), isUnfinished: try columns.integer() as Int == 1)
        }
        var stored = StoredRuns()
        for row in rows {
            let place: WritableKeyPath<StoredRuns, [RunKey: Int64]> =
                row.isUnfinished ? \.unfinished : \.completed
            if stored[keyPath: place][row.key] == nil { stored[keyPath: place][row.key] = row.runID }
        }
        return stored
    }
}
