import Core
import Foundation

/// How a quantity of a population is spread over its members. The unit is the quantity's.
public enum Distribution: Sendable, Hashable {
    /// The same for all.
    case constant(Double)
    /// Equally likely in [from, to).
    case uniform(from: Double, to: Double)
    /// Its logarithm is normal, with deviation `sigma` around the logarithm of `median`.
    case lognormal(median: Double, sigma: Double)
    /// Memoryless, with this mean.
    case exponential(mean: Double)
    /// P(X > x) = (minimum / x)^shape from `minimum` on.
    case pareto(minimum: Double, shape: Double)
    /// One of the values; the chance of each is its weight over the sum of the weights.
    case choice(values: [Double], weights: [Double])

    /// A draw. A constant consumes no randomness.
    ///
    /// - Precondition: the distribution is valid, see ``validate(field:)``.
    public func sample(using generator: inout some RandomNumberGenerator) -> Double {
        switch self {
        case .constant(let value):
            return value
        case .uniform(let from, let to):
            return from + (to - from) * generator.uniform()
        case .lognormal(let median, let sigma):
            return median * exp(sigma * generator.normal())
        case .exponential(let mean):
            return -mean * log(generator.positiveUniform())
        case .pareto(let minimum, let shape):
            // The tail of a small shape is infinite as a number, and zero times that is none.
            let tail = pow(generator.positiveUniform(), -1 / shape)
            return minimum == 0 ? 0 : minimum * tail
        case .choice(let values, let weights):
            var rest = generator.uniform() * weights.reduce(0, +)
            for (value, weight) in zip(values, weights) {
                if rest < weight { return value }
                rest -= weight
            }
            // Rounding can leave a rest after the last weight; a value of weight 0 is never drawn.
            return values[weights.lastIndex { $0 > 0 }!]
        }
    }

    /// The expected value; infinite for a Pareto distribution of shape 1 or less.
    public var mean: Double {
        switch self {
        case .constant(let value): value
        case .uniform(let from, let to): (from + to) / 2
        case .lognormal(let median, let sigma): median * exp(sigma * sigma / 2)
        case .exponential(let mean): mean
        case .pareto(let minimum, let shape):
            minimum == 0 ? 0 : shape > 1 ? shape * minimum / (shape - 1) : .infinity
        case .choice(let values, let weights):
            zip(values, weights).map { $0 * $1 }.reduce(0, +) / weights.reduce(0, +)
        }
    }

    /// Checks the parameters of a quantity that must be positive: a rate, a speed, a mean time.
    ///
    /// - Parameter field: where the distribution stands, for the error.
    /// - Throws: ``SimulatorError/invalidQuantity(field:value:allowed:)``.
    public func validate(field: String) throws {
        switch self {
        case .constant(let value):
            try requirePositive(value, field)
        case .uniform(let from, let to):
            try requirePositive(from, "\(field).uniform.from")
            try require(to, "\(field).uniform.to", "finite and at least \(from)") { $0 >= from }
        case .lognormal(let median, let sigma):
            try requirePositive(median, "\(field).lognormal.median")
            try require(sigma, "\(field).lognormal.sigma", "finite and 0 or more") { $0 >= 0 }
        case .exponential(let mean):
            try requirePositive(mean, "\(field).exponential.mean")
        case .pareto(let minimum, let shape):
            try requirePositive(minimum, "\(field).pareto.minimum")
            try requirePositive(shape, "\(field).pareto.shape")
        case .choice(let values, let weights):
            try validateChoice(values: values, weights: weights, field: "\(field).choice")
        }
    }

    private func validateChoice(values: [Double], weights: [Double], field: String) throws {
        try require(Double(values.count), "\(field).values count", "1 or more") { $0 >= 1 }
        let expected = "one for each of \(values.count) values"
        try require(Double(weights.count), "\(field).weights count", expected) { Int($0) == values.count }
        for (index, value) in values.enumerated() { try requirePositive(value, "\(field).values[\(index)]") }
        for (index, weight) in weights.enumerated() {
            try require(weight, "\(field).weights[\(index)]", "finite and 0 or more") { $0 >= 0 }
        }
        try require(weights.reduce(0, +), "\(field).weights sum", "greater than 0") { $0 > 0 }
    }
}

private func requirePositive(_ value: Double, _ field: String) throws {
    try require(value, field, "finite and greater than 0") { $0 > 0 }
}

private func require(
    _ value: Double, _ field: String, _ allowed: String, _ isAllowed: (Double) -> Bool
) throws {
    guard value.isFinite, isAllowed(value) else {
        throw SimulatorError.invalidQuantity(field: field, value: value, allowed: allowed)
    }
}
