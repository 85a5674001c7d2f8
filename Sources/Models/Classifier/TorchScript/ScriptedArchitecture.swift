import Core

/// The architecture of a TorchScript module: whatever its file says.
///
/// Its initial weights are those of the file, whatever the seed.
public struct ScriptedArchitecture: ClassifierArchitecture {
    /// The file.
    public let module: ScriptedModule

    private let givenOperations: Int?

    /// - Parameters:
    ///   - module: The file.
    ///   - forwardOperations: Floating-point operations of a forward pass of one image; `nil` takes those
    ///     that were counted.
    public init(_ module: ScriptedModule, forwardOperations: Int? = nil) {
        self.module = module
        givenOperations = forwardOperations
    }

    public var classes: Int { module.facts.classes }

    /// The module's content, not its path.
    public var identity: String {
        ArchitectureIdentity(
            "torchscript", version: 1, ["sha256": module.facts.sha256, "classes": "\(classes)"]
        ).text
    }

    public var stateLayout: [Safetensors.Declaration] { module.facts.layout }

    public var hasBatchNorm: Bool { module.facts.names.contains { $0.hasSuffix("running_mean") } }

    /// - Precondition: `side` is the one on which the module was tried.
    public func forwardOperations(side: Int) -> Int {
        precondition(
            side == module.facts.side, "\(side) pixels for a module that was tried on \(module.facts.side)")
        return givenOperations ?? module.facts.forwardOperations
    }

    public func makeNetwork(generator: TensorGenerator?) throws -> any ClassifierNetwork {
        try ScriptedNetwork(self)
    }
}

/// A network that is a TorchScript module.
final class ScriptedNetwork: ClassifierNetwork {
    let architecture: any ClassifierArchitecture
    let store: ParameterStore
    private let handle: ModuleHandle
    private let path: String
    /// One seed for every pass.
    private var seeds = RandomStream(seed: 0)

    init(_ architecture: ScriptedArchitecture) throws {
        self.architecture = architecture
        path = architecture.module.path
        handle = try architecture.module.makeCopy()
        store = ParameterStore(entries: try handle.stateTensors(path: path))
    }

    /// Not known of a module.
    var featureCount: Int { preconditionFailure("the features of a TorchScript module") }

    func forwardWithFeatures(_ images: Tensor) throws -> (logits: Tensor, features: Tensor) {
        preconditionFailure("the features of a TorchScript module")
    }

    func features(of images: Tensor) -> Tensor {
        preconditionFailure("the features of a TorchScript module")
    }

    func seedLayers(_ seed: UInt64) { seeds = RandomStream(seed: seed) }

    func forward(_ images: Tensor, training: Bool) throws -> Tensor {
        let logits = try handle.forward(images, training: training, seed: seeds.next(), path: path)
        let expected = [images.shape[0], architecture.classes]
        guard logits.shape == expected else {
            throw TorchScriptError.foreignOutput(
                path: path, shape: images.shape, found: "a tensor \(logits.shape)", expected: expected)
        }
        return logits
    }

    func forwardWithDistance(_ images: Tensor) throws -> (logits: Tensor, distance: Tensor) {
        (try forward(images, training: false), Tensor.zeros([]))
    }

    func makeBFloat16Copies() -> [Tensor?] { preconditionFailure("a TorchScript module in bfloat16") }

    func forwardInBFloat16(_ images: Tensor) -> Tensor {
        preconditionFailure("a TorchScript module in bfloat16")
    }
}
