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
    /// - Throws: `FederationError.malformedPrompts`, `.malformedEmbeddings`, `.malformedTokens` where its content is
    ///   not what it should be.
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
        case (_, .update(let update)):
            updates[client] = update
        case (_, .stored):
            preconditionFailure("client \(client) uploads a state outside an update")
        }
    }

    /// What the descriptions received since they were last asked for ask the server to synthesize, all clients
    /// together: each distinct prompt, embedding or word once, by label and then text.
    public func receivedDescriptions() -> [SynthesisRequest] {
        defer { descriptions = [:] }
        return SynthesisRequest.merged(
            descriptions.sorted { $0.key < $1.key }.map(\.value),
            template: context.scenario.synthesis.template)
    }

    /// How many updates have been received and not been taken.
    var updateCount: Int { updates.count }

    /// The updates received since they were last taken, as they came, by client.
    func takeUpdates() -> [(client: Int, update: ModelUpdate)] {
        defer { updates = [:] }
        return updates.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Averages updates, uniformly or by the numbers of images, and adds the noise of differential privacy where
    /// that is the server's to add.
    ///
    /// - Precondition: there is at least one.
    public func average(_ updates: [ReceivedUpdate]) async throws -> ModelState {
        try await average(updates, scope: .whole)
    }

    /// As above, of states of some scope.
    func average(_ updates: [ReceivedUpdate], scope: StateScope) async throws -> ModelState {
        var mean = try await average(updates.map(\.state), scope: scope)
        mean.scope = scope
        return try await noised(mean, of: updates.map(\.client))
    }

    /// A freshly initialized model, the same for all methods of a seed.
    public func initialModel() async throws -> ModelState {
        let seed = context.workSeed("initial-weights")
        let order = context.orderForInitialization(seed: seed)
        return try await context.perform(
            order, on: device, standIn: context.standInForModel(order), context.initialization(seed: seed)
        ).output
    }

    /// Sends a model to clients, all at once, and returns when the last has it.
    public func send(_ model: ModelState, to clients: [Client]) async throws {
        let context = context
        try await context.simulation.concurrently(clients, name: { "download of client \($0.id)" }) {
            client in
            try await context.whileThere(client.id) {
                try await context.send(.weights(model.bytes), client: client.id, direction: .down)
                client.receive(model)
            }
        }
    }

    /// Averages model states, uniformly or by the numbers of images they were trained on.
    ///
    /// - Precondition: there is at least one.
    private func average(_ states: [StoredBytes], scope: StateScope) async throws -> ModelState {
        precondition(!states.isEmpty, "an average of no models")
        let order = context.orderForAverage(of: states)
        return try await context.perform(
            order, on: device, standIn: context.standInForModel(order, scope), context.averaging(states)
        ).output
    }

    /// Trains a fresh model on synthetic images: the one-shot model.
    public func train(on synthetic: SyntheticSet) async throws -> ModelState {
        let settings = context.scenario.synthesis
        return try await train(
            TrainingTask(
                start: .initial(seed: context.workSeed("initial-weights")),
                data: context.serverImages(synthetic),
                epochs: settings.epochs, optimizer: settings.optimizer,
                seed: context.workSeed("synthetic-training"), evaluatesEpochs: true))
    }

    /// Goes on training a model on synthetic images, at the one-shot training's settings and a constant rate.
    public func fineTune(_ model: ModelState, on synthetic: SyntheticSet) async throws -> ModelState {
        let settings = context.scenario.synthesis
        var optimizer = settings.optimizer
        // The peak of a decaying schedule would undo what the federation has learnt; the clients' rate fits
        // a model
        // that has converged.
        optimizer.learningRate = context.scenario.training.optimizer.learningRate
        optimizer.schedule = .constant
        return try await train(
            TrainingTask(
                start: .state(model.bytes), data: context.serverImages(synthetic),
                epochs: settings.fineTuneEpochs,
                optimizer: optimizer, seed: context.workSeed("fine-tuning", round: context.round)))
    }

    /// Trains on all clients' images at once, for the centralized baseline; each evaluated epoch counts as a
    /// round.
    func trainCentrally() async throws {
        let settings = context.scenario.centralized
        let task = TrainingTask(
            start: .initial(seed: context.workSeed("initial-weights")), data: .allPrivate,
            epochs: settings.epochs,
            optimizer: settings.optimizer, seed: context.workSeed("centralized-training"),
            evaluatesEpochs: true)
        let start = context.simulation.now
        let (trained, order) = try await perform(task)
        context.recordEpochs(of: trained, from: start, asRounds: true, by: order)
        context.finalModel = trained.state
    }

    private func train(_ task: TrainingTask) async throws -> ModelState {
        let start = context.simulation.now
        let (trained, order) = try await perform(task)
        context.recordEpochs(of: trained, from: start, asRounds: false, by: order)
        return trained.state
    }

    private func perform(_ task: TrainingTask) async throws -> (TrainedModel, WorkOrder) {
        var order = context.order(for: task, kind: "train", client: nil)
        // What starts from a seed does every method of that seed; what starts from a state, this run alone.
        if case .initial = task.start { order.isShared = true }
        let trained = try await context.perform(
            order, on: device, standIn: context.standInForTrained(order, task),
            context.training(task)
        ).output
        return (trained, order)
    }
}
