import Models
import RunLog

/// FedDyn: clients add a term to their loss that changes from round to round, so that the stationary points
/// of their losses come to agree with that of the mean loss.
///
/// Acar et al., "Federated Learning Based on Dynamic Regularization", https://arxiv.org/abs/2111.04263,
/// algorithm 1: client k minimizes Lₖ(θ) − ⟨gₖ, θ⟩ + α/2 · ‖θ − θᵗ⁻¹‖², then gₖ ← gₖ − α (θₖ − θᵗ⁻¹), with gₖ
/// the gradient of its last local loss, zero at first. The server keeps h ← h − α/m · Σ (θₖ − θᵗ⁻¹) over the
/// clients of the round, m being all clients, and sends the mean of their models minus h / α. Nothing travels
/// but models.
///
/// Not as in the paper: the minimum is approached by the scenario's local epochs, as in its experiments; the
/// mean is that of `training.averaging`; momentum is the scenario's (`momentum: 0` is the paper's); batch
/// norm's statistics are those of the mean.
public struct FedDyn: FederatedMethod {
    public let name = "feddyn"
    public let summary = "FedAvg with a dynamic regularizer at the clients and its sum at the server"

    /// The section `feddyn`.
    public struct Settings: MethodSettings {
        public static let section = "feddyn"
        /// The weight of the regularizer: α.
        public var alpha = 0.01

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "alpha", of: "feddyn", at: \Settings.alpha, .number(above: 0, atMost: 1000),
            "The weight of FedDyn's dynamic regularizer (its paper: 0.1, 0.01, 0.001, by task).")
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server, alpha = federation.scenario[Settings.self].alpha
        var memory: StoredBytes?
        try await federation.playRounds(from: server.initialModel()) { client, global in
            try await client.obtain(global)
            let own = client.ownGradient
            let local = try await client.train(
                LocalTraining(correction: LocalCorrection(mu: alpha, minus: own)))
            let next = try await client.gradient(after: own, from: global, to: local, alpha: alpha)
            try await client.upload(local, keeping: ["gradient": next])
        } aggregate: { updates, global in
            let mean = try await server.average(updates)
            let share = Double(updates.count) / Double(federation.scenario.clients)
            let rule = DynamicRule(alpha: alpha, share: share)
            let (model, kept) = try await server.step(by: rule, from: global, toward: mean, memory: memory)
            memory = kept
            return model
        }
    }
}

/// The server's step: h ← h − α · share · Δ, θ ← θ + Δ − h / α, with the mean change Δ of the clients of a
/// round and their share among all.
package struct DynamicRule: ServerRule {
    package static let name = "dynamic"
    let alpha: Double
    let share: Double

    private enum CodingKeys: String, CodingKey { case alpha, share }

    /// Makes the rule.
    package init(alpha: Double, share: Double) {
        self.alpha = alpha
        self.share = share
    }

    package var initialMemory: [Float] { [0] }

    package func step(_ weights: inout [Float], change: [Float], memory: inout [[Float]]) {
        Vectors.add(change, to: &memory[0], scale: -Float(alpha * share))
        Vectors.add(change, to: &weights)
        Vectors.add(memory[0], to: &weights, scale: -Float(1 / alpha))
    }
}

extension Client {
    /// The gradient of its last local loss; `nil` is zero.
    fileprivate var ownGradient: StoredBytes? { context.memories[id, "gradient"] }

    /// That gradient after a training.
    fileprivate func gradient(
        after own: StoredBytes?, from start: ModelState, to end: ModelState, alpha: Double
    ) async throws -> StoredBytes {
        let work = DynamicGradient(
            context.classifier, from: start.bytes, to: end.bytes, own: own, alpha: alpha,
            sizes: DerivedSizes(main: context.machinery.sizes.bytes(of: context.classifier, .parameters)))
        return try await context.perform(work, client: id, on: device).output.main
    }
}

// MARK: - Work

/// The gradient of a client's local loss after a training, gₖ − α (θₖ − θᵗ⁻¹).
package struct DynamicGradient: Derivation {
    package static let kind = "dynamic-gradient"
    package static let activity = WorkKind.gradient

    package let model: ClassifierReference
    /// The model that was trained.
    let start: StoredBytes
    /// What became of it.
    let end: StoredBytes
    /// The gradient before; `nil` is zero.
    let own: StoredBytes?
    let alpha: Double
    package var sizes = DerivedSizes()

    private enum CodingKeys: String, CodingKey { case model, start, end, own, alpha }

    package init(
        _ model: ClassifierReference, from start: StoredBytes, to end: StoredBytes, own: StoredBytes?,
        alpha: Double, sizes: DerivedSizes
    ) {
        self.model = model
        self.start = start
        self.end = end
        self.own = own
        self.alpha = alpha
        self.sizes = sizes
    }

    package var inputs: [StoredBytes] { [start, end] + (own.map { [$0] } ?? []) }
    package var operations: Double { 3 }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        let vectors = try inputs.map { try ModelVector(decoding: $0).parameters }
        let next = Self.next(
            own: vectors.count > 2 ? vectors[2] : nil, start: vectors[0], end: vectors[1], alpha: alpha)
        let layout = StateScope.parameters.layout(of: architecture.stateLayout)
        return (ModelVector(layout: layout, parameters: next).encoded(), nil)
    }

    /// gₖ − α (θₖ − θᵗ⁻¹), with gₖ zero for `nil`.
    package static func next(own: [Float]?, start: [Float], end: [Float], alpha: Double) -> [Float] {
        var next = own ?? [Float](repeating: 0, count: start.count)
        Vectors.add(Vectors.difference(end, start), to: &next, scale: -Float(alpha))
        return next
    }
}

extension WorkKind {
    /// The renewal of a client's gradient.
    static let gradient = WorkKind(
        "gradient", meaning: "FedDyn: a client's gradient of its last local loss is renewed.")
}
