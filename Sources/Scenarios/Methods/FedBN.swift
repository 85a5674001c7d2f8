import Models
import RunLog
import Simulator

/// FedBN: FedAvg of everything but batch norm, which every client keeps to itself.
///
/// Li et al., "FedBN: Federated Learning on Non-IID Features via Local Batch Normalization",
/// https://arxiv.org/abs/2102.07623, algorithm 1: weights, biases and statistics of batch norm neither travel
/// nor are averaged. There is no global model: accuracy is the mean over the clients that have taken part so
/// far, each with its own batch norm, on all test images.
///
/// Not as in the paper, which tests each client's model on images of the client's own domain. Clients that
/// have not taken part yet have no model and do not count. Clients are averaged uniformly unless
/// `training.averaging` says otherwise.
public struct FedBN: FederatedMethod {
    public let name = "fedbn"
    public let summary = "FedAvg without batch norm, which every client keeps to itself"

    public var needsBatchNorm: Bool { true }

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server, memories = federation.context.memories
        let initial = try await server.shared(server.initialModel())
        try await federation.playRounds(from: initial) { client, shared in
            try await client.obtain(shared)
            let own = memories[client.id, "model"]
            let local = try await client.train(
                LocalTraining(start: .merged(shared: shared.bytes, own: own)))
            try await client.upload(client.shared(local))
            memories[client.id, "model"] = local.bytes
        } ended: { round, shared in
            let models = memories.clients(with: "model").map { client in
                PersonalModel(
                    client: client, weights: .merged(shared: shared.bytes, own: memories[client, "model"]))
            }
            try federation.end(round: round, personal: models, shared: shared)
        } aggregate: { updates, _ in
            try await server.average(updates, scope: .shared)
        }
    }

    /// A state without what clients keep.
    package static func shared(_ state: [UInt8]) throws -> [UInt8] {
        let file = try SafetensorsFile(bytes: state)
        let local = StateScope.localNames(in: file.declarations)
        let tensors = try file.names.filter { !local.contains($0) }
            .map { (name: $0, tensor: try file.tensor(named: $0)) }
        return Safetensors.encode(tensors, metadata: file.metadata)
    }
}

extension Client {
    /// The part of its model that it shares.
    fileprivate func shared(_ local: ModelState) async throws -> ModelState {
        let bytes = context.machinery.sizes.bytes(
            of: context.classifier, .shared,
            metadata: ModelState.metadata(samples: local.samples, steps: local.steps))
        let work = SharedPart(context.classifier, of: local.bytes, sizes: DerivedSizes(main: bytes))
        return local.sharing(try await context.perform(work, client: id, on: device).output)
    }
}

extension Server {
    /// The part of a model that is shared.
    fileprivate func shared(_ model: ModelState) async throws -> ModelState {
        let bytes = context.machinery.sizes.bytes(of: context.classifier, .shared)
        let work = SharedPart(context.classifier, of: model.bytes, sizes: DerivedSizes(main: bytes))
        return model.sharing(try await context.perform(work, on: device).output)
    }
}

extension ModelState {
    /// The model without what clients keep.
    fileprivate func sharing(_ made: DerivedBytes) -> ModelState {
        var state = ModelState(bytes: made.main, samples: samples, steps: steps, scope: .shared)
        state.base = base
        return state
    }
}

/// Takes from a state what is shared: all but batch norm.
package struct SharedPart: Derivation {
    package static let activity = WorkKind.share

    package let model: ClassifierReference
    let state: StoredBytes
    package var sizes = DerivedSizes()

    private enum CodingKeys: String, CodingKey { case model, state }

    package init(_ model: ClassifierReference, of state: StoredBytes, sizes: DerivedSizes) {
        self.model = model
        self.state = state
        self.sizes = sizes
    }

    package var inputs: [StoredBytes] { [state] }
    package var operations: Double { 0 }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        (try FedBN.shared(inputs[0]), nil)
    }
}

extension WorkKind {
    /// Preparation of the part of a model that is shared.
    static let share = WorkKind(
        "share", meaning: "FedBN: batch norm is left out of a model that is sent.")
}
