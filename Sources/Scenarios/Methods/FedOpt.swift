/// FedAdagrad, FedAdam and FedYogi: FedAvg whose server is an adaptive optimizer.
///
/// Reddi et al., "Adaptive Federated Optimization", https://arxiv.org/abs/2003.00295, algorithm 2:
/// m ← β₁ m + (1 − β₁) Δ; v by the optimizer's rule, from v = τ²; w ← w + η m / (√v + τ). There is no bias
/// correction, as in the paper.
///
/// Not as in the paper: its experiments give Adagrad no momentum (β₁ = 0), here all three have
/// `fedopt.beta1`; its clients make plain steps, here the scenario's; batch norm's statistics are those of
/// the mean. Δ is the plain mean, as there, unless `training.averaging` says otherwise.
public struct FedOpt: FederatedMethod {
    public let name: String
    public let summary: String
    private let kind: AdaptiveRule.Kind

    /// v ← v + Δ².
    public static let adagrad = FedOpt(
        name: "fedadagrad", summary: "FedAvg with Adagrad at the server", kind: .adagrad)
    /// v ← β₂ v + (1 − β₂) Δ².
    public static let adam = FedOpt(
        name: "fedadam", summary: "FedAvg with Adam at the server", kind: .adam)
    /// v ← v − (1 − β₂) Δ² sign(v − Δ²).
    public static let yogi = FedOpt(
        name: "fedyogi", summary: "FedAvg with Yogi at the server", kind: .yogi)

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let settings = federation.scenario.fedopt
        try await federation.playRounds(
            with: AdaptiveRule(
                kind, rate: settings.rate, beta1: settings.beta1, beta2: settings.beta2, tau: settings.tau))
    }
}

/// The step of an adaptive optimizer at the server.
package struct AdaptiveRule: ServerRule {
    /// How the mean of the squares is kept.
    package enum Kind: String, Sendable, Codable {
        case adagrad, adam, yogi
    }

    package static let name = "adaptive"

    let kind: Kind
    let rate: Double
    let beta1: Double
    let beta2: Double
    let tau: Double

    private enum CodingKeys: String, CodingKey { case kind, rate, beta1, beta2, tau }

    /// Makes the rule.
    package init(_ kind: Kind, rate: Double, beta1: Double, beta2: Double, tau: Double) {
        self.kind = kind
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.tau = tau
    }

    package var initialMemory: [Float] { [0, Float(tau * tau)] }

    package func step(_ weights: inout [Float], change: [Float], memory: inout [[Float]]) {
        let rate = Float(rate), tau = Float(tau)
        let keep = Float(beta1), take = Float(1 - beta1), takeSquares = Float(1 - beta2)
        var mean = memory[0], squares = memory[1]
        memory = []
        weights.withUnsafeMutableBufferPointer { weights in
            mean.withUnsafeMutableBufferPointer { mean in
                squares.withUnsafeMutableBufferPointer { squares in
                    change.withUnsafeBufferPointer { change in
                        for index in weights.indices {
                            let square = change[index] * change[index], old = squares[index]
                            mean[index] = keep * mean[index] + take * change[index]
                            switch kind {
                            case .adagrad: squares[index] = old + square
                            case .adam: squares[index] = old + takeSquares * (square - old)
                            case .yogi:
                                let sign: Float = old > square ? 1 : old < square ? -1 : 0
                                squares[index] = old - takeSquares * square * sign
                            }
                            weights[index] += rate * mean[index] / (squares[index].squareRoot() + tau)
                        }
                    }
                }
            }
        }
        memory = [mean, squares]
    }
}
