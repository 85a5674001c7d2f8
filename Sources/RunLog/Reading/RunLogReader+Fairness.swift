/// How equal the clients of a run are: their accuracies on their own distributions.
public struct FairnessRow: Sendable, Hashable {
    /// The mean over clients.
    public let mean: Double
    /// The mean of the tenth with the lowest.
    public let worstTenth: Double
    /// The mean squared distance from the mean.
    public let variance: Double
    /// Gini's coefficient.
    public let gini: Double
}

extension RunLogReader {
    /// How equal the clients of each run are, by run; nothing for runs without `evaluation.clients`.
    ///
    /// - Throws: `RunLogError`.
    public func fairness() throws -> [Int64: FairnessRow] {
        let names: [MetricName] = [.meanAccuracy, .worstTenthAccuracy, .accuracyVariance, .accuracyGini]
        let columns = names.map { "max(value) FILTER (WHERE name = \($0.sql))" }.joined(separator: ", ")
        let rows = try query(
            """
            SELECT run_id, \(columns) FROM metric
            WHERE split = \(MetricSplit.own.sql) AND client_id IS NULL GROUP BY run_id
            """
        ).rows
        var result: [Int64: FairnessRow] = [:]
        for row in rows {
            let values = row.dropFirst().compactMap(\.number)
            guard let run = row[0].integer, values.count == names.count else { continue }
            result[Int64(run)] = FairnessRow(
                mean: values[0], worstTenth: values[1], variance: values[2], gini: values[3])
        }
        return result
    }
}
