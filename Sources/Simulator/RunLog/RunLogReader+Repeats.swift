import GRDB

extension RunLogReader {
    /// The first run that came to its end and is the same: of equal name, method, seed, settings and inputs,
    /// made by the same rules.
    ///
    /// - Throws: `RunLogError`.
    public func finishedRun(
        like run: RunDescription, inputs: [RunInput], origin: RunProvenance
    ) throws -> Int64? {
        try firstRun(
            like: run, inputs, origin, where: "status NOT IN ('running', 'interrupted', 'failed')")
    }

    /// The first run that is the same and was interrupted or failed.
    ///
    /// - Throws: `RunLogError`.
    public func unfinishedRun(like run: RunDescription, inputs: [RunInput]) throws -> Int64? {
        try firstRun(like: run, inputs, .run, where: "status IN ('interrupted', 'failed')")
    }

    private func firstRun(
        like run: RunDescription, _ inputs: [RunInput], _ origin: RunProvenance, where condition: String
    ) throws -> Int64? {
        try fetch(
            """
            SELECT run_id FROM run JOIN run_identity USING (run_id) LEFT JOIN run_rules USING (run_id)
            WHERE name = ? AND method = ? AND seed = ? AND settings_sha256 = ? AND inputs_sha256 = ?
                AND origin = ? AND coalesce(rules, 1) = ? AND \(condition)
            ORDER BY run_id LIMIT 1
            """,
            [
                run.name, run.method, Int64(bitPattern: run.seed),
                RunSettings(ofScenario: run.scenario).sha256, RunIdentity.hashOf(inputs), origin.rawValue,
                run.rules ?? 1,
            ]
        ) { Int64(try $0.integer() as Int) }.first
    }
}
