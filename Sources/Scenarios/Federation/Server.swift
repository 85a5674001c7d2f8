import Models
import Simulator

/// The coordinator: receives what clients upload, synthesizes, trains, averages and sends models.
public final class Server {
    /// What it computes on.
    let device: ClientDevice
    let context: RunContext
    private var descriptions: [Int: ImageDescription] = [:]
    private var updates: [Int: ModelUpdate] = [:]

    init(device: ClientDevice, context: RunContext) {
        self.device = device
        self.context = context
    }

    /// Takes a message whose last byte has arrived.
    ///
    /// - Throws: `FederationError.malformedPrompts`, `.malformedEmbeddings`, `.malformedTokens` where its
    ///   content is not what it should be.
    func receive(_ message: Message, from client: Int) throws {
        guard context.admits(message, from: client) else { return }
        switch (message.payload, message.body) {
        case (.embeddings, .inline(let bytes)):
            descriptions[client] = .embeddings(
                try PromptEmbeddingCodec.decode(bytes), context.scenario.synthesis.embeddingPrecision)
        case (.tokens, .inline(let bytes)):
            descriptions[client] = .words(
                try TokenEmbeddingCodec.decode(bytes), context.scenario.synthesis.embeddingPrecision)
        case (_, .inline(let bytes)):
            descriptions[client] = .prompts(try PromptCodec.decode(bytes))
        case (_, .personalization(let personalization, let prompts)):
            descriptions[client] = .personalized(prompts, personalization)
        case (_, .update(let update)):
            updates[client] = update
        case (_, .stored):
            preconditionFailure("client \(client) uploads a state outside an update")
        }
    }

    /// The descriptions received since they were last taken, by client.
    func takeDescriptions() -> [(client: Int, description: ImageDescription)] {
        defer { descriptions = [:] }
        return descriptions.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// What descriptions ask the server to synthesize, all clients together: each distinct prompt, embedding
    /// or word once, by label and then text.
    func requests(for descriptions: [(client: Int, description: ImageDescription)]) -> [SynthesisRequest] {
        SynthesisRequest.merged(
            descriptions.map(\.description), template: context.scenario.synthesis.template)
    }

    /// How many updates have been received and not been taken.
    var updateCount: Int { updates.count }

    /// The updates received since they were last taken, as they came, by client.
    func takeUpdates() -> [(client: Int, update: ModelUpdate)] {
        defer { updates = [:] }
        return updates.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Averages updates, uniformly or by the numbers of images, and adds the noise of differential privacy
    /// where that is the server's to add.
    ///
    /// - Precondition: there is at least one.
    public func average(_ updates: [ReceivedUpdate]) async throws -> ModelState {
        try await average(updates, scope: .whole)
    }

    /// As above, of states of some scope.
    func average(_ updates: [ReceivedUpdate], scope: StateScope) async throws -> ModelState {
        if let rule = context.scenario.aggregation.robustRule(updates: updates.count) {
            return try await combine(updates, by: rule, scope: scope)
        }
        let work = Averaging(
            context.classifier, of: updates.map(\.state),
            bySamples: context.scenario.training.averaging == .samples, scope: scope)
        var mean = try await context.perform(work, on: device).output
        mean.scope = scope
        return try await noised(mean, of: updates.map(\.client))
    }

    /// Combines updates by a rule that some of them cannot lead astray.
    private func combine(
        _ updates: [ReceivedUpdate], by rule: RobustRule, scope: StateScope
    ) async throws -> ModelState {
        let work = RobustAggregation(
            context.classifier, of: updates.map(\.state), from: updates.map { $0.base ?? $0.state }, by: rule,
            bySamples: context.scenario.training.averaging == .samples, scope: scope)
        var model = try await context.perform(work, on: device).output.state
        model.scope = scope
        return model
    }

    /// A freshly initialized model, the same for all methods of a seed.
    public func initialModel() async throws -> ModelState {
        let seed = context.workSeed("initial-weights")
        return try await context.perform(Initialization(context.classifier, seed: seed), on: device).output
    }

    /// Sends a model to those of some clients that do not hold it, all at once, and returns when the last has
    /// it.
    public func send(_ model: ModelState, to clients: [Client]) async throws {
        let context = context
        let missing = clients.filter { !$0.holds(model) }
        try await context.simulation.concurrently(missing, name: { "download of client \($0.id)" }) {
            client in
            try await context.whileThere(client.id) { try await client.download(model) }
        }
    }

    /// The weighted sum of model states, whose weights add up to 1.
    func mix(_ terms: [MixtureTerm]) async throws -> ModelState {
        let work = Mixing(context.classifier, of: terms, paysForAll: context.rules >= .fourth)
        return try await context.perform(work, on: device).output
    }
}
