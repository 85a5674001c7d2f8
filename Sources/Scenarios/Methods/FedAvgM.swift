/// FedAvgM: FedAvg whose server goes on with momentum.
///
/// Hsu, Qi and Brown, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual
/// Classification", https://arxiv.org/abs/1909.06335, section 4.3: v ← β v + Δ, w ← w + η v.
///
/// Not as in the paper: Δ is the mean in which clients count the same, unless `training.averaging: samples`
/// asks for its n_k / n; the server's rate η is the paper's 1 unless given; batch norm's statistics are those
/// of the mean.
public struct FedAvgM: FederatedMethod {
    public let name = "fedavgm"
    public let summary = "FedAvg with momentum at the server"

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let settings = federation.scenario.fedavgm
        try await federation.playRounds(with: MomentumRule(rate: settings.rate, momentum: settings.momentum))
    }
}

/// v ← β v + Δ, w ← w + η v.
package struct MomentumRule: ServerRule {
    package static let name = "momentum"

    let rate: Double
    let momentum: Double

    private enum CodingKeys: String, CodingKey { case rate, momentum }

    /// Makes the rule.
    package init(rate: Double, momentum: Double) {
        self.rate = rate
        self.momentum = momentum
    }

    package var initialMemory: [Float] { [0] }

    package func step(_ weights: inout [Float], change: [Float], memory: inout [[Float]]) {
        let rate = Float(rate), momentum = Float(momentum)
        var velocity = memory[0]
        memory[0] = []
        weights.withUnsafeMutableBufferPointer { weights in
            velocity.withUnsafeMutableBufferPointer { velocity in
                change.withUnsafeBufferPointer { change in
                    for index in weights.indices {
                        velocity[index] = momentum * velocity[index] + change[index]
                        weights[index] += rate * velocity[index]
                    }
                }
            }
        }
        memory[0] = velocity
    }
}
