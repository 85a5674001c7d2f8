import Models
import Simulator

/// One experiment: who takes part, on which images, by which methods, over which links and devices.
///
/// A value of this type is valid and complete: every optional key of the file has its default filled in.
/// It comes from a YAML file (`Scenario.load`), from text (`Scenario.parse`), or is built in code.
/// Every quantity is stored in base units: bytes per second, seconds, floating-point operations per second.
public struct Scenario: Sendable, Equatable {
    /// The name of the experiment; the default results file is `results/<name>.sqlite`.
    public var name: String
    /// The root of all random streams.
    public var seed: UInt64 = 1
    /// How many clients take part.
    public var clients: Int = 5
    /// The federated methods to run, one run each, in this order.
    public var methods: [String]
    /// Where training and synthesis compute.
    public var device = Torch.Device.cpu
    /// The private images and how they are spread over the clients.
    public var data = Data()
    /// The classifier that is trained.
    public var model = Model()
    /// Federated training at the clients.
    public var training = Training()
    /// The centralized baseline.
    public var centralized = Centralized()
    /// The server's image synthesis and its training on synthetic images.
    public var synthesis = Synthesis()
    /// The star network between the clients and the server.
    public var network = Network()
    /// The speed of the devices.
    public var devices = Devices()
    /// What devices and network draw, for accounts of energy and carbon.
    public var energy = Energy()
    /// Who takes part in a round, and when it ends.
    public var participation = Participation()
    /// The methods whose server does not wait for rounds.
    public var asynchronous = Asynchronous()
    /// FedProx's setting.
    public var fedprox = FedProx()
    /// FedAvgM's settings.
    public var fedavgm = FedAvgM()
    /// The settings of FedAdagrad, FedAdam and FedYogi.
    public var fedopt = FedOpt()
    /// SCAFFOLD's setting.
    public var scaffold = Scaffold()
    /// One-shot averaging.
    public var oneShotFedAvg = OneShotFedAvg()
    /// DENSE's settings.
    public var dense = Dense()
    /// How clients write what they upload.
    public var compression = Compression()
    /// Differential privacy of uploaded weights.
    public var privacy = Privacy()
    /// What is asked of a finished run beside its accuracy.
    public var evaluation = Evaluation()
    /// How models are combined.
    public var aggregation = Aggregation()
    /// Whose prompts the server takes.
    public var promptFilter = PromptFilter()
    /// What some clients do to mislead the server.
    public var attack = Attack()
    /// What goes wrong.
    public var faults = Faults()
    /// The settings of methods that bring their own.
    var methodSettings = MethodSettingsTable()
    /// What it may name, where that is not only what this package has.
    var ownCatalogue: Catalogue?
    /// Where it came from.
    var origin = ScenarioOrigin()
    /// The key paths that vary over the variants of this scenario, in file order; empty for one experiment.
    public internal(set) var sweep: [SweepAxis] = []

    /// A scenario with the default of every other key.
    public init(name: String, methods: [String]) {
        self.name = name
        self.methods = methods
    }

    /// What it may name.
    public var catalogue: Catalogue { ownCatalogue ?? .standard }
}

/// One dimension of a sweep: a key path and the values it takes.
public struct SweepAxis: Sendable, Equatable {
    /// The swept key or section, such as `data.partition`.
    public let keyPath: String
    /// The values in file order, each as one line of YAML.
    public let values: [String]
}
