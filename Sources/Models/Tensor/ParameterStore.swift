/// The named tensors of a model, in the order in which its layers ask for them: PyTorch's state dict.
///
/// Layers register their tensors while they are built (`path.parameter("weight", …)`), under the names that
/// PyTorch, diffusers and transformers use, so that checkpoints load without a map.
public final class ParameterStore {
    /// One tensor of a state dict.
    public struct Entry {
        /// Dotted path, `layer1.0.conv1.weight`.
        public let name: String
        public let tensor: Tensor
        /// Whether an optimizer changes it; buffers (running statistics) are not trainable.
        public let isTrainable: Bool
    }

    /// All tensors, buffers included, in registration order.
    public private(set) var entries: [Entry] = []
    /// Whether loaded weights have memory of their own, as they were converted or changed; otherwise they are
    /// views of files.
    var areCopies = false
    /// Releases the pages of the file that an entry was loaded from; nil where nothing was loaded.
    var releasePages: ((Entry) -> Void)?
    private var indices: [String: Int] = [:]
    private let generator: TensorGenerator?

    /// A store whose layers draw their initial weights from `generator`; without one they are zero, to be
    /// loaded.
    public init(initializedBy generator: TensorGenerator? = nil) {
        self.generator = generator
    }

    /// A store of tensors that something else has made, in this order.
    ///
    /// - Precondition: names differ.
    init(entries: [Entry]) {
        self.entries = entries
        generator = nil
        for (index, entry) in entries.enumerated() {
            precondition(
                indices.updateValue(index, forKey: entry.name) == nil, "two tensors are named \(entry.name)")
        }
    }

    /// Releases the memory of a loaded entry that is a view of a file and has not been written to; the file
    /// is read again when the entry is used. Leaves copies as they are.
    func discardPages(of entry: Entry) {
        if !areCopies { releasePages?(entry) }
    }

    /// Where a model starts to register.
    public var root: ParameterPath { ParameterPath(store: self, prefix: "") }

    /// Tensors that an optimizer changes, in registration order.
    public var trainable: [Tensor] { entries.filter(\.isTrainable).map(\.tensor) }

    /// All tensors, buffers included, in registration order.
    public var tensors: [Tensor] { entries.map(\.tensor) }

    /// The number of trainable scalars.
    public var parameterCount: Int { trainable.reduce(0) { $0 + $1.count } }

    /// The tensor registered under `name`.
    public subscript(name: String) -> Tensor? { indices[name].map { entries[$0].tensor } }

    /// Marks all trainable tensors as wanting gradients, or not.
    public func requiresGradient(_ enabled: Bool) {
        for tensor in trainable { tensor.requiresGradient(enabled) }
    }

    /// Takes over the values of a store with the same names and shapes; of both only those that `isTaken`
    /// says, all unless given.
    func copy(from other: ParameterStore, where isTaken: (String) -> Bool = { _ in true }) {
        Torch.withoutGradients {
            for entry in entries where isTaken(entry.name) {
                guard let source = other[entry.name] else { preconditionFailure("no tensor \(entry.name)") }
                entry.tensor.copy(from: source)
            }
        }
    }

    fileprivate func register(_ name: String, _ shape: [Int], _ initializer: Initializer, trainable: Bool)
        -> Tensor
    {
        precondition(indices[name] == nil, "two tensors are named \(name)")
        let tensor = initializer.make(shape, generator)
        indices[name] = entries.count
        entries.append(Entry(name: name, tensor: tensor, isTrainable: trainable))
        return tensor
    }
}

/// A place in a store's tree of names: `path / "layer1" / 0 / "conv1"`.
public struct ParameterPath {
    let store: ParameterStore
    let prefix: String

    public static func / (path: ParameterPath, name: String) -> ParameterPath {
        ParameterPath(store: path.store, prefix: path.prefix.isEmpty ? name : "\(path.prefix).\(name)")
    }

    public static func / (path: ParameterPath, index: Int) -> ParameterPath { path / "\(index)" }

    /// Registers a tensor that training changes.
    public func parameter(_ name: String, _ shape: [Int], _ initializer: Initializer) -> Tensor {
        store.register((self / name).prefix, shape, initializer, trainable: true)
    }

    /// Registers a tensor that is part of the state but not trained.
    public func buffer(_ name: String, _ shape: [Int], _ initializer: Initializer) -> Tensor {
        store.register((self / name).prefix, shape, initializer, trainable: false)
    }
}

/// How a tensor starts.
public enum Initializer: Sendable {
    case zeros
    case ones
    /// Zero, int64: batch norm's count of batches.
    case counter
    /// Uniform in ±`bound`.
    case uniform(bound: Double)
    /// Normal with mean 0.
    case normal(deviation: Double)

    /// PyTorch's default for convolutions and linear layers: uniform in ±1/√(fan in).
    public static func fanIn(_ fanIn: Int) -> Initializer { .uniform(bound: 1 / Double(fanIn).squareRoot()) }

    func make(_ shape: [Int], _ generator: TensorGenerator?) -> Tensor {
        switch self {
        case .zeros: return .zeros(shape)
        case .ones: return .ones(shape)
        case .counter: return .zeros(shape, .int64)
        case .uniform(let bound):
            guard let generator else { return .untouchedZeros(shape) }
            return Tensor.randomUniform(shape, using: generator) * (2 * bound) - bound
        case .normal(let deviation):
            guard let generator else { return .untouchedZeros(shape) }
            return Tensor.randomNormal(shape, using: generator) * deviation
        }
    }
}
