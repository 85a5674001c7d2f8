import Models
import Simulator

/// A participant that holds private images and shares descriptions or weights, never the images.
public final class Client {
    /// 0-based number.
    public let id: Int
    /// Indices of its images in the training set.
    public let images: [Int]
    /// The domain that its images come from, where the set has several.
    public let domain: String?
    /// What it computes on.
    let device: ClientDevice
    private let context: RunContext
    private unowned let server: Server
    /// The global model that it received last.
    private var model: ModelState?

    init(id: Int, images: [Int], domain: String?, device: ClientDevice, context: RunContext, server: Server) {
        self.id = id
        self.images = images
        self.domain = domain
        self.device = device
        self.context = context
        self.server = server
    }

    /// Describes the private images by prompts: one per class that it holds, "A photo of a {class name}".
    ///
    /// Costs one operation an image, for looking at its label.
    public func describeImages() async throws -> [Prompt] {
        let labels = Set(images.map { Int(context.data.train.labels[$0]) }).sorted()
        let prompts = labels.map { label in
            Prompt(label: label, text: context.classPrompt(label: label))
        }
        let encoded = PromptCodec.encode(prompts)
        let order = WorkOrder(
            kind: "describe", round: context.round, client: id,
            key: WorkKey("describe", ["prompts": String(decoding: encoded, as: UTF8.self)]),
            flops: Double(images.count))
        let outcome = try await context.perform(order, on: device) {
            WorkOutcome(output: prompts, sha256: WorkKey.hash(of: encoded))
        }
        for prompt in outcome.output {
            context.recorder.prompt(client: id, label: prompt.label, text: prompt.text)
        }
        return outcome.output
    }

    /// Trains the global model that it holds on its own images for the scenario's local epochs.
    ///
    /// - Returns: the local model, encoded with the number of images it was trained on.
    /// - Precondition: the server has sent a model.
    public func train() async throws -> ModelState {
        guard let model else { preconditionFailure("client \(id) trains before it has received a model") }
        let settings = context.scenario.training
        let task = TrainingTask(
            start: .state(model.bytes), data: .private(images), epochs: settings.localEpochs,
            optimizer: settings.optimizer,
            seed: context.workSeed("local-training", client: id, round: context.round))
        let outcome = try await context.perform(
            context.order(for: task, kind: "train", client: id), on: device, context.training(task))
        context.recordLosses(of: outcome.output, client: id)
        return outcome.output.state
    }

    /// Sends a message to the server.
    public func upload(_ message: Message) async throws {
        try await context.send(message, client: id, direction: .up)
        try server.receive(message, from: id)
    }

    /// Takes a global model that the server has sent.
    func receive(_ model: ModelState) {
        self.model = model
    }
}

extension RunContext {
    /// The class-level prompt of a label: the scenario's template with the class's name.
    func classPrompt(label: Int) -> String {
        scenario.synthesis.template.replacing("{class}", with: data.train.classNames[label])
    }
}
