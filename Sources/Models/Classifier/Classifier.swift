import Core

/// An image classifier with its training and its evaluation.
///
/// Not `Sendable`: a worker makes one, loads a state, trains, and hands the state on as bytes.
public final class Classifier {
    public let network: any ClassifierNetwork

    /// A classifier with fresh weights that depend on `seed` alone.
    ///
    /// - Throws: `TorchScriptError` where the architecture is read from a file, whose weights it then has.
    public init(of architecture: any ClassifierArchitecture, seed: UInt64) throws {
        network = try architecture.makeNetwork(generator: TensorGenerator(seed: seed))
    }

    /// A classifier of this package's layers, with fresh weights that depend on `seed` alone.
    public init(_ architecture: some LayeredArchitecture, seed: UInt64) {
        network = LayeredNetwork(architecture, generator: TensorGenerator(seed: seed))
    }

    /// A classifier with the weights of `state`, a safetensors file; errors call it `name`.
    ///
    /// - Throws: `SafetensorsError` when the state is not one of this architecture; `TorchScriptError`.
    public convenience init(
        _ architecture: any ClassifierArchitecture, state: [UInt8], name: String = "state"
    ) throws {
        try self.init(architecture, state: SafetensorsFile(bytes: state, name: name))
    }

    /// A classifier with the weights of a safetensors file, which is not kept.
    ///
    /// - Throws: `SafetensorsError` when the state is not one of this architecture; `TorchScriptError`.
    public init(_ architecture: any ClassifierArchitecture, state: SafetensorsFile) throws {
        network = try architecture.makeNetwork(generator: nil)
        try network.store.load(state)
    }

    public var architecture: any ClassifierArchitecture { network.architecture }

    /// Weights and buffers as a safetensors file: what travels between server and clients.
    public func encodedState() -> [UInt8] { network.store.encoded() }

    /// Share of the images whose largest logit is that of their label, and the mean cross-entropy in nats.
    /// Where that is not finite, accuracies are not-a-number.
    ///
    /// - Parameters:
    ///   - images: the set, all of it.
    ///   - batch: images in a forward pass.
    ///   - isCancelled: asked before every batch.
    /// - Throws: `CancellationError` where `isCancelled` said so; `TorchScriptError`.
    /// - Precondition: there is an image, and labels are classes of this architecture.
    public func evaluate(
        on images: ImageSet, batch: Int = 100, isCancelled: () -> Bool
    ) throws -> Evaluation {
        try Self.evaluate(on: images, batch: batch, isCancelled: isCancelled) {
            try network.forward($0, training: false)
        }
    }

    /// As above, of any function from scaled pixels `[N, 3, side, side]` to logits `[N, classes]`.
    ///
    /// - Throws: `CancellationError` where `isCancelled` said so; what the function throws.
    /// - Precondition: there is an image, and labels are classes of the function.
    public static func evaluate(
        on images: ImageSet, batch: Int = 100, isCancelled: () -> Bool, _ logits: (Tensor) throws -> Tensor
    ) throws -> Evaluation {
        var source = BatchSource(images, augmentation: .none)
        var generator = RandomStream(seed: 0)  // Not drawn from: nothing is augmented.
        return try evaluate(on: images, inBatchesOf: batch, isCancelled: isCancelled) { range in
            try logits(source.batch(of: range, using: &generator).images)
        }
    }

    /// As above, of any function from images, by their places in the set, to logits `[images, classes]`.
    ///
    /// - Throws: `CancellationError` where `isCancelled` said so; what the function throws.
    /// - Precondition: there is an image, and labels are classes of the function.
    public static func evaluate(
        on images: ImageSet, inBatchesOf batch: Int, isCancelled: () -> Bool,
        _ logits: (Range<Int>) throws -> Tensor
    ) throws -> Evaluation {
        precondition(images.count > 0, "evaluation without images")
        var correct = 0, loss = 0.0
        var domains = DomainCount(images)
        try Torch.withoutGradients {
            _ = try Torch.inBatches(of: images.count, atMost: batch, "images to evaluate") { range in
                if isCancelled() { throw CancellationError() }
                let logits = try logits(range)
                let labels = Tensor(indices: images.labels[range].map(Int64.init))
                let batchLoss = logits.crossEntropy(labels).item * Double(range.count)
                let hits = logits.argmax(1).equals(labels)
                let values = hits.floats
                let batchCorrect = Int(hits.sum().item)
                try Torch.endIfOutOfMemory()
                loss += batchLoss
                correct += batchCorrect
                domains?.add(values, of: range)
            }
        }
        // The largest of logits that are not finite says nothing about the model.
        let isNumber = loss.isFinite
        return Evaluation(
            accuracy: isNumber ? Double(correct) / Double(images.count) : .nan,
            loss: (loss / Double(images.count)).canonical, images: images.count,
            domains: (domains?.accuracies ?? [:]).mapValues { isNumber ? $0 : .nan })
    }

    /// As above, to the end, of a network of this package's layers.
    ///
    /// - Precondition: there is an image, labels are classes of this architecture, and it is no TorchScript
    ///   module.
    public func evaluate(on images: ImageSet, batch: Int = 100) -> Evaluation {
        do {
            return try evaluate(on: images, batch: batch, isCancelled: { false })
        } catch {
            preconditionFailure("an evaluation that nobody cancels: \(error)")
        }
    }

    /// What `evaluate` finds.
    public struct Evaluation: Sendable, Hashable {
        /// Share of the images that are classified as labelled, 0...1; not-a-number where the loss is not
        /// finite.
        public let accuracy: Double
        /// Mean cross-entropy in nats.
        public let loss: Double
        public let images: Int
        /// The accuracy on the images of each domain, by its name; empty where all images are of one domain.
        public let domains: [String: Double]

        /// Makes an evaluation.
        public init(accuracy: Double, loss: Double, images: Int, domains: [String: Double] = [:]) {
            self.accuracy = accuracy
            self.loss = loss
            self.images = images
            self.domains = domains
        }
    }
}

/// Counts hits by domain.
private struct DomainCount {
    private let domains: [Int32]
    private let names: [String]
    private var hits: [Double]
    private var totals: [Double]

    /// `nil` where all images are of one domain.
    init?(_ images: ImageSet) {
        guard images.domains.contains(where: { $0 != images.domains[0] }) else { return nil }
        (domains, names) = (images.domains, images.domainNames)
        hits = [Double](repeating: 0, count: names.count)
        totals = hits
    }

    /// - Parameter found: 1 for each image of `range` that was classified as labelled, otherwise 0.
    mutating func add(_ found: [Float], of range: Range<Int>) {
        for (index, hit) in zip(range, found) {
            hits[Int(domains[index])] += Double(hit)
            totals[Int(domains[index])] += 1
        }
    }

    var accuracies: [String: Double] {
        var accuracies: [String: Double] = [:]
        for (domain, name) in names.enumerated() where totals[domain] > 0 {
            accuracies[name] = hits[domain] / totals[domain]
        }
        return accuracies
    }
}
