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
        guard !reached.isEmpty else { return [:] }
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
