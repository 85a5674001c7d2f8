import Foundation

/// Counts the privacy that rounds of the Gaussian mechanism on sampled clients spend, by Rényi divergences.
///
/// Mironov, Talwar and Zhang, "Rényi Differential Privacy of the Sampled Gaussian Mechanism",
/// https://arxiv.org/abs/1908.10530, section 3.3; orders as in Google's dp-accounting. The analysis
/// assumes Poisson sampling, where each client takes part independently with the same probability, and
/// neighbouring federations that differ by adding or removing one client. Rounds of a fixed number of clients
/// drawn without replacement are counted at their fraction, as is usual. That is an approximation, not a
/// bound; Wang, Balle and Kasiviswanathan, https://arxiv.org/abs/1808.00087, give a bound, which is larger.
public struct RenyiAccountant: Sendable {
    /// How divergences become (ε, δ).
    public enum Conversion: Sendable {
        /// ε = ρ + ln(1 / δ) / (α − 1): Mironov 2017, https://arxiv.org/abs/1702.07476, proposition 3.
        case classic
        /// Balle et al. 2020, https://arxiv.org/abs/1905.09982, theorem 21: never above `classic`.
        case improved
    }

    /// The Rényi orders that are looked at, ascending: the least ε of them counts, and each set has a least
    /// one that it can tell.
    public enum Orders: Sendable {
        /// 1.1 to 10.9 in tenths, 11 to 63, 128, 256, 512, 1024: those of dp-accounting.
        case wide
        /// 1.1 to 10.9 in tenths, and 12 to 63: those of TensorFlow Privacy and Opacus.
        case narrow

        /// The orders as numbers.
        public var values: [Double] {
            switch self {
            case .wide: Self.wideValues
            case .narrow: Self.narrowValues
            }
        }

        private static let tenths = (1..<100).map { 1 + Double($0) / 10 }
        private static let wideValues = tenths + (11..<64).map(Double.init) + [128, 256, 512, 1024]
        private static let narrowValues = tenths + (12..<64).map(Double.init)
    }

    private let orders: [Double]
    /// The divergence spent so far, at each order.
    private var spent: [Double]

    /// Nothing is spent.
    public init(_ orders: Orders = .wide) {
        self.orders = orders.values
        spent = Array(repeating: 0, count: self.orders.count)
    }

    /// Adds rounds.
    ///
    /// - Parameters:
    ///   - noise: the deviation of the noise over the largest norm of one client's part: z.
    ///   - rate: the fraction of the clients in a round, in `0...1`.
    ///   - rounds: how many.
    public mutating func add(noise: Double, rate: Double, rounds: Int = 1) {
        precondition(noise >= 0 && (0...1).contains(rate) && rounds >= 0, "noise \(noise), rate \(rate)")
        for (index, order) in orders.enumerated() {
            spent[index] += Double(rounds) * Self.divergence(noise: noise, rate: rate, order: order)
        }
    }

    /// The ε that goes with δ; infinite without noise.
    public func epsilon(delta: Double, _ conversion: Conversion = .improved) -> Double {
        precondition(delta > 0 && delta < 1, "delta \(delta)")
        guard spent.contains(where: { $0 > 0 }) else { return 0 }
        var least = Double.infinity
        for (divergence, order) in zip(spent, orders) {
            let epsilon =
                switch conversion {
                case .classic: divergence - log(delta) / (order - 1)
                case .improved: divergence - (log(delta) + log(order)) / (order - 1) + log1p(-1 / order)
                }
            least = min(least, epsilon)
        }
        return max(0, least)
    }

    /// The most noise that is looked for.
    public static let mostNoise = 1e6

    /// The ε that rounds without sampling spend.
    ///
    /// - Parameters:
    ///   - noise: the deviation over the largest norm of one part: z.
    ///   - delta: δ.
    ///   - rounds: how many, above 0.
    ///   - orders: the orders that are looked at.
    public static func epsilon(
        noise: Double, delta: Double, rounds: Int, _ orders: Orders = .wide
    ) -> Double {
        precondition(rounds > 0, "\(rounds) rounds")
        var accountant = RenyiAccountant(orders)
        accountant.add(noise: noise, rate: 1, rounds: rounds)
        return accountant.epsilon(delta: delta)
    }

    /// The least noise with which rounds without sampling spend at most ε.
    ///
    /// - Parameters:
    ///   - epsilon: ε.
    ///   - delta: δ.
    ///   - rounds: how many, above 0.
    ///   - orders: the orders that are looked at.
    /// - Returns: the deviation over the largest norm of one part, to a relative 1e-9; `nil` where no noise
    ///   up to ``mostNoise`` is enough: the orders have a least ε for each δ.
    public static func noise(
        epsilon: Double, delta: Double, rounds: Int, _ orders: Orders = .wide
    ) -> Double? {
        func spent(_ noise: Double) -> Double {
            Self.epsilon(noise: noise, delta: delta, rounds: rounds, orders)
        }
        var low = 1e-3, high = mostNoise
        guard spent(high) <= epsilon else { return nil }
        if spent(low) <= epsilon { return low }
        while high / low > 1 + 1e-9 {
            let middle = (low * high).squareRoot()
            if spent(middle) <= epsilon { high = middle } else { low = middle }
        }
        return high
    }

    /// The Rényi divergence of one round at an order.
    static func divergence(noise: Double, rate: Double, order: Double) -> Double {
        if rate == 0 { return 0 }
        if noise == 0 { return .infinity }
        if rate == 1 { return order / (2 * noise * noise) }
        let moment =
            order == order.rounded()
            ? wholeMoment(noise, rate, Int(order)) : fractionalMoment(noise, rate, order)
        return max(0, moment) / (order - 1)
    }

    /// ln Σᵢ C(α, i) qⁱ (1 − q)^(α − i) exp(i (i − 1) / 2z²).
    private static func wholeMoment(_ noise: Double, _ rate: Double, _ order: Int) -> Double {
        var total = -Double.infinity, coefficient = 0.0
        for i in 0...order {
            if i > 0 { coefficient += log(Double(order - i + 1) / Double(i)) }
            let k = Double(i)
            total = logSum(
                total,
                coefficient + k * log(rate) + Double(order - i) * log1p(-rate) + k * (k - 1)
                    / (2 * noise * noise))
        }
        return total
    }

    /// The same for any α > 1: two series, whose terms change sign beyond α.
    private static func fractionalMoment(_ noise: Double, _ rate: Double, _ order: Double) -> Double {
        let middle = noise * noise * log(1 / rate - 1) + 0.5
        // Sums of positive and of negative terms apart: a difference of logarithms is taken once.
        var positive = -Double.infinity, negative = -Double.infinity
        var coefficient = 0.0, isPositive = true
        for step in 0..<10_000 {
            let i = Double(step), j = order - i
            let left =
                coefficient + i * log(rate) + j * log1p(-rate) + i * (i - 1) / (2 * noise * noise)
                + logTail((i - middle) / noise)
            let right =
                coefficient + j * log(rate) + i * log1p(-rate) + j * (j - 1) / (2 * noise * noise)
                + logTail((middle - j) / noise)
            let term = logSum(left, right)
            if isPositive { positive = logSum(positive, term) } else { negative = logSum(negative, term) }
            if max(left, right) < -30, i > order { break }
            // C(α, i + 1) = C(α, i) (α − i) / (i + 1).
            if j < 0 { isPositive.toggle() }
            coefficient += log(abs(j) / (i + 1))
        }
        return positive + log1p(-exp(negative - positive))
    }

    /// ln(eᵃ + eᵇ).
    private static func logSum(_ a: Double, _ b: Double) -> Double {
        let high = max(a, b)
        return high == -.infinity ? high : high + log1p(exp(min(a, b) - high))
    }

    /// ln of the chance that a standard normal number is above x.
    private static func logTail(_ x: Double) -> Double {
        if x < 30 { return log(0.5 * erfc(x / 2.0.squareRoot())) }
        // The asymptotic series of erfc, to a relative error below 1e-6.
        return -x * x / 2 - log(x * (2 * Double.pi).squareRoot()) + log1p(-1 / (x * x) + 3 / (x * x * x * x))
    }
}
