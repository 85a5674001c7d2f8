import Simulator
import Yams

extension Scenario {
    /// The section `faults`: what goes wrong.
    public struct Faults: Sendable, Equatable {
        /// How often clients fail in a round.
        public var dropout = Dropout()
        /// When clients are there.
        public var availability = Availability()
        /// How often a client goes away; `nil`: never.
        public var clientOutages: FaultRate?
        /// How often a client's link is down; `nil`: never.
        public var linkOutages: FaultRate?
        /// How often the server restarts; `nil`: never.
        public var serverRestarts: FaultRate?
        /// What a client does whose device goes away while it is at work.
        public var whenAway: WhenAway = .abandon
        /// Faults at times that are written down.
        public var listed: [ListedFault] = []
    }

    /// The section `faults.dropout`: probabilities that a client fails in a round, for each of its stages.
    public struct Dropout: Sendable, Equatable {
        /// Before it does anything.
        public var beforeTraining: Double = 0
        /// At some moment of its training or describing.
        public var duringTraining: Double = 0
        /// When it has trained and has sent nothing.
        public var afterTraining: Double = 0
        /// In the middle of its upload, at some byte of it.
        public var duringUpload: Double = 0
    }

    /// What a client does whose device goes away while it is at work.
    public enum WhenAway: String, Sendable, CaseIterable {
        /// Its work and its transfers stop, and go on when it is back.
        case pause
        /// It gives up; its update is lost.
        case abandon
    }
}

extension ScenarioKeys {
    static let faults =
        [
            dropout("before-training", \.beforeTraining, "does nothing in its round"),
            dropout("during-training", \.duringTraining, "stops in the middle of its training"),
            dropout("after-training", \.afterTraining, "has trained and sends nothing"),
            dropout("during-upload", \.duringUpload, "stops in the middle of its upload"),
        ] + availabilityKeys + [
            ScenarioKey(
                "faults.client-outages", optional: \.faults.clientOutages, .faultRate, absent: "never",
                "How often a client goes away, and for how long."),
            ScenarioKey(
                "faults.link-outages", optional: \.faults.linkOutages, .faultRate, absent: "never",
                "How often a client's link is down, and for how long; its transfers pause and go on."),
            ScenarioKey(
                "faults.server-restarts", optional: \.faults.serverRestarts, .faultRate, absent: "never",
                "How often the server is down, and for how long; its work and all transfers pause and go "
                    + "on."),
            ScenarioKey(
                "faults.when-away", \.faults.whenAway, .choice,
                "What a client does that goes away while it is at work: pause goes on when it is back; "
                    + "abandon "
                    + "gives up its round, and what it was sending is lost."),
            ScenarioKey(
                "faults.listed", get: { $0.faults.listed }, set: { $0.faults.listed = $1 }, .listedFaults,
                "Faults at times that are written down; without for, somebody is gone for good."),
        ]

    private static func dropout(
        _ name: String, _ field: WritableKeyPath<Scenario.Dropout, Double> & Sendable, _ what: String
    ) -> ScenarioKey {
        ScenarioKey(
            "faults.dropout.\(name)", get: { $0.faults.dropout[keyPath: field] },
            set: { $0.faults.dropout[keyPath: field] = $1 },
            .number("a probability from 0 to 1") { (0...1).contains($0) },
            "The probability that a client of a round \(what).")
    }
}

extension ValueFormat where Value == FaultRate {
    /// `{ every: DURATION, for: DURATION }`, each a quantity or a distribution.
    static var faultRate: Self {
        let span = ValueFormat<Distribution>.distribution(.duration, in: .faultSpan)
        let allowed =
            "a mapping such as { every: { exponential: { mean: 1h } }, for: 5min }, each a duration of at "
                + "least 1ms or a "
            + "distribution of durations"
        return Self(kind: .text, allowed: allowed) { node, path, reader in
            guard case .mapping(let mapping) = node else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            guard reader.hasOnly(["every", "for"], in: mapping, path) else { return nil }
            var spans: [Distribution] = []
            for name in ["every", "for"] {
                guard let value = mapping[name] else {
                    reader.report(.missingKey(allowed: span.allowed), at: "\(path).\(name)", node)
                    return nil
                }
                guard let distribution = span.read(value, "\(path).\(name)", &reader) else { return nil }
                spans.append(distribution)
            }
            do {
                return try FaultRate(every: spans[0], lasting: spans[1])
            } catch {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
        } write: { rate in
            flowMapping([("every", span.write(rate.every)), ("for", span.write(rate.lasting))])
        }
    }
}

extension ValueFormat where Value == [ListedFault] {
    /// `[ { at: 120s, client: 7, for: 60s }, { at: 5min, server: down, for: 30s } ]`.
    static var listedFaults: Self {
        let allowed =
            "a list of faults such as { at: 120s, client: 7, for: 60s }, { at: 2min, link: 3, for: 20s } or "
            + "{ at: 5min, server: down, for: 30s }"
        return Self(kind: .list, allowed: allowed) { node, path, reader in
            guard case .sequence(let items) = node else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            let faults = items.enumerated().map { index, item in
                reader.listedFault(item, "\(path)[\(index)]", allowed: allowed)
            }
            return faults.contains { $0 == nil } ? nil : faults.compactMap(\.self)
        } write: { faults in
            Node(faults.map(ListedFaultFormat.write), .implicit, .flow)
        }
    }
}

/// One fault of the list.
private enum ListedFaultFormat {
    static let instant = ValueFormat<Double>.span(zero: true)
    static let span = ValueFormat<Double>.span()
    static let client = ValueFormat<Int>.integer(0...999_999)

    static func write(_ fault: ListedFault) -> Node {
        var pairs = [("at", instant.write(fault.outage.start.seconds))]
        switch fault.target {
        case .client(let number): pairs.append(("client", client.write(number)))
        case .link(let number): pairs.append(("link", client.write(number)))
        case .server: pairs.append(("server", Node("down")))
        }
        if fault.outage.end < .distantFuture {
            pairs.append(("for", span.write((fault.outage.end - fault.outage.start).seconds)))
        }
        return flowMapping(pairs)
    }
}

/// A mapping on one line.
func flowMapping(_ pairs: [(String, Node)]) -> Node {
    Node(pairs.map { (Node($0.0), $0.1) }, .implicit, .flow)
}

extension ScenarioReader {
    /// Whether a mapping has no other keys than these; reports those it has.
    fileprivate mutating func hasOnly(_ names: [String], in mapping: Node.Mapping, _ path: String) -> Bool {
        var isKnown = true
        for (key, _) in mapping where !(key.textOfScalar.map(names.contains) ?? false) {
            reportUnknownKey(key, in: path, known: names, isSection: false)
            isKnown = false
        }
        return isKnown
    }

    /// One fault of a list; `nil` after a problem was reported.
    fileprivate mutating func listedFault(_ node: Node, _ path: String, allowed: String) -> ListedFault? {
        guard case .mapping(let mapping) = node else {
            reject(node, path, allowed: allowed)
            return nil
        }
        guard hasOnly(["at", "client", "link", "server", "for"], in: mapping, path) else { return nil }
        let targets = ["client", "link", "server"].filter { mapping[$0] != nil }
        guard targets.count == 1, let name = targets.first, let value = mapping[name], let at = mapping["at"]
        else {
            reject(node, path, allowed: "at, and one of client, link and server; " + allowed)
            return nil
        }
        guard let start = ListedFaultFormat.instant.read(at, "\(path).at", &self) else { return nil }
        var end = SimInstant.distantFuture
        if let span = mapping["for"] {
            guard let seconds = ListedFaultFormat.span.read(span, "\(path).for", &self) else { return nil }
            end = .seconds(start) + .seconds(seconds)
        }
        let target: FaultTarget
        switch name {
        case "server":
            guard value.textOfScalar == "down" else {
                reject(value, "\(path).server", allowed: "down")
                return nil
            }
            target = .server
        default:
            guard let number = ListedFaultFormat.client.read(value, "\(path).\(name)", &self) else {
                return nil
            }
            target = name == "client" ? .client(number) : .link(number)
        }
        return ListedFault(target, Outage(start: .seconds(start), end: end))
    }

    /// Reports probabilities that add up to more than 1, and clients that do not exist.
    mutating func checkFaults(of scenario: Scenario) {
        let dropout = scenario.faults.dropout
        let sum =
            dropout.beforeTraining + dropout.duringTraining + dropout.afterTraining + dropout.duringUpload
        if sum > 1 + 1e-12 {
            let stages = ["before-training", "during-training", "after-training", "during-upload"]
            reportConflict(
                "a sum of \(formatDecimal(sum))", with: "probabilities of one client and round",
                allowed: "at most 1", at: "faults.dropout",
                causedBy: lastGiven(among: stages.map { "faults.dropout.\($0)" }))
        }
        for (index, fault) in scenario.faults.listed.enumerated() {
            switch fault.target {
            case .client(let client) where client >= scenario.clients,
                .link(let client) where client >= scenario.clients:
                reportConflict(
                    "client \(client)", with: "clients: \(scenario.clients)",
                    allowed: "0 to \(scenario.clients - 1)", at: "faults.listed[\(index)]",
                    causedBy: "faults.listed")
            default: break
            }
        }
    }
}
