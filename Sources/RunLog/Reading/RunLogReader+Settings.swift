/// What distinguishes a run from the other runs of its scenario.
package struct RunVariation: Sendable, Hashable {
    /// A key that differs between the runs, with this run's value as one line of YAML.
    package struct Setting: Sendable, Hashable {
        package let key: String
        package let value: String
    }

    /// The scenario's name, which all variants of a sweep share.
    package let scenario: String
    /// The rows of the view `run_setting`, by key.
    package var settings: [Setting] = []

    /// A run of a scenario; it differs from no other.
    package init(scenario: String) { self.scenario = scenario }
}

extension RunLogReader {
    /// The scenario and the differing settings of each run.
    ///
    /// - Throws: `RunLogError`.
    package func variations() throws -> [Int64: RunVariation] {
        let names = try fetch(
            """
            SELECT run.run_id, coalesce(title.value, run.name)
            FROM run JOIN run_identity AS i USING (run_id)
            LEFT JOIN setting AS title ON title.settings_sha256 = i.settings_sha256 AND title.key = 'name'
            """
        ) { columns in (Int64(try columns.integer() as Int), try columns.text() as String) }
        var variations = Dictionary(names.map { ($0.0, RunVariation(scenario: $0.1)) }) { first, _ in first }
        let settings = try fetch(
            "SELECT run_id, key, value FROM run_setting ORDER BY run_id, key"
        ) { columns in
            (
                Int64(try columns.integer() as Int),
                RunVariation.Setting(key: try columns.text(), value: try columns.text())
            )
        }
        for (run, setting) in settings { variations[run]?.settings.append(setting) }
        return variations
    }
}
