import RunLog

/// Which runs of two files belong together: those that are most alike, each once.
///
/// First all of equal scenario, method and seed are paired, then those of equal name, method and seed, then
/// those of the method and seed, then those of the method alone; runs that are equally alike in their order.
/// Where no two have a method in common, the first of each are a pair.
struct RunPairing {
    /// In the order of the first file.
    let pairs: [(RunSummary, RunSummary)]
    /// How many runs of both files have no counterpart.
    let unpaired: Int

    /// - Complexity: O(m · n) for m and n runs.
    init(_ left: [RunSummary], _ right: [RunSummary]) {
        let likenesses: [(RunSummary, RunSummary) -> Bool] = [
            { Self.areOfOneKind($0, $1) && $0.scenarioSHA256 == $1.scenarioSHA256 },
            { Self.areOfOneKind($0, $1) && $0.name == $1.name },
            Self.areOfOneKind,
            { $0.method == $1.method },
        ]
        var partners: [Int: Int] = [:]
        var free = Array(right.indices)
        for areAlike in likenesses {
            for (index, run) in left.enumerated() where partners[index] == nil {
                guard let place = free.firstIndex(where: { areAlike(run, right[$0]) }) else { continue }
                partners[index] = free.remove(at: place)
            }
        }
        if partners.isEmpty, !left.isEmpty, !right.isEmpty { partners[0] = 0 }
        pairs = left.indices.compactMap { index in partners[index].map { (left[index], right[$0]) } }
        unpaired = left.count + right.count - 2 * pairs.count
    }

    private static func areOfOneKind(_ one: RunSummary, _ other: RunSummary) -> Bool {
        one.method == other.method && one.seed == other.seed
    }
}
