import Core
import Foundation

/// How the links of clients change over time: rates from a trace, factors that are the same for all, and
/// fading.
///
/// Everything is constant between two changes, and the star is exact in between.
public struct LinkChanges: Sendable {
    /// What a trace says of a client's link.
    public struct State: Sendable, Hashable {
        /// In bytes/s.
        public var rates: LinkRates
        /// Time before the first byte of a transfer moves; `nil` for that of the client's link.
        public var latency: SimDuration?

        /// Makes a state.
        public init(rates: LinkRates, latency: SimDuration? = nil) {
            self.rates = rates
            self.latency = latency
        }
    }

    /// Random factors on both rates of a client: lognormal with median 1, correlated in time.
    ///
    /// The logarithm is a moving average of independent normal draws with geometric weights, so that the
    /// factor at any instant is a function of (seed, client, interval).
    public struct Fading: Sendable, Hashable {
        /// Standard deviation of the factor's logarithm.
        public var sigma: Double
        /// How long a factor lasts.
        public var interval: SimDuration
        /// Correlation of the logarithms of neighbouring intervals, 0 to 0.95.
        public var correlation: Double

        /// Makes a rule.
        ///
        /// - Precondition: `interval` is positive, `correlation` is in `0...0.95`, `sigma` is not negative.
        public init(sigma: Double, interval: SimDuration, correlation: Double) {
            precondition(sigma >= 0 && interval > .zero && (0...0.95).contains(correlation))
            self.sigma = sigma
            self.interval = interval
            self.correlation = correlation
        }

        /// Terms of the average: those beyond have less than a thousandth of the first one's weight.
        private static let longest = 135

        /// The factor of an interval, counted from 0.
        func factor(of client: Int, interval number: Int64, seed: UInt64) -> Double {
            var sum = 0.0, squares = 0.0, weight = 1.0
            for lag in 0..<Int64(Self.longest) where weight > 1e-3 {
                var stream = RandomStream(seed: seed, entity: client, purpose: "fading/\(number - lag)")
                sum += weight * stream.normal()
                squares += weight * weight
                weight *= correlation
            }
            return exp(sigma * sum / squares.squareRoot()).clamped(to: 1e-6...1e6)
        }
    }

    private let seed: UInt64
    private let trace: (@Sendable (Int) -> PiecewiseConstant<State>)?
    private let factor: PiecewiseConstant<Double>?
    private let fading: Fading?

    /// Describes changes.
    ///
    /// - Parameters:
    ///   - seed: of the run.
    ///   - trace: the state of a client's link over time, in place of its constant one.
    ///   - factor: what the rates of all clients are multiplied with.
    ///   - fading: what the rates of each client are multiplied with, too.
    public init(
        seed: UInt64, trace: (@Sendable (Int) -> PiecewiseConstant<State>)? = nil,
        factor: PiecewiseConstant<Double>? = nil, fading: Fading? = nil
    ) {
        self.seed = seed
        self.trace = trace
        self.factor = factor
        self.fading = fading
    }

    /// The state of a client's link at an instant, and when it changes next, `nil` where it does not.
    public func state(
        of client: Int, link: ClientLink, at instant: SimInstant
    ) -> (state: State, until: SimInstant?) {
        var state = State(rates: LinkRates(uplink: link.uplink.value, downlink: link.downlink.value))
        var ends: [SimInstant] = []
        if let trace {
            let (value, until) = trace(client).value(at: instant)
            state = value
            if let until { ends.append(until) }
        }
        var scale = 1.0
        if let factor {
            let (value, until) = factor.value(at: instant)
            scale *= value
            if let until { ends.append(until) }
        }
        if let fading {
            let number = instant.nanoseconds / fading.interval.nanoseconds
            scale *= fading.factor(of: client, interval: number, seed: seed)
            let begin = SimInstant(nanoseconds: number * fading.interval.nanoseconds)
            ends.append(begin.advanced(by: fading.interval))
        }
        state.rates.uplink *= scale
        state.rates.downlink *= scale
        return (state, ends.min())
    }
}
