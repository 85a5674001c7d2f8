import RunLog

/// The order of a sweep's variants in tables and on pages.
///
/// Runs are in the order in which they were made. A sweep that trains once and re-times the rest makes the
/// trained variants first, so this order may be no order of the values.
package enum VariantOrder {
    /// Groups of one scenario, those of a variant together.
    ///
    /// The order of the first runs is kept where the values of one key after another stand together in it.
    /// Otherwise variants are in the order of the keys' paths, and values in that of their first runs.
    static func sorted(_ groups: [Comparison.Group]) -> [Comparison.Group] {
        var names: [String] = []
        for group in groups where !names.contains(group.name) { names.append(group.name) }
        let keys = Set(groups.flatMap(\.variation.settings).map(\.key)).sorted()
        let values = names.map { name in
            let settings = groups.first { $0.name == name }?.variation.settings ?? []
            let own = Dictionary(settings.map { ($0.key, $0.value) }) { first, _ in first }
            return keys.map { own[$0] ?? "" }
        }
        return order(values).flatMap { index in groups.filter { $0.name == names[index] } }
    }

    /// The places of variants in their order, given the values of the same keys for each.
    package static func order(_ variants: [[String]]) -> [Int] {
        let keys = Array(variants.first?.indices ?? 0..<0)
        guard !isNested(variants, keys: keys) else { return Array(variants.indices) }
        let ranks = keys.map { key in
            var rank: [String: Int] = [:]
            for variant in variants where rank[variant[key]] == nil { rank[variant[key]] = rank.count }
            return rank
        }
        let places = variants.map { variant in keys.map { ranks[$0][variant[$0]] ?? 0 } }
        return variants.indices.sorted { one, other in
            places[one].lexicographicallyPrecedes(places[other])
                || places[one] == places[other] && one < other
        }
    }

    /// Whether the values of one key stand together, and of another one within them, and so on.
    private static func isNested(_ variants: [[String]], keys: [Int]) -> Bool {
        guard variants.count > 2, !keys.isEmpty else { return true }
        for key in keys {
            var blocks: [[[String]]] = []
            for variant in variants {
                if let last = blocks.last?.last, last[key] == variant[key] {
                    blocks[blocks.count - 1].append(variant)
                } else {
                    blocks.append([variant])
                }
            }
            guard Set(blocks.map { $0[0][key] }).count == blocks.count else { continue }
            // Any such key may be the slowest: a part of a nested order is nested too.
            return blocks.allSatisfy { isNested($0, keys: keys.filter { $0 != key }) }
        }
        return false
    }
}
