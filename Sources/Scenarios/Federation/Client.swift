import Models
import Simulator

/// How a method's training at a client differs from that of FedAvg.
public struct LocalTraining: Sendable {
    /// What is added to every gradient.
    var correction: LocalCorrection?
    /// Passes over the images; the scenario's unless given.
    var epochs: Int?
    /// Whether the upload says how many steps were made.
    var notesSteps = false
    /// MOON's term; none unless given.
    var contrast: LocalContrast?
    /// FedProto's term; none unless given.
    var prototypes: LocalPrototypes?
    /// Where it starts; the model that the server has sent unless given.
    var start: ModelStart?

    /// As FedAvg's clients train, but for what is said.
    ///
    /// - Parameters:
    ///   - correction: What is added to every gradient.
    ///   - epochs: Passes over the images; the scenario's `training.local-epochs` unless given.
    public init(correction: LocalCorrection? = nil, epochs: Int? = nil) {
        self.correction = correction
        self.epochs = epochs
    }

    /// As FedAvg's clients train; the upload may say how many steps were made.
    init(notesSteps: Bool) { self.notesSteps = notesSteps }

    /// As FedAvg's clients train, with MOON's term where there is one.
    init(contrast: LocalContrast?) { self.contrast = contrast }

    /// As FedAvg's clients train, from other weights, with FedProto's term where there is one.
    init(start: ModelStart?, prototypes: LocalPrototypes? = nil) {
        self.start = start
        self.prototypes = prototypes
    }
}

/// A participant that holds private images and shares descriptions or weights, never the images.
public final class Client {
    /// 0-based number.
    public let id: Int
    /// Indices of its images in the training set.
    public var images: [Int] { selection.indices }
    /// The same, as work names them.
    let selection: IndexList
    /// Its images by class, ascending.
    var imagesByClass: [(label: Int, images: [Int])] {
        let labels = context.data.train.labels
        return Dictionary(grouping: images) { Int(labels[$0]) }.sorted { $0.key < $1.key }
            .map { ($0.key, $0.value) }
    }
    /// The domain that its images come from, where the set has several.
    public let domain: String?
    /// What it computes on, and how fast that is in a round.
    let device: ClientDevice
    private let deviceInRound: (Int) -> ClientDevice
    let context: RunContext
    unowned let server: Server
    /// The global model that it received last.
    private var model: ModelState?
    /// What the last epoch that it trained says to a selection: the root of its mean squared loss, in nats;
    /// the mean loss where the record has no squares, or the run is one of version 0.1.
    private(set) var lastLoss: Double?

    init(
        id: Int, images: [Int], domain: String?, device: ClientDevice,
        deviceInRound: @escaping (Int) -> ClientDevice, context: RunContext, server: Server
    ) {
        self.id = id
        selection = IndexList(images)
        self.domain = domain
        self.device = device
        self.deviceInRound = deviceInRound
        self.context = context
        self.server = server
    }

    /// Trains the global model that it holds on its own images for the scenario's local epochs.
    ///
    /// - Parameters:
    ///   - variant: how the method's training differs from plain stochastic gradient descent.
    ///   - occasion: tells trainings of one client apart that are to shuffle differently; the round unless
    ///     given.
    /// - Returns: the local model, encoded with the number of images it was trained on.
    /// - Precondition: the server has sent a model, unless the variant starts from another one.
    public func train(_ variant: LocalTraining = LocalTraining(), occasion: Int? = nil) async throws
        -> ModelState
    {
        // While this client trains, the next model may come.
        let base = model?.bytes, occasion = occasion ?? context.round
        let pending = beginTraining(variant, occasion: occasion)
        let outcome = try await context.join(pending, on: deviceInRound(occasion))
        return note(outcome.output, trainedFrom: base)
    }

    // What goes on within an instant stands in functions of its own, here and in `RunContext`: what they hold
    // is not kept while the client waits, and a hundred thousand may wait.

    @inline(never)
    private func beginTraining(_ variant: LocalTraining, occasion: Int) -> PendingWork<TrainedModel> {
        guard let start = variant.start ?? model.map({ .state($0.bytes) }) else {
            preconditionFailure("client \(id) trains before it has received a model")
        }
        let settings = context.scenario.training
        let work = context.training(
            from: start, on: TrainingImages(context.selection(selection), poison: imagePoison),
            epochs: variant.epochs ?? settings.localEpochs, settings.optimizer,
            seed: context.workSeed("local-training", client: id, round: occasion),
            correction: variant.correction, notesSteps: variant.notesSteps,
            contrast: variant.contrast, prototypes: variant.prototypes)
        return context.begin(work, client: id)
    }

    @inline(never)
    private func note(_ trained: TrainedModel, trainedFrom base: StoredBytes?) -> ModelState {
        context.recordLosses(of: trained, client: id)
        let squared = context.rules < .second ? nil : trained.squaredLoss
        lastLoss = squared?.squareRoot() ?? trained.epochs.last?.loss
        var state = trained.state
        state.base = base
        return state
    }

    /// Sends a message to the server, which takes it as an update of this round.
    public func upload(_ message: Message) async throws {
        try await transmit(message)
        try server.receive(message, from: id)
    }

    /// Sends a message to the server; whoever awaits it there is told by the caller.
    func transmit(_ message: Message) async throws {
        try context.dropBeforeUpload(id)
        try await context.send(message, client: id, direction: .up)
    }

    /// Downloads a global model from the server, unless this is the one that it holds.
    public func obtain(_ model: ModelState) async throws {
        if !holds(model) { try await download(model) }
    }

    /// Downloads a global model from the server.
    func download(_ model: ModelState) async throws {
        try await context.send(.weights(model.bytes), client: id, direction: .down)
        self.model = model
    }

    /// Whether this is the model it has received last.
    func holds(_ model: ModelState?) -> Bool {
        model.map { $0.bytes.sha256 == self.model?.bytes.sha256 } ?? false
    }

    /// Lets go of its model.
    func forget() { model = nil }
}
