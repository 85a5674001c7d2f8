import RunLog

/// The runs of a scenario in several variants, with the keys in which they differ: the columns of a sweep.
struct SweepAxes {
    /// The scenario's name.
    let scenario: String
    /// Its methods in all variants, those of one variant together.
    let groups: [Comparison.Group]
    /// Paths of the keys that are shown.
    let keys: [String]
    /// Sentences about keys that are not shown.
    let leftOut: [String]

    /// More columns would not be read.
    private static let mostKeys = 8

    /// - Parameter family: all groups of a scenario; `nil` is returned where they are of one variant.
    init?(_ family: [Comparison.Group]) {
        guard let first = family.first, Set(family.map(\.name)).count > 1 else { return nil }
        scenario = first.variation.title
        groups = Comparison.comparable(family).flatMap { $0 }
        let all = Set(family.flatMap(\.variation.settings).map(\.key)).sorted()
        keys = Array(all.prefix(Self.mostKeys))
        let rest = all.dropFirst(Self.mostKeys)
        leftOut =
            rest.isEmpty
            ? [] : ["\(rest.count) more keys differ: \(rest.joined(separator: ", ")); CSV and JSON have all"]
    }

    /// The keys' names: the last part of a path where it tells the key from the others and from the figures
    /// of a comparison.
    var titles: [String] {
        let last = keys.map(Self.lastPart)
        return zip(keys, last).map { key, name in
            last.count { $0 == name } > 1 || Self.figures.contains(name) ? key : name
        }
    }

    private static let figures = ["method", "seeds", "rounds", "participants", "uplink", "downlink"]

    private static func lastPart(_ key: String) -> String {
        String(key.split(separator: ".").last ?? Substring(key))
    }

    /// A group's values of the keys, a dash for a key that it has not.
    func cells(of group: Comparison.Group) -> [String] {
        let values = Dictionary(group.variation.settings.map { ($0.key, $0.value) }) { first, _ in first }
        return keys.map { values[$0] ?? "–" }
    }

    /// `beta=0.5, clients=10`.
    func label(of group: Comparison.Group) -> String {
        zip(titles, cells(of: group)).map { "\($0)=\($1)" }.joined(separator: ", ")
    }
}

extension RunVariation {
    /// The scenario's name as people read it, without YAML's quotes.
    var title: String {
        guard let quote = scenario.first, quote == "'" || quote == "\"", scenario.count > 1,
            scenario.last == quote
        else { return scenario }
        return String(scenario.dropFirst().dropLast())
    }
}

extension Comparison {
    /// The groups by scenario, in the order of their first runs; those of a sweep in the order of its values.
    static func families(_ groups: [Group]) -> [[Group]] {
        var order: [String] = []
        for group in groups where !order.contains(group.variation.scenario) {
            order.append(group.variation.scenario)
        }
        return order.map { scenario in
            VariantOrder.sorted(groups.filter { $0.variation.scenario == scenario })
        }
    }
}
