import Foundation

/// How a server combines clients' models where some of them may lie: a pure function of flat vectors.
///
/// A value that is infinite or not a number is no value: the rules by coordinate leave it out, and a model
/// with one is farther away than any other.
public enum RobustRule: Sendable, Hashable {
    /// The median of each coordinate (Yin et al., https://arxiv.org/abs/1803.01498, definition 1).
    case median
    /// The mean of each coordinate without its `trim` smallest and `trim` largest values (the same paper,
    /// definition 2).
    case trimmedMean(trim: Int)
    /// The mean of the `keep` models with the lowest scores, a score being the sum of the squared distances
    /// to the `count − attackers − 2` nearest others: Krum for `keep` 1, otherwise Multi-Krum (Blanchard et
    /// al., https://arxiv.org/abs/1703.02757).
    case krum(attackers: Int, keep: Int)
    /// The mean of changes that are no longer than a limit; `nil` is the median of their lengths (Sun et al.,
    /// https://arxiv.org/abs/1911.07963, section 4: norm thresholding).
    case normClipping(limit: Double?)
    /// The mean of the models whose distance d from the median of each coordinate is at most
    /// median(d) + `deviations` · 1.4826 · median(|d − median(d)|), the factor being that of a normal
    /// distribution's deviation.
    case outlierFilter(deviations: Double)

    /// The combined model, and which models have gone into it, ascending.
    ///
    /// - Parameters:
    ///   - models: The clients' models, all of one layout.
    ///   - bases: The model that each was made of; only norm clipping and the length of changes depend on
    ///     them.
    ///   - weights: Their weights in a mean, not negative, with a positive sum. The rules by coordinate count
    ///     all models the same.
    /// - Precondition: there is a model, and the arrays are equally long.
    public func combine(
        _ models: [ModelVector], bases: [ModelVector], weights: [Double]
    ) -> (model: ModelVector, kept: [Int]) {
        precondition(
            !models.isEmpty && models.count == bases.count && models.count == weights.count,
            "\(models.count) models, \(bases.count) bases, \(weights.count) weights")
        let all = Array(models.indices)
        switch self {
        case .median:
            return (Self.byCoordinate(models, Self.median(of:)), all)
        case .trimmedMean(let trim):
            return (Self.byCoordinate(models) { Self.trimmedMean(of: $0, trim: trim) }, all)
        case .krum(let attackers, let keep):
            let scores = Self.krumScores(models, attackers: attackers)
            let best = all.sorted { (scores[$0], $0) < (scores[$1], $1) }
            let kept = best.prefix(max(1, min(keep, models.count))).sorted()
            return (Self.mean(models, of: kept, weights), kept)
        case .normClipping(let limit):
            return (Self.clipped(models, bases, limit, weights), all)
        case .outlierFilter(let deviations):
            let kept = Self.inliers(models, deviations: deviations)
            return (Self.mean(models, of: kept, weights), kept)
        }
    }
}

// MARK: - By coordinate

extension RobustRule {
    /// The middle of ascending values, or the mean of the two in the middle; not-a-number of none.
    static func median(of sorted: [Float]) -> Float {
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The mean of ascending values without so many at each end, at least one of them.
    static func trimmedMean(of sorted: [Float], trim: Int) -> Float {
        guard !sorted.isEmpty else { return .nan }
        let cut = max(0, min(trim, (sorted.count - 1) / 2))
        let kept = sorted[cut..<sorted.count - cut]
        return Float(kept.reduce(0.0) { $0 + Double($1) } / Double(kept.count))
    }

    private static func byCoordinate(
        _ models: [ModelVector], _ combine: ([Float]) -> Float
    ) -> ModelVector {
        func combined(_ vectors: [[Float]]) -> [Float] {
            var column: [Float] = []
            return vectors[0].indices.map { index in
                column.removeAll(keepingCapacity: true)
                for vector in vectors where vector[index].isFinite { column.append(vector[index]) }
                column.sort()
                return combine(column)
            }
        }
        var result = models[0]
        result.parameters = combined(models.map(\.parameters))
        result.statistics = combined(models.map(\.statistics))
        result.counts = middleCounts(models)
        return result
    }

    /// The median of each number of batches, the lower of two.
    private static func middleCounts(_ models: [ModelVector]) -> [Int64] {
        models[0].counts.indices.map { index in
            models.map { $0.counts[index] }.sorted()[(models.count - 1) / 2]
        }
    }
}

// MARK: - By distance

extension RobustRule {
    /// Krum's score of each model.
    static func krumScores(_ models: [ModelVector], attackers: Int) -> [Double] {
        let count = models.count
        let areUsable = models.map(hasNumbers)
        var distances = Array(repeating: Array(repeating: 0.0, count: count), count: count)
        for first in 0..<count {
            for second in 0..<first {
                let distance =
                    areUsable[first] && areUsable[second]
                    ? squaredDistance(models[first].parameters, models[second].parameters) : .infinity
                distances[first][second] = distance
                distances[second][first] = distance
            }
        }
        let near = max(1, count - attackers - 2)
        return (0..<count).map { model in
            var others = distances[model]
            others.remove(at: model)
            return others.sorted().prefix(near).reduce(0, +)
        }
    }

    /// Which models are not far from the median, ascending; at least half of them.
    static func inliers(_ models: [ModelVector], deviations: Double) -> [Int] {
        let center = byCoordinate(models, median(of:)).parameters
        let distances = models.map {
            hasNumbers($0) ? squaredDistance($0.parameters, center).squareRoot() : .infinity
        }
        let middle = median(distances)
        // Where half of the models are no numbers, so is the spread, and those that are remain.
        let spread = 1.4826 * median(distances.map { abs($0 - middle) })
        let isKnown = spread.isFinite && middle.isFinite
        let limit = isKnown ? middle + deviations * spread : .greatestFiniteMagnitude
        let kept = models.indices.filter { distances[$0] <= limit }
        return kept.isEmpty ? Array(models.indices) : kept
    }

    /// Whether a model's statistics are numbers.
    private static func hasNumbers(_ model: ModelVector) -> Bool { Vectors.areFinite(model.statistics) }

    /// Infinite where it is no number.
    private static func squaredDistance(_ left: [Float], _ right: [Float]) -> Double {
        let distance = Vectors.squaredNorm(Vectors.difference(left, right))
        return distance.isFinite ? distance : .infinity
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.map { $0.isNaN ? .infinity : $0 }.sorted(), middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }
}

// MARK: - Means

extension RobustRule {
    private static func mean(_ models: [ModelVector], of kept: [Int], _ weights: [Double]) -> ModelVector {
        let total = kept.reduce(0) { $0 + weights[$1] }
        let shares = kept.map { total > 0 ? weights[$0] / total : 1 / Double(kept.count) }
        return sum(kept.map { models[$0] }, shares)
    }

    /// Σ share · (base + min(1, limit / ‖change‖) · change); statistics are averaged.
    private static func clipped(
        _ models: [ModelVector], _ bases: [ModelVector], _ limit: Double?, _ weights: [Double]
    ) -> ModelVector {
        let changes = zip(models, bases).map { Vectors.difference($0.parameters, $1.parameters) }
        let lengths = changes.map { Vectors.squaredNorm($0).squareRoot() }
        let limit = limit ?? median(lengths)
        var moved = models
        for index in models.indices {
            moved[index].parameters = bases[index].parameters
            if !hasNumbers(models[index]) {
                moved[index].statistics = bases[index].statistics
            }
            // The change of a model that is no number has no direction.
            guard lengths[index].isFinite else { continue }
            let scale = lengths[index] > limit ? limit / lengths[index] : 1
            Vectors.add(changes[index], to: &moved[index].parameters, scale: Float(scale))
        }
        return mean(moved, of: Array(models.indices), weights)
    }

    private static func sum(_ models: [ModelVector], _ shares: [Double]) -> ModelVector {
        func sum(_ vectors: [[Float]]) -> [Float] {
            var sums = [Double](repeating: 0, count: vectors[0].count)
            for (vector, share) in zip(vectors, shares) {
                for index in sums.indices { sums[index] += share * Double(vector[index]) }
            }
            return sums.map(Float.init)
        }
        var result = models[0]
        result.parameters = sum(models.map(\.parameters))
        result.statistics = sum(models.map(\.statistics))
        result.counts = middleCounts(models)
        return result
    }
}
