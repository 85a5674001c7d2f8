import Core
import Foundation
import RunLog

/// One number of stored runs: of which experiment, method and settings, and what is read of each run.
public struct Measure: Sendable, Hashable {
    /// What is read of a run.
    public enum Figure: Sendable, Hashable {
        /// The global model's accuracy on the test images at the end: never the best round, which would be
        /// chosen by the test images.
        case accuracy
        /// The same on the test images of one domain.
        case domainAccuracy(String)
        /// The last value of another metric.
        case metric(MetricName, on: MetricSplit)
        /// Bytes that all clients have uploaded.
        case uplinkBytes
        /// Bytes that all clients had uploaded when an accuracy was first reached; none where it never was.
        case uplinkBytesUntil(accuracy: Double)
    }

    /// The scenario's name.
    public let experiment: String
    /// The method.
    public let method: String
    /// Keys of the scenario with the values that they must have, as the resolved scenario writes them.
    public let settings: [String: String]
    public let figure: Figure

    public init(
        _ figure: Figure, of method: String, in experiment: String, where settings: [String: String] = [:]
    ) {
        self.experiment = experiment
        self.method = method
        self.settings = settings
        self.figure = figure
    }
}

extension Measure.Figure {
    /// The query that gives it for the run ?1.
    var sql: String {
        switch self {
        case .accuracy: Self.last(.accuracy, on: .test)
        case .domainAccuracy(let domain): Self.last(.accuracy, on: .domain(domain))
        case .metric(let name, let split): Self.last(name, on: split)
        case .uplinkBytes:
            "SELECT sum(bytes) FROM transfer WHERE run_id = ?1 AND direction = \(Direction.up.sql)"
        case .uplinkBytesUntil(let accuracy):
            "SELECT min(uplink_bytes) FROM accuracy WHERE run_id = ?1 AND value >= \(accuracy)"
        }
    }

    private static func last(_ name: MetricName, on split: MetricSplit) -> String {
        """
        SELECT value FROM metric \
        WHERE run_id = ?1 AND client_id IS NULL AND split = \(split.sql) AND name = \(name.sql) \
        ORDER BY t DESC, rowid DESC LIMIT 1
        """
    }

    /// A value as people read it.
    func text(_ spread: Spread) -> String {
        switch self {
        case .accuracy, .domainAccuracy: Format.percent(over: spread)
        case .metric: Self.plain(spread)
        case .uplinkBytes, .uplinkBytesUntil: Format.bytes(over: spread)
        }
    }

    /// Three decimals; a whole number above one, which is a count, has none.
    private static func plain(_ spread: Spread) -> String {
        if spread.deviation == nil, spread.mean > 1, let count = Int(exactly: spread.mean) {
            return Format.grouped(count)
        }
        let mean = String(format: "%.3f", spread.mean)
        return spread.deviation.map { "\(mean) ± \(String(format: "%.3f", $0))" } ?? mean
    }
}

/// A measure with its name in tables and what the paper says of it.
public struct Term: Sendable, Hashable {
    /// Such as `FedAvg, β = 0.01`.
    public let label: String
    /// The figure as the paper prints it; `nil` where it prints none.
    public let paper: String?
    public let measure: Measure

    public init(_ label: String, paper: String? = nil, _ measure: Measure) {
        self.label = label
        self.paper = paper
        self.measure = measure
    }
}
