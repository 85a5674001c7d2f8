import Foundation
import Scenarios
import Simulator

/// Scenarios drawn from the declared bounds of the keys: lowest, highest, just outside, and something
/// between.
///
/// What a key takes is read from the sentence that its errors say, so a key that is added is drawn, too.
struct ScenarioDraw {
    /// The text of the scenario, each key as a path.
    private(set) var text = ""
    /// What is set beside the file.
    private(set) var overrides: [String] = []

    private var generator: ScenarioTestGenerator
    private var values: [(key: String, value: String)] = []

    /// The scenario of a number: first each key by itself at each of its bounds, then several at once.
    init(number: Int) {
        if number < Self.single.count {
            let (key, value) = Self.single[number]
            self.init(key: key, value: value, seed: number)
        } else {
            self.init(seed: number)
        }
    }

    /// What is drawn: nothing that trains for real.
    private static let keys = ScenarioKeys.all.filter {
        !["name", "training.mode", "device"].contains($0.path)
    }

    /// Every key with each of its bounds.
    private static let single: [(key: String, value: String)] = keys.flatMap { key in
        var draw = ScenarioDraw(key: "seed", value: "1", seed: 0)
        var values: [String] = []
        for _ in 0..<40 {
            guard let value = draw.value(of: key), !values.contains(value), values.count < 9 else { continue }
            values.append(value)
        }
        return values.map { (key.path, $0) }
    }

    /// A small scenario with one key set.
    private init(key: String, value: String, seed: Int) {
        generator = ScenarioTestGenerator(seed: UInt64(seed))
        drawBase()
        set(key, value)
        limit()
        for (key, value) in values { text += "\(key): \(value)\n" }
    }

    /// A small scenario with several keys drawn.
    private init(seed: Int) {
        generator = ScenarioTestGenerator(seed: UInt64(seed))
        drawBase()
        for _ in 0..<integer(1...5) { drawKey() }
        if chance(0.25) { drawParticipation() }
        if chance(0.3) { drawFaults() }
        if chance(0.03) { drawNobody() }
        limit()
        let swept = chance(0.05) ? drawSweep() : nil
        var isOverride: Set<Int> = []
        for index in values.indices where index > 2 && chance(0.1) { isOverride.insert(index) }
        for (index, (key, value)) in values.enumerated() {
            if isOverride.contains(index) {
                overrides.append("\(key)=\(value)")
            } else {
                text += "\(key): \(value)\n"
            }
        }
        if let swept { text += "sweep: { \(swept) }\n" }
    }

    /// What tells the case: to be pasted into a file.
    var description: String { text + overrides.map { "# --set '\($0)'\n" }.joined() }
}

// MARK: - Randomness

extension ScenarioDraw {
    private mutating func integer(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }
    private mutating func chance(_ share: Double) -> Bool {
        Double.random(in: 0..<1, using: &generator) < share
    }
    private mutating func one<Element>(of elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    private mutating func set(_ key: String, _ value: String) {
        if let index = values.firstIndex(where: { $0.key == key }) {
            values[index].value = value
        } else {
            values.append((key, value))
        }
    }
}

// MARK: - Scenarios

extension ScenarioDraw {
    private mutating func drawBase() {
        set("name", "drawn")
        // Where there are synthetic images, a foundation model is read and hashed, which takes longer than
        // the run.
        let synthesizes = chance(0.06)
        let methods = FederatedMethods.all.filter {
            ($0.needsFoundation || $0.needsCaptioner) == synthesizes
        }.map(\.name)
        var drawn = [one(of: methods)]
        if chance(0.2) { drawn.append(one(of: methods.filter { $0 != drawn[0] })) }
        set("methods", "[\(drawn.joined(separator: ", "))]")
        set("training.mode", "none")
        set("clients", "\(one(of: [1, 2, 3, 5, 12]))")
        set("training.rounds", "\(integer(1...4))")
        set("synthesis.rounds", "\(integer(1...3))")
        set("data.train-per-class", "\(one(of: [1, 2, 7, 20]))")
        set("data.test-per-class", "1")
        set("data.partition.minimum", "\(one(of: [0, 0, 1, 2]))")
        set("synthesis.per-class", "\(one(of: [1, 10, 101]))")
    }

    private mutating func drawKey() {
        let key = one(of: Self.keys)
        guard let value = value(of: key) else {
            return
        }
        set(key.path, value)
    }

    private mutating func drawParticipation() {
        let policy = one(of: ParticipationPolicies.all)
        set("participation.policy", policy.name)
        for required in policy.requiredKeys {
            let path = "participation.\(required)"
            guard let key = ScenarioKeys.all.first(where: { $0.path == path }), let value = value(of: key)
            else { continue }
            set(path, required == "select" || required == "wait-for" ? "\(integer(1...4))" : value)
        }
        if chance(0.3) { set("participation.late", one(of: ["drop", "accept-stale"])) }
        if chance(0.3) { set("participation.minimum", "\(integer(1...3))") }
        if chance(0.5) { set("participation.selection", one(of: ClientSelections.names)) }
    }

    private mutating func drawFaults() {
        for _ in 0..<integer(1...3) {
            let keys = ScenarioKeys.all.filter { $0.path.hasPrefix("faults.") }
            let key = one(of: keys)
            if let value = value(of: key) { set(key.path, value) }
        }
    }

    /// Nobody ever brings an update, in as many rounds as there may be.
    private mutating func drawNobody() {
        set(
            "faults.dropout."
                + one(of: ["before-training", "during-training", "after-training", "during-upload"]),
            "1")
        set("training.rounds", "100000")
        set("asynchronous.buffer", one(of: ["1", "100"]))
    }

    private mutating func drawSweep() -> String? {
        let keys = ScenarioKeys.all.filter { key in
            !["name", "seed", "device", "methods", "training.mode"].contains(key.path)
                && !Self.runLengths.contains(key.path) && !values.contains { $0.key == key.path }
        }
        let key = one(of: keys)
        guard let first = value(of: key), let second = value(of: key) else { return nil }
        return "\(key.path): [\(first), \(second)]"
    }

    private static let runLengths = [
        "training.rounds", "synthesis.rounds", "asynchronous.buffer", "clients", "data.partition.per-client",
    ]

    /// Keeps what is valid and merely long out of a test: a run of a hundred thousand rounds is no fault.
    private mutating func limit() {
        func number(_ key: String) -> Int? { values.first { $0.key == key }.flatMap { Int($0.value) } }
        let isInVain = values.contains { $0.key.hasPrefix("faults.dropout.") && Double($0.value) == 1 }
        for key in ["training.rounds", "synthesis.rounds", "asynchronous.buffer"] {
            guard let value = number(key), value > 50, value <= 100_000, !isInVain else { continue }
            set(key, "\(integer(1...5))")
        }
        if let clients = number("clients"), clients > 50, clients <= 1_000_000 {
            // A population that draws its images: few of a million take part.
            set("data.partition.per-client", "2")
            set("participation.policy", "fraction")
            set("participation.fraction", "1e-05")
            set("asynchronous.concurrency", "3")
        }
        if let each = number("data.partition.per-client"), each > 1000, each <= 1_000_000 {
            set("clients", "2")
            set("training.rounds", "1")
            set("synthesis.rounds", "1")
            set("asynchronous.buffer", "1")
        }
    }
}

// MARK: - Values

extension ScenarioDraw {
    /// A value of a key, allowed or just not; `nil` for what names files.
    private mutating func value(of key: ScenarioKey) -> String? {
        switch key.path {
        case "methods", "data.path", "synthesis.set", "synthesis.foundation", "synthesis.captioner",
            "data.set", "data.owners.file", "data.owners.test-file", "model.path",
            "faults.availability.trace", "network.changes.trace":
            return nil
        case "faults.availability.windows": return windows()
        case "network.changes.factors":
            return one(of: [
                "[ { at: 0h, factor: 1 }, { at: 1ms, factor: 0.5 } ]", "[ { at: 1h, factor: 0 } ]",
                "[ { at: 2s, factor: 0 }, { at: 3s, factor: 1000 } ]", "[]", "[ { at: 0s, factor: -1 } ]",
            ])
        case "faults.listed": return listedFaults()
        case "faults.client-outages", "faults.link-outages", "faults.server-restarts":
            return "{ every: \(spread(["1ms", "1s", "1min", "1h", "1000000h", "0.1ms"])), "
                + "for: \(spread(["1ms", "1s", "1min", "1h", "1000000h", "0s"])) }"
        case "data.classes":
            return one(of: ["basics", "hundred", "[circle, square]", "[star, circle, ring]", "nothing"])
        case "data.styles": return one(of: ["[real]", "[real, quickdraw]", "[real, sketch, clipart]", "[]"])
        case "synthesis.template": return one(of: ["\"{class}\"", "\"A photo of a {class}\"", "\"none\""])
        case "synthesis.templates":
            return one(of: ["{ sketch: \"A sketch of a {class}\" }", "{ real: \"x\" }"])
        case "attack.clients": return one(of: ["[0]", "[2, 0]", "[11]", "[]", "0", "[1, 1]"])
        case "synthesis.negative-prompt": return one(of: ["\"low quality\"", "\"\""])
        default: break
        }
        switch key.kind {
        case .flag: return one(of: ["true", "false", "yes"])
        case .choice, .text, .list:
            return one(of: key.allowed.components(separatedBy: ", ").filter { !$0.contains(" ") } + ["other"])
        case .integer, .number, .quantity: return bounds(of: key).map { one(of: $0) }
        case .distribution, .factor: return bounds(of: key).map { spread($0) }
        }
    }

    /// Lowest, highest, just outside, and between, as the key's sentence tells them.
    private mutating func bounds(of key: ScenarioKey) -> [String]? {
        let text = key.allowed
        if let match = text.firstMatch(of: /a whole number from (\d+) to (\d+)/),
            let low = Int(match.1), let high = Int(match.2)
        {
            return [
                "\(low)", "\(low)", "\(high)", "\(low - 1)", high < Int.max ? "\(high + 1)" : "1e19",
                "\(min(high, low + integer(1...9)))",
            ]
        }
        if let match = text.firstMatch(
            of: /a (?:number|probability) (from|above) ([-\d.e]+)(?: to|, at most|, below) ([-\d.e]+)/),
            let low = Double(match.2), let high = Double(match.3)
        {
            let least = match.1 == "above" ? [low.nextUp, low + (high - low) * 1e-12] : [low, low]
            let inside = Double.random(in: low...high, using: &generator)
            return
                (least + [high, high.nextDown, low.nextDown, high.nextUp, inside, low + (high - low) / 100])
                .map { "\($0)" }
        }
        if let match = text.firstMatch(
            of:
                /a (?:\w+|transmission energy|carbon intensity) from (\S+) to (\S+) such as (\S+?),/
        ) {
            let unit = match.2.drop { $0.isNumber }, high = Double(match.2.prefix { $0.isNumber }) ?? 1
            let lowUnit = match.1.drop { $0.isNumber }, low = Double(match.1.prefix { $0.isNumber }) ?? 0
            return [
                "\(match.1)", "\(match.2)", "\(match.3)", "\(match.3)", "\(low / 2)\(lowUnit)",
                "-1\(lowUnit)", "1e-300\(unit)",
                "\(high.nextUp)\(unit)",
                "\(high * pow(2, -Double.random(in: 0...30, using: &generator)))\(unit)",
            ]
        }
        return nil
    }

    /// A value, or a distribution of values.
    private mutating func spread(_ bounds: [String]) -> String {
        switch integer(0...8) {
        case 0: "{ uniform: { from: \(one(of: bounds)), to: \(one(of: bounds)) } }"
        case 1: "{ lognormal: { median: \(one(of: bounds)), sigma: \(one(of: ["0", "0.8", "10", "10.1"])) } }"
        case 2: "{ exponential: { mean: \(one(of: bounds)) } }"
        case 3:
            "{ pareto: { minimum: \(one(of: bounds)), shape: "
                + "\(one(of: ["0.001", "0.5", "1", "1e6", "0", "1e-300"])) } }"
        case 4:
            "{ choice: [ { value: \(one(of: bounds)), weight: \(one(of: ["1", "1e12", "1e-300", "0"])) }, "
                + "{ value: \(one(of: bounds)), weight: \(one(of: ["1", "1e12", "1e308"])) } ] }"
        default: one(of: bounds)
        }
    }

    private static let instants = [
        "0s", "1ns", "1us", "1s", "59.9s", "1min", "2min", "1h", "24h", "999999h", "1000000h",
    ]

    private mutating func windows() -> String {
        let count = integer(1...3)
        var marks: [Int] = []
        for _ in 0..<2 * count { marks.append(integer(0...Self.instants.count - 1)) }
        if chance(0.8) { marks.sort() }
        let windows = (0..<count).map {
            "{ from: \(Self.instants[marks[2 * $0]]), to: \(Self.instants[marks[2 * $0 + 1]]) }"
        }
        return "[\(windows.joined(separator: ", "))]"
    }

    private mutating func listedFaults() -> String {
        let faults = (0..<integer(1...4)).map { _ in
            let target = one(of: [
                "client: 0", "client: 1", "link: 0", "link: 11", "server: down", "client: 999999",
            ])
            let span = chance(0.6) ? ", for: \(one(of: Self.instants))" : ""
            return "{ at: \(one(of: Self.instants)), \(target)\(span) }"
        }
        return "[\(faults.joined(separator: ", "))]"
    }
}
