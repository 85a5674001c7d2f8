/// Several classifiers of one architecture that speak with one voice: the weighted mean of their logits.
///
/// Frozen, and computed with one after the other, so that no more than one graph for gradients is there at a
/// time. The first few are held in memory (45 MB each for ResNet-18); all others share one network, into
/// which each is loaded when its turn comes. Which are held changes no bit.
public final class ClassifierEnsemble {
    /// How many there are.
    public let count: Int
    /// The weight of each; all 1 at first. Only their proportions count.
    ///
    /// - Precondition: none is negative, and their sum is positive.
    public var weights: [Double] {
        didSet {
            precondition(
                weights.count == count && weights.allSatisfy { $0 >= 0 } && weights.contains { $0 > 0 },
                "weights \(weights) of \(count) classifiers")
        }
    }
    private let architecture: any ClassifierArchitecture
    private let load: (_ index: Int, _ into: ParameterStore) throws -> Void
    private let held: [any ClassifierNetwork]
    private var guest: (any ClassifierNetwork)?

    /// - Parameters:
    ///   - architecture: of each.
    ///   - count: how many there are.
    ///   - held: how many of them at most are held in memory.
    ///   - load: writes the state of one into a network of this architecture; called at each turn of those
    ///     that are not held.
    /// - Throws: what `load` throws.
    public init(
        _ architecture: any ClassifierArchitecture, count: Int, held: Int = 8,
        load: @escaping (_ index: Int, _ into: ParameterStore) throws -> Void
    ) throws {
        precondition(count > 0 && held >= 0, "\(count) classifiers, \(held) of them held")
        self.architecture = architecture
        self.count = count
        weights = Array(repeating: 1, count: count)
        self.load = load
        self.held = try (0..<min(count, held)).map { index in
            let network = try architecture.makeNetwork(generator: nil)
            try load(index, network.store)
            return network
        }
    }

    private func network(_ index: Int) throws -> any ClassifierNetwork {
        if index < held.count { return held[index] }
        let guest = try guest ?? architecture.makeNetwork(generator: nil)
        self.guest = guest
        try load(index, guest.store)
        return guest
    }

    /// The weighted mean of the logits, `[N, classes]`, outside any graph.
    ///
    /// - Parameter images: `[N, 3, side, side]`.
    /// - Throws: what reading a state throws.
    public func logits(of images: Tensor) throws -> Tensor {
        try Torch.withoutGradients {
            var sum = Tensor.zeros([images.shape[0], architecture.classes])
            for index in 0..<count {
                sum = sum + (try network(index).forward(images, training: false)) * weights[index]
            }
            return sum / weights.reduce(0, +)
        }
    }

    /// The logits of each classifier, `[N, classes]`, outside any graph.
    ///
    /// - Throws: what reading a state throws.
    public func logitsOfEach(_ images: Tensor) throws -> [Tensor] {
        try Torch.withoutGradients {
            try (0..<count).map { try network($0).forward(images, training: false) }
        }
    }

    /// Adds to the gradient of `images` what comes of the mean of the logits and of the mean distance to what
    /// batch norm has seen.
    ///
    /// - Parameters:
    ///   - images: a leaf that wants gradients, `[N, 3, side, side]`.
    ///   - logitsGradient: of the loss with respect to the mean of the logits, `[N, classes]`.
    ///   - distanceWeight: the weight of the mean distance in the loss; at 0 it is not computed.
    /// - Returns: the mean distance; 0 where it is not computed.
    /// - Throws: what reading a state throws.
    public func backpropagate(
        to images: Tensor, logitsGradient: Tensor, distanceWeight: Double
    ) throws -> Double {
        let sum = weights.reduce(0, +)
        var distance = 0.0
        for index in 0..<count {
            let share = weights[index] / sum
            guard distanceWeight != 0 else {
                let logits = try network(index).forward(images, training: false)
                ((logits * logitsGradient).sum() * share).backward()
                continue
            }
            let (logits, own) = try network(index).forwardWithDistance(images)
            ((logits * logitsGradient).sum() * share + own * (distanceWeight * share)).backward()
            distance += share * own.item
        }
        return distance
    }
}
