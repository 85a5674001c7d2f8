import Core
import Simulator
import Yams

extension Scenario {
    /// The section `faults.availability`: when clients are there. Without a trace and without windows:
    /// always.
    public struct Availability: Sendable, Equatable {
        /// The path of a trace file, with windows of each client.
        public var trace: String?
        /// The same windows for all clients, from the start of the run or of each period.
        public var windows: [AvailabilityPattern.Window] = []
        /// Seconds after which the windows come again; `nil`: never.
        public var periodSeconds: Double?
        /// How much later than written a client's windows come, in seconds, such as its time zone; `nil`: as
        /// written.
        public var shift: Distribution?

        /// When clients are there by the windows, as they are written; `nil` where none are.
        ///
        /// - Throws: `SimulatorError.invalidQuantity` for windows that are no pattern.
        func pattern() throws -> AvailabilityPattern? {
            guard !windows.isEmpty else { return nil }
            return try AvailabilityPattern(
                windows: windows, period: periodSeconds.map(SimDuration.seconds),
                field: ScenarioKeys.availability)
        }

        /// A client's share in a pattern: so much later as is drawn for it from a stream of its own.
        func shifted(_ pattern: AvailabilityPattern, of client: Int, seed: UInt64) -> AvailabilityPattern {
            guard let shift, let periodSeconds else { return pattern }
            var stream = RandomStream(seed: seed, entity: client, purpose: "availability")
            // A draw from a long tail may be beyond all numbers.
            let drawn = min(shift.sample(using: &stream), ClientBounds.longestDrawn)
            let seconds = drawn.truncatingRemainder(dividingBy: periodSeconds)
            return pattern.shifted(by: .seconds(seconds))
        }
    }
}

extension ScenarioKeys {
    static let availability = "faults.availability"

    static let availabilityKeys = [
        ScenarioKey(
            "\(availability).trace", optional: \.faults.availability.trace,
            .path("a trace file (docs/traces.md)"), absent: "always there",
            "When clients are there: a client that is away is not selected."),
        ScenarioKey(
            "\(availability).windows", get: { $0.faults.availability.windows },
            set: { $0.faults.availability.windows = $1 }, .windows,
            "When all clients are there, in place of a trace; after the last window nobody is, unless there "
                + "is a "
                + "period."),
        ScenarioKey(
            "\(availability).period", optional: \.faults.availability.periodSeconds, .span(), absent: "once",
            "The time after which the windows come again."),
        ScenarioKey(
            "\(availability).shift", optional: \.faults.availability.shift, .distribution(.duration),
            absent: "none",
            "How much later than written the windows of a client come, modulo the period: its time zone."),
    ]
}

extension ValueFormat where Value == [AvailabilityPattern.Window] {
    /// `[ { from: 0h, to: 6h }, { from: 22h, to: 24h } ]`.
    static var windows: Self {
        let allowed = "a list of windows such as { from: 22h, to: 24h }, ascending and without overlap"
        let instant = ValueFormat<Double>.span(zero: true)
        return Self(kind: .list, allowed: allowed) { node, path, reader in
            guard case .sequence(let items) = node else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            var windows: [AvailabilityPattern.Window] = []
            for (index, item) in items.enumerated() {
                let place = "\(path)[\(index)]"
                guard case .mapping(let mapping) = item, let from = mapping["from"], let to = mapping["to"],
                    mapping.count == 2
                else {
                    reader.reject(item, place, allowed: "{ from: DURATION, to: DURATION }")
                    return nil
                }
                guard let start = instant.read(from, "\(place).from", &reader),
                    let end = instant.read(to, "\(place).to", &reader)
                else { return nil }
                windows.append(.init(from: .seconds(start), to: .seconds(end)))
            }
            return windows
        } write: { windows in
            Node(
                windows.map {
                    flowMapping([
                        ("from", instant.write($0.start.seconds)), ("to", instant.write($0.end.seconds)),
                    ])
                }, .implicit, .flow)
        }
    }
}

extension ScenarioReader {
    /// Reports windows that are no pattern, and keys of the section that do not go with each other.
    mutating func checkAvailability(of scenario: Scenario) {
        let section = scenario.faults.availability
        func place(_ key: String) -> String { "\(ScenarioKeys.availability).\(key)" }
        func conflict(_ key: String, _ other: String, allowed: String) {
            reportConflict(key, with: other, allowed: allowed, at: place(key))
        }
        if section.trace != nil, !section.windows.isEmpty {
            return conflict("windows", "faults.availability.trace", allowed: "one of them")
        }
        if section.windows.isEmpty {
            for (key, isGiven) in [("period", section.periodSeconds != nil), ("shift", section.shift != nil)]
            where isGiven {
                return conflict(key, "no windows", allowed: "with faults.availability.windows")
            }
        }
        if section.shift != nil, section.periodSeconds == nil {
            return conflict("shift", "no period", allowed: "with faults.availability.period")
        }
        do {
            _ = try section.pattern()
        } catch SimulatorError.invalidQuantity(let field, let value, let allowed) {
            report(
                .notAllowed(value: "\(formatDecimal(value)) s", allowed: allowed),
                at: field.replacing(".start", with: ".from").replacing(".end", with: ".to"),
                causedBy: culprit(place(field.contains("period") ? "period" : "windows")))
        } catch {
            preconditionFailure("\(error) of availability windows")
        }
    }
}
