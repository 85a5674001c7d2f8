import Models
import RunLog

/// FedProto: clients share the mean features of their classes instead of weights, and train models of their
/// own whose features are to come near to the clients' common means.
///
/// Tan et al., "FedProto: Federated Prototype Learning across Heterogeneous Clients",
/// https://arxiv.org/abs/2105.00243, algorithm 1: a client minimizes the cross-entropy plus λ times the
/// distance of features from the global prototypes of their classes (equation 7, `PrototypeLoss`), then sends
/// its own prototypes (equation 3); the server averages them class by class (equation 6).
///
/// Not as in the paper: a client's prototypes count by its images of the class, Σ n C / Σ n (the authors'
/// code: the same for all; equation 6 also divides by the number of clients); images are classified by the
/// client's last layer, as in the authors' code, and not by the nearest prototype; accuracy is the mean over
/// the clients that have taken part so far, each on all test images; all clients begin with the same weights.
/// Prototypes are neither compressed nor noised.
public struct FedProto: FederatedMethod {
    public let name = "fedproto"
    public let summary = "class means of features up and down, models of their own at the clients"
    public let needsFeatures = true
    public let usesAggregation = false
    public let noisePlaces: [Scenario.NoisePlace] = []
    public let plainUploads: String? = "prototypes"

    /// The section `fedproto`.
    public struct Settings: MethodSettings {
        public static let section = "fedproto"
        /// The weight of the distance from the prototypes: λ.
        public var lambda = 1.0

        public init() {}
    }

    public let keys = [
        ScenarioKey(
            "lambda", of: "fedproto", at: \Settings.lambda, .number(from: 0, to: 1000),
            "The weight of FedProto's distance from the prototypes (its paper: 0.1 to 4, by task; 1).")
    ]

    public func plannedRounds(in scenario: Scenario) -> Int? { scenario.training.rounds }

    public func run(on federation: Federation) async throws {
        let server = federation.server, memories = federation.context.memories
        let seed = federation.context.workSeed("initial-weights")
        let lambda = federation.scenario[Settings.self].lambda
        var global: StoredBytes?
        for round in 1...federation.scenario.training.rounds {
            federation.begin(round: round)
            let sent = global
            try await federation.atParticipants { client in
                if let sent { try await client.download(prototypes: sent) }
                let start = memories[client.id, "model"].map(ModelStart.state) ?? .initial(seed: seed)
                let term = sent.map { LocalPrototypes($0, weight: lambda) }
                let local = try await client.train(LocalTraining(start: start, prototypes: term))
                try await client.upload(prototypes: client.prototypes(of: local), samples: local.samples)
                memories[client.id, "model"] = local.bytes
            }
            let received = server.takeUpdates()
            let classes = federation.classes(of: received.map(\.client))
            if federation.isEnough(updates: received.count), classes > 0 {
                global = try await server.mean(ofPrototypes: received.map(\.update.bytes), classes: classes)
            }
            let models = memories.clients(with: "model").compactMap { client in
                memories[client, "model"].map { PersonalModel(client: client, weights: .state($0)) }
            }
            try federation.end(round: round, personal: models)
        }
    }
}

extension Client {
    fileprivate func download(prototypes: StoredBytes) async throws {
        let message = Message(payload: .prototypes, body: .stored(prototypes))
        try await context.send(message, client: id, direction: .down)
    }

    /// The mean features of the classes that it holds.
    fileprivate func prototypes(of local: ModelState) async throws -> StoredBytes {
        let classes = imagesByClass.count
        let work = PrototypeExtraction(
            context.classifier, of: local.bytes, on: context.selection(selection), classes: classes)
        return try await context.perform(work, client: id, on: device).output
    }

    fileprivate func upload(prototypes: StoredBytes, samples: Int) async throws {
        let state = ModelState(bytes: prototypes, samples: samples)
        let update = ModelUpdate(bytes: prototypes, form: .plain, model: state)
        try await upload(Message(payload: .prototypes, body: .update(update)))
    }
}

extension Federation {
    /// How many classes some clients hold together.
    fileprivate func classes(of clients: [Int]) -> Int {
        let labels = context.data.train.labels
        return clients.reduce(into: Set<Int32>()) { known, client in
            for image in self.clients[client].images { known.insert(labels[image]) }
        }.count
    }
}

extension Server {
    fileprivate func mean(ofPrototypes received: [StoredBytes], classes: Int) async throws -> StoredBytes {
        try await context.perform(
            PrototypeMean(context.classifier, of: received, classes: classes), on: device
        ).output
    }
}

// MARK: - Work

/// The mean features of the classes of a client's images, as a safetensors file.
package struct PrototypeExtraction: Work {
    package typealias Output = StoredBytes
    package static let activity = WorkKind.prototypes
    package static let nature = WorkNature.inference

    let model: ClassifierReference
    let state: StoredBytes
    let images: ImageSelection
    /// How many classes the images have, for the size of the stand-in alone.
    private var classes = 0

    private enum CodingKeys: String, CodingKey { case model, state, images }

    package init(
        _ model: ClassifierReference, of state: StoredBytes, on images: ImageSelection, classes: Int
    ) {
        self.model = model
        self.state = state
        self.images = images
        self.classes = classes
    }

    package var inputs: [StoredBytes] { [state] }

    package func cost(_ facts: WorkFacts) -> Double {
        Double(model.architecture.forwardOperations(side: images.side)) * Double(images.count)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        .absent(
            count: ClassPrototypes.encodedByteCount(
                classes: classes, width: facts.sizes.featureCount(of: model)), key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let set = try environment.images(images.set)
        do {
            let prototypes = try ModelStart.state(state).classifier(model, in: environment).prototypes(
                of: set, at: images.places(in: set),
                isCancelled: environment.isCancelled)
            let bytes = try environment.store(prototypes.encoded())
            return WorkOutcome(output: bytes, sha256: bytes.sha256)
        } catch is CancellationError {
            throw WorkCancelled()
        }
    }
}

/// Averages clients' prototypes class by class.
package struct PrototypeMean: Work {
    package typealias Output = StoredBytes
    package static let kind = "prototype-mean"
    package static let activity = WorkKind.prototypes
    package static let nature = WorkNature.inference

    let model: ClassifierReference
    let prototypes: [StoredBytes]
    /// How many classes there are, for the size of the stand-in alone.
    private var classes = 0

    private enum CodingKeys: String, CodingKey { case model, prototypes }

    package init(_ model: ClassifierReference, of prototypes: [StoredBytes], classes: Int) {
        self.model = model
        self.prototypes = prototypes
        self.classes = classes
    }

    package var inputs: [StoredBytes] { prototypes }

    package func cost(_ facts: WorkFacts) -> Double {
        2 * prototypes.reduce(0) { $0 + Double($1.count) / 4 }
    }
}

extension PrototypeMean {
    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        .absent(
            count: ClassPrototypes.encodedByteCount(
                classes: classes, width: facts.sizes.featureCount(of: model)), key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let all = try prototypes.map { try ClassPrototypes(decoding: environment.load($0)) }
        let bytes = try environment.store(ClassPrototypes.mean(of: all).encoded())
        return WorkOutcome(output: bytes, sha256: bytes.sha256)
    }
}

extension WorkKind {
    /// The making and the averaging of prototypes.
    static let prototypes = WorkKind(
        "prototypes", meaning: "FedProto: a client's or the server's mean features of classes are made.")
}
