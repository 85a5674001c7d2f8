/// What a run drew in all.
public struct EnergyRow: Sendable, Hashable {
    /// Joules of all activities.
    public let joules: Double
    /// Grams of CO2 equivalent; `nil` where they were not counted.
    public let grams: Double?
}

extension RunLogReader {
    /// The energy of each run in all, by run; nothing for runs that counted none or have not ended.
    ///
    /// - Throws: `RunLogError`.
    public func energies() throws -> [Int64: EnergyRow] {
        let rows = try query(
            """
            SELECT run_id, energy_J, carbon_g FROM energy WHERE activity = 'total' AND client_id IS NULL
            """
        ).rows
        var result: [Int64: EnergyRow] = [:]
        for row in rows {
            guard let run = row[0].integer, let joules = row[1].number else { continue }
            result[Int64(run)] = EnergyRow(joules: joules, grams: row[2].number)
        }
        return result
    }

    /// Joules that each run had drawn when it first reached an accuracy, by run.
    ///
    /// - Parameter reached: the first evaluation of each run with that accuracy.
    /// - Throws: `RunLogError`.
    public func energies(until reached: [Int64: AccuracyRow]) throws -> [Int64: Double] {
        let rows = try query(
            """
            SELECT run_id, t, value FROM metric
            WHERE name = \(MetricName.energySoFar.sql) AND client_id IS NULL ORDER BY run_id, t, rowid
            """
        ).rows
        var result: [Int64: Double] = [:]
        for row in rows {
            guard let run = row[0].integer, let seconds = row[1].number, let joules = row[2].number,
                let target = reached[Int64(run)], seconds <= target.seconds
            else { continue }
            result[Int64(run)] = joules
        }
        return result
    }
}

extension RunLogViews {
    /// A row per run, client and activity: what it drew. Runs that counted no energy have none.
    ///
    /// Columns: `run_id`, `name`, `method`, `client_id` (NULL: the whole run), `activity` (`total`: all of
    /// them), `energy_J`, `carbon_g` (NULL where carbon was not counted).
    static let energy = """
        CREATE VIEW energy AS
        SELECT run.run_id, run.name, run.method, metric.client_id,
            CASE metric.split WHEN 'energy' THEN 'total' ELSE substr(metric.split, 8) END AS activity,
            max(metric.value) FILTER (WHERE metric.name = 'energy_J') AS energy_J,
            max(metric.value) FILTER (WHERE metric.name = 'carbon_g') AS carbon_g
        FROM run JOIN metric USING (run_id)
        WHERE metric.name IN ('energy_J', 'carbon_g')
        GROUP BY run.run_id, metric.client_id, metric.split
        ORDER BY run.run_id, metric.client_id, min(metric.rowid);
        """
}
