import RunLog
import Simulator
import Yams

extension Scenario {
    /// The section `network.changes`: how the clients' links change over time.
    public struct LinkChanges: Sendable, Equatable {
        /// The path of a trace file, with the rates of each client over time.
        public var trace: String?
        /// What the rates of all clients are multiplied with from when on, in seconds; empty: 1.
        public var factors: [RateFactor] = []
        /// Seconds after which `factors` come again; `nil`: never.
        public var periodSeconds: Double?
        /// Standard deviation of the logarithm of each client's random factors; `nil`: none.
        public var fadingSigma: Double?
        /// How long such a factor lasts, in seconds.
        public var fadingIntervalSeconds: Double?
        /// Correlation of the logarithms of neighbouring intervals.
        public var fadingCorrelation: Double?
    }

    /// A factor of `network.changes.factors`.
    public struct RateFactor: Sendable, Hashable {
        /// When it begins, in seconds since the start of the run or of a period.
        public var atSeconds: Double
        /// 0 lets nothing pass.
        public var factor: Double
    }

    /// How long a random factor lasts where the scenario does not say it, in seconds.
    static let fadingInterval = 1.0
    /// The correlation where the scenario does not say it.
    static let fadingCorrelation = 0.8
}

extension ScenarioKeys {
    private static let changes = "network.changes"

    static let linkChanges = [
        ScenarioKey(
            "\(changes).trace", optional: \.network.changes.trace,
            .path("a trace of links over time (docs/traces.md)"), absent: "constant links",
            "The rates of the clients' links over time, in place of network.client.uplink and downlink: CSV "
                + "or Mahimahi's format."),
        ScenarioKey(
            "\(changes).factors", get: { $0.network.changes.factors },
            set: { $0.network.changes.factors = $1 }, .rateFactors,
            "What the rates of all clients' links are multiplied with, from when on: day and night. Before "
                + "the first: 1, or the last with network.changes.period.",
            isWritten: { !$0.network.changes.factors.isEmpty }),
        ScenarioKey(
            "\(changes).period", optional: \.network.changes.periodSeconds, .span(), absent: "once",
            "The time after which network.changes.factors come again."),
        ScenarioKey(
            "\(changes).fading.sigma", optional: \.network.changes.fadingSigma, .number(above: 0, atMost: 4),
            absent: "no fading",
            "The standard deviation of the logarithm of random factors, of median 1, on both rates of each "
                + "client's link."),
        ScenarioKey(
            "\(changes).fading.interval", optional: \.network.changes.fadingIntervalSeconds,
            .quantity(.duration, in: .faultSpan), absent: "1s", "How long such a factor lasts."),
        ScenarioKey(
            "\(changes).fading.correlation", optional: \.network.changes.fadingCorrelation,
            .number(from: 0, to: 0.95), absent: "0.8",
            "The correlation of the logarithms of the factors of neighbouring intervals."),
    ]
}

extension ValueFormat where Value == [Scenario.RateFactor] {
    /// `[ { at: 0h, factor: 1 }, { at: 22h, factor: 2.5 } ]`.
    static var rateFactors: Self {
        let allowed = "a list of factors such as { at: 22h, factor: 2.5 }, ascending, factors from 0 to 1000"
        let instant = ValueFormat<Double>.span(zero: true)
        let factor = ValueFormat<Double>.number(from: 0, to: 1000)
        return Self(kind: .list, allowed: allowed) { node, path, reader in
            guard case .sequence(let items) = node else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            var factors: [Scenario.RateFactor] = []
            for (index, item) in items.enumerated() {
                let place = "\(path)[\(index)]"
                guard
                    let values = reader.parameters(item, place, [("at", instant), ("factor", factor)])
                else { return nil }
                let start = SimDuration.seconds(values[0])
                if let last = factors.last, start <= .seconds(last.atSeconds) {
                    reader.reject(item, place, allowed: allowed)
                    return nil
                }
                factors.append(.init(atSeconds: values[0], factor: values[1]))
            }
            return factors
        } write: { factors in
            Node(
                factors.map {
                    flowMapping([("at", instant.write($0.atSeconds)), ("factor", factor.write($0.factor))])
                }, .implicit, .flow)
        }
    }
}

extension ScenarioReader {
    /// Reports keys of the section `network.changes` that do not go with each other.
    mutating func checkLinkChanges(of scenario: Scenario) {
        let changes = scenario.network.changes
        func conflict(_ key: String, _ other: String, allowed: String) {
            reportConflict(key, with: other, allowed: allowed, at: "network.changes.\(key)")
        }
        if let period = changes.periodSeconds {
            guard let last = changes.factors.last else {
                return conflict("period", "no factors", allowed: "with network.changes.factors")
            }
            if SimDuration.seconds(last.atSeconds) >= .seconds(period) {
                conflict("period", "its factors", allowed: "a period after the last of them")
            }
        }
        let lasting = changes.periodSeconds == nil ? changes.factors.suffix(1) : changes.factors[...]
        if !lasting.isEmpty, lasting.allSatisfy({ $0.factor == 0 }) {
            conflict(
                "factors", changes.periodSeconds == nil ? "0 as the last" : "0 alone",
                allowed: changes.periodSeconds == nil
                    ? "a last factor above 0, or network.changes.period" : "a factor above 0")
        }
        for (key, isGiven) in [
            ("fading.interval", changes.fadingIntervalSeconds != nil),
            ("fading.correlation", changes.fadingCorrelation != nil),
        ] where isGiven && changes.fadingSigma == nil {
            conflict(key, "no fading.sigma", allowed: "with network.changes.fading.sigma")
        }
    }
}
