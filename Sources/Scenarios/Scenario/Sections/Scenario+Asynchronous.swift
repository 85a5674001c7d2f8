import Foundation

extension Scenario {
    /// The section `asynchronous`: the methods whose server does not wait for rounds.
    public struct Asynchronous: Sendable, Equatable {
        /// Clients that train at the same time.
        public var concurrency: Int = 10
        /// Updates that make one server update of `fedbuff`: K.
        public var buffer: Int = 10
        /// The share of a fresh update in the model of `fedasync`: α.
        public var mixing: Double = 0.6
        /// The weight of the proximal term of the clients of `fedasync`: ρ; `nil` is none.
        public var proximal: Double?
        /// By how much the server goes along the mean of the buffered changes of `fedbuff`: its learning
        /// rate.
        public var serverRate: Double = 1
        /// How an update loses weight with its staleness.
        public var staleness: StalenessWeighting = .polynomial
        /// The a of the weighting.
        public var exponent: Double = 0.5
        /// Up to which staleness the hinge keeps the full weight: b.
        public var hinge: Int = 4
        /// When the run ends if it has not before, in virtual seconds; `nil` leaves it to `training.rounds`.
        public var untilSeconds: Double?

        /// The weight of an update made from a model that is `staleness` server updates old, in `0...1`.
        ///
        /// Xie, Koyejo and Gupta, "Asynchronous Federated Optimization", https://arxiv.org/abs/1903.03934,
        /// section 5.2. The polynomial with a = 0.5 is that of FedBuff, 1 / sqrt(1 + staleness).
        public func weight(staleness: Int) -> Double {
            switch self.staleness {
            case .constant: 1
            case .polynomial: pow(Double(staleness) + 1, -exponent)
            case .hinge: staleness <= hinge ? 1 : 1 / (exponent * Double(staleness - hinge) + 1)
            }
        }
    }

    /// How an update loses weight with its staleness τ.
    public enum StalenessWeighting: String, Sendable, CaseIterable {
        /// Not at all.
        case constant
        /// (τ + 1)^-a.
        case polynomial
        /// 1 up to τ = b, then 1 / (a (τ - b) + 1).
        case hinge
    }
}

extension ScenarioKeys {
    static let asynchronous = [
        ScenarioKey(
            "asynchronous.concurrency", \.asynchronous.concurrency, .integer(1...1_000_000),
            "How many clients train at the same time in fedasync and fedbuff, all where there are fewer; one "
                + "that has uploaded gives its place to another at once."),
        ScenarioKey(
            "asynchronous.buffer", \.asynchronous.buffer, .integer(1...1_000_000),
            "How many updates make one server update of fedbuff (its paper: 10)."),
        ScenarioKey(
            "asynchronous.mixing", \.asynchronous.mixing,
            .number(above: 0, atMost: 1),
            "The share of a fresh update in the model of fedasync (its paper: 0.6, 0.9)."),
        ScenarioKey(
            "asynchronous.proximal", optional: \.asynchronous.proximal, .number(from: 0, to: 1000),
            absent: "no proximal term",
            "The weight of the proximal term that holds the clients of fedasync near the model they were "
                + "sent (its paper's option II)."),
        ScenarioKey(
            "asynchronous.server-rate", \.asynchronous.serverRate,
            .number(above: 0, atMost: 100),
            "The server's learning rate of fedbuff: 1 adds the mean of the buffered changes."),
        ScenarioKey(
            "asynchronous.staleness", \.asynchronous.staleness, .choice,
            "How an update loses weight with the number t of server updates since its model was sent: not at "
                + "all, "
                + "as (t + 1)^-exponent, or beyond hinge as 1 / (exponent (t - hinge) + 1)."),
        ScenarioKey(
            "asynchronous.exponent", \.asynchronous.exponent,
            .number(from: 0, to: 100),
            "The a of the staleness weighting (FedBuff: 0.5; FedAsync: 0.5, and 10 for the hinge)."),
        ScenarioKey(
            "asynchronous.hinge", \.asynchronous.hinge, .integer(0...1_000_000),
            "The staleness up to which the hinge keeps the full weight (FedAsync: 4)."),
        ScenarioKey(
            "asynchronous.until", optional: \.asynchronous.untilSeconds, .span(),
            absent: "only training.rounds",
            "The virtual time at which fedasync and fedbuff end if training.rounds server updates have not "
                + "come "
                + "before."),
    ]
}
