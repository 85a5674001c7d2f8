import Core
import Foundation

/// Clipping and Gaussian noise for a client's update of a model.
///
/// McMahan et al., "Learning Differentially Private Recurrent Language Models",
/// https://arxiv.org/abs/1710.06963, algorithm 1 with flat clipping: the change Δ becomes Δ · min(1, S /
/// ‖Δ‖₂), and normal noise of deviation z · S is added to a sum of such changes. All that a client uploads
/// counts in the norm: parameters and batch norm's means and variances. Numbers of batches say only how many
/// steps were made; they stay those of the base.
public enum GaussianMechanism {
    /// Brings `update` as near to `base` as its change is to have at most the norm `limit`.
    ///
    /// - Returns: the norm before.
    /// - Precondition: both have one layout, and `limit` is positive.
    @discardableResult
    public static func clip(_ update: inout ModelVector, base: ModelVector, limit: Double) -> Double {
        precondition(update.layout == base.layout && limit > 0, "clipping to \(limit)")
        var parameters = Vectors.difference(update.parameters, base.parameters)
        var statistics = Vectors.difference(update.statistics, base.statistics)
        let norm = (Vectors.squaredNorm(parameters) + Vectors.squaredNorm(statistics)).squareRoot()
        update.counts = base.counts
        if norm > limit {
            let scale = Float(limit / norm)
            Vectors.scale(&parameters, by: scale)
            Vectors.scale(&statistics, by: scale)
            update.parameters = base.parameters
            update.statistics = base.statistics
            Vectors.add(parameters, to: &update.parameters)
            Vectors.add(statistics, to: &update.statistics)
        }
        return norm
    }

    /// Adds normal noise of a standard deviation to parameters and statistics. A variance that would become
    /// negative becomes zero, which reveals no more.
    public static func addNoise(to model: inout ModelVector, deviation: Double, seed: UInt64) {
        guard deviation > 0 else { return }
        var generator = RandomStream(seed: seed)
        add(to: &model.parameters, deviation, &generator)
        add(to: &model.statistics, deviation, &generator)
        var start = 0
        for declaration in model.layout where declaration.part == .statistics {
            let range = start..<start + declaration.elementCount
            start = range.upperBound
            guard declaration.name.hasSuffix("running_var") else { continue }
            for index in range { model.statistics[index] = max(0, model.statistics[index]) }
        }
    }

    /// Box and Muller's transform, both numbers of a pair.
    private static func add(to values: inout [Float], _ deviation: Double, _ generator: inout RandomStream) {
        values.withUnsafeMutableBufferPointer { values in
            for index in stride(from: 0, to: values.count, by: 2) {
                let radius = deviation * (-2 * log(1 - generator.uniform())).squareRoot()
                let angle = 2 * Double.pi * generator.uniform()
                values[index] += Float(radius * cos(angle))
                if index + 1 < values.count { values[index + 1] += Float(radius * sin(angle)) }
            }
        }
    }
}
