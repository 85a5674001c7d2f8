import Models
import Simulator

extension Scenario {
    /// The section `data`.
    public struct Data: Sendable, Hashable {
        /// Where the images come from.
        public var set: DataSet = .shapes
        /// The folder or file to read; `nil` for the built-in world.
        public var path: String?
        /// Sets and classes to take, as `WorldObject.named` takes them for the built-in world; empty for
        /// `basics`, or for all classes of a folder.
        public var classes: [String] = []
        /// The width and height of an image in pixels.
        public var side: Int = 32
        /// Training images per class over all clients; `nil` takes every image there is.
        public var trainPerClass: Int?
        /// Test images per class; `nil` takes every image there is.
        public var testPerClass: Int?
        /// What happens to a training image before each use.
        public var augmentation: Augmentation = .cropFlip
        /// How the training images are spread over the clients.
        public var partition = Partition()
        /// Whether an unreadable image is an error; otherwise it is skipped and counted.
        public var strict = false
        /// The styles of the built-in world's images, each a domain; `nil` for photos alone.
        public var styles: [WorldStyle]?
        /// What classes are called in prompts, where their folders or labels do not say it.
        public var classNames: ClassNames?
        /// The fraction of each class that is tested on, of a folder without a test set; `nil` takes a
        /// default.
        public var testFraction: Double?
        /// Which labels of CIFAR-100 are the classes; `nil` takes the fine ones.
        public var labels: LabelLevel?
        /// Whose the images are, where a file says it.
        public var owners = Owners()

        /// Training images per class of the built-in world where the scenario gives no number.
        public static let shapesTrainPerClass = 130
        /// Test images per class of the built-in world where the scenario gives no number.
        public static let shapesTestPerClass = 200

        /// Fills in the numbers of images, whose defaults depend on the set.
        mutating func fillInCounts() {
            guard set == .shapes else { return }
            trainPerClass = trainPerClass ?? Self.shapesTrainPerClass
            testPerClass = testPerClass ?? Self.shapesTestPerClass
        }
    }

    /// The sources of images: built-in ones, and those that a catalogue adds.
    public struct DataSet: RawRepresentable, Sendable, Hashable {
        /// The name in scenario files.
        public let rawValue: String

        public init(rawValue: String) { self.rawValue = rawValue }

        /// The built-in procedural image world.
        public static let shapes = DataSet(rawValue: "shapes")
        /// A folder per class of JPEG and PNG files.
        public static let imageFolder = DataSet(rawValue: "image-folder")
        /// CIFAR-10, for C or for Python.
        public static let cifar10 = DataSet(rawValue: "cifar10")
        /// CIFAR-100, likewise.
        public static let cifar100 = DataSet(rawValue: "cifar100")
        /// The IDX files of the MNIST family.
        public static let idx = DataSet(rawValue: "idx")
        /// A folder per domain.
        public static let domains = DataSet(rawValue: "domains")
        /// LEAF's JSON files, whose images have owners.
        public static let leaf = DataSet(rawValue: "leaf")

        /// Those that need no catalogue.
        public static let builtIn: [DataSet] = [
            .shapes, .imageFolder, .cifar10, .cifar100, .idx, .domains, .leaf,
        ]

        /// Whether it is read from `data.path`.
        func needsPath(in catalogue: Catalogue) -> Bool {
            catalogue.source(rawValue)?.needsPath ?? (self != .shapes)
        }
    }

    /// The augmentations of training images.
    public enum Augmentation: String, Sendable, CaseIterable {
        /// A random resized crop of 0.75 to 1 of the area, then a horizontal flip with probability one half.
        case cropFlip = "crop-flip"
        /// None.
        case none
    }

    /// The section `data.owners`: a CSV file that says whose the images of class folders are.
    public struct Owners: Sendable, Hashable {
        /// The file; `nil` for none.
        public var file: String?
        /// The column of the images' paths; `nil` takes FedScale's.
        public var pathColumn: String?
        /// The column of the owners; `nil` takes FedScale's.
        public var clientColumn: String?
        /// The column of the classes, of images without class folders; `nil` for none.
        public var labelColumn: String?
        /// Such a file of the test images; `nil` for none.
        public var testFile: String?
    }

    /// The section `data.partition`.
    public struct Partition: Sendable, Hashable {
        /// The rule.
        public var kind: PartitionKind = .dirichlet
        /// The concentration of the Dirichlet distribution; used by `.dirichlet` only.
        public var beta: Double = 0.5
        /// The fewest images a client may hold; used by `.dirichlet` only.
        public var minimum: Int = 10
        /// Images that each client draws for itself from the whole set, whoever else holds them; `nil` deals
        /// every image to exactly one client.
        public var perClient: Int?
        /// Classes of each client; used by `.pathological` only, `nil` is 2.
        public var classes: Int?
        /// Shards of each client; used by `.shards` only, `nil` is 2.
        public var shards: Int?
        /// The fewest images of an owner who becomes a client; used by `.natural` only, `nil` is 1.
        public var minImages: Int?
        /// Which owners become clients; used by `.natural` only, `nil` is a random choice.
        public var owners: NaturalPartition.Choice?
    }

    /// The rules that spread images over clients.
    public enum PartitionKind: String, Sendable, CaseIterable {
        /// Random equal parts.
        case iid
        /// Class proportions drawn from a Dirichlet distribution.
        case dirichlet
        /// One client per domain.
        case domains
        /// A few classes per client.
        case pathological
        /// A few parts of the images sorted by class per client.
        case shards
        /// Numbers of images drawn from a Dirichlet distribution.
        case quantity
        /// One client per owner of images.
        case natural
    }

    /// Stochastic gradient descent, as each of the three training sections sets it.
    public struct Optimizer: Sendable, Equatable {
        /// Images per step.
        public var batch: Int = 128
        /// The initial learning rate.
        public var learningRate: Double = 0.01
        /// The momentum, in `0..<1`.
        public var momentum: Double = 0.9
        /// The weight decay (L2 penalty).
        public var weightDecay: Double = 1e-4
        /// How the learning rate changes from the first step to the last.
        public var schedule: Schedule = .constant
    }

    /// The learning-rate schedules.
    public enum Schedule: String, Sendable, CaseIterable {
        /// The initial rate throughout.
        case constant
        /// Half a cosine from the initial rate to zero.
        case cosine
    }

    /// The section `training`: federated training at the clients.
    public struct Training: Sendable, Equatable {
        /// Communication rounds of the weight-based methods.
        public var rounds: Int = 200
        /// Passes over its own images that a client makes in a round.
        public var localEpochs: Int = 5
        /// The optimizer at the clients.
        public var optimizer = Optimizer()
        /// How the server averages the clients' weights.
        public var averaging: Averaging = .uniform
        /// The global model is evaluated after every so many rounds, and after the last.
        public var evaluateEvery: Int = 1
        /// The type of convolutions and matrix products of all trainings; `nil` is float32.
        public var precision: TrainingOptions.Precision?
        /// Whether models are really trained.
        public var mode: TrainingMode = .real
    }

    /// Whether a scenario trains, or only plays the times and bytes of training.
    public enum TrainingMode: String, Sendable, CaseIterable {
        /// Images are rendered or read, models are trained, images synthesized, accuracies measured.
        case real
        /// Timing only: the same messages, bytes, faults and events on the same clock, without a tensor.
        case none
    }

    /// The weights of the clients in the server's average.
    public enum Averaging: String, Sendable, CaseIterable {
        /// Every client counts the same.
        case uniform
        /// A client counts in proportion to its number of images.
        case samples
    }

    /// The section `centralized`: the baseline that sees all images in one place.
    public struct Centralized: Sendable, Equatable {
        /// Passes over all training images.
        public var epochs: Int = 120
        /// The optimizer.
        public var optimizer = Optimizer()
    }

    /// The section `synthesis`: image synthesis at the server and training on its result.
    public struct Synthesis: Sendable, Equatable {
        /// The text-to-image model.
        public var foundation: FoundationModel = .builtin
        /// A low-rank adapter that is merged into it.
        public var lora: LoRAReference?
        /// What the clients upload.
        public var prompts: Prompts = .classLevel
        /// What describes images for instance-level prompts.
        public var captioner: CaptionerModel = .builtin
        /// The element type of uploaded embeddings.
        public var embeddingPrecision: EmbeddingPrecision = .float16
        /// How clients learn words.
        public var tailoring = Tailoring()
        /// A folder with a synthetic set to start from instead of synthesizing one.
        public var set: String?
        /// The text of a prompt; `{class}` stands for the name of the class.
        public var template: String = "A photo of a {class}"
        /// Texts of prompts for images of some domains, in the place of `template`.
        public var templates: [DomainTemplate]?
        /// What images are led away from.
        public var negativePrompt: String?
        /// Synthetic images per class.
        public var perClass: Int = 2000
        /// Synthetic images of each distinct prompt, whatever `perClass` says; `nil` leaves it to that.
        public var perPrompt: Int?
        /// Real training images per class that the server holds and adds to its synthetic ones.
        public var realPerClass: Int = 0
        /// Denoising steps per image.
        public var steps: Int = 50
        /// The scale of classifier-free guidance.
        public var guidance: Double = 2
        /// Images that go through the networks together; `nil` leaves it to the checkpoint's size.
        public var batchImages: Int?
        /// The type of the foundation model's weights and products; `nil` is float32.
        public var precision: SynthesisPrecision?
        /// The noise scheduler.
        public var scheduler: Scheduler = .checkpoint
        /// Passes over the synthetic images that train the one-shot model.
        public var epochs: Int = 120
        /// The optimizer at the server.
        public var optimizer = Optimizer(weightDecay: 2e-4)
        /// Passes over the synthetic images after each aggregation of `fgl-5-round-syn`.
        public var fineTuneEpochs: Int = 5
        /// FedAvg rounds that follow the one-shot model in the multi-round methods.
        public var rounds: Int = 4
    }

    /// The text of class-level prompts for the images of one domain.
    public struct DomainTemplate: Sendable, Hashable {
        /// The domain's name.
        public var domain: String
        /// The text; `{class}` stands for the name of the class.
        public var text: String
    }

    /// The text-to-image models.
    public enum FoundationModel: Sendable, Hashable {
        /// A model shipped with this package.
        case shipped(FoundationQuality)
        /// A checkpoint in diffusers' folder layout.
        case folder(String)

        /// The model that ships for everyday use.
        public static var builtin: FoundationModel { .shipped(.base) }
    }

    /// The models that caption images.
    public enum CaptionerModel: Sendable, Hashable {
        /// The model shipped with this package.
        case builtin
        /// A checkpoint in BLIP-2's folder layout.
        case folder(String)
    }

    /// The element types of uploaded embeddings.
    public enum EmbeddingPrecision: String, Sendable, CaseIterable, Codable {
        /// Two bytes an element.
        case float16
        /// Four bytes an element.
        case float32
    }

    /// What a client uploads to describe its images.
    public enum Prompts: String, Sendable, CaseIterable {
        /// One prompt per class that a client holds.
        case classLevel = "class"
        /// A caption of each image.
        case instanceLevel = "instance"
        /// The states that the client's text encoder gives for its class-level prompts.
        case embeddings
        /// A new word for each class that a client holds, learnt from its images: its vector in the text
        /// encoder.
        case tailored
    }

    /// The section `synthesis.tailoring`: how clients learn words for `prompts: tailored`.
    public struct Tailoring: Sendable, Equatable {
        /// Steps of the optimizer for each word.
        public var steps: Int = 500
        /// Images a step.
        public var batch: Int = 4
        /// The constant learning rate.
        public var learningRate: Double = 0.005
    }

    /// The noise schedulers of the diffusion sampler, by the names of `Models.Samplers`.
    public enum Scheduler: String, Sendable, CaseIterable {
        /// The one that the checkpoint's own `scheduler_config.json` names.
        case checkpoint
        /// Denoising diffusion implicit models, <https://arxiv.org/abs/2010.02502>.
        case ddim
        /// Euler's method on noise levels, <https://arxiv.org/abs/2206.00364>.
        case euler
        /// DPM-Solver++ of order two, <https://arxiv.org/abs/2211.01095>.
        case dpmSolver = "dpm-solver"
        /// Pseudo linear multistep, <https://arxiv.org/abs/2202.09778>.
        case pndm
        /// Euler's method with fresh noise, <https://arxiv.org/abs/2206.00364>.
        case eulerAncestral = "euler-ancestral"
        /// Heun's method, <https://arxiv.org/abs/2206.00364>.
        case heun
        /// Predictor and corrector, <https://arxiv.org/abs/2302.04867>.
        case unipc
        /// Denoising diffusion probabilistic models, <https://arxiv.org/abs/2006.11239>.
        case ddpm
        /// Latent consistency models, <https://arxiv.org/abs/2310.04378>.
        case lcm
    }

    /// The section `network`.
    public struct Network: Sendable, Equatable {
        /// How transfers use their links; `nil` is the ideal model.
        public var transport: TransportName?
        /// The server's link.
        public var server = ServerLink()
        /// The distribution of the clients' links.
        public var client = ClientLinks()
        /// How they change over time.
        public var changes = LinkChanges()
    }

    /// The section `network.server`.
    public struct ServerLink: Sendable, Equatable {
        /// Capacity from the server into the network, in bytes per second.
        public var uplinkBytesPerSecond: Double = 125e6
        /// Capacity from the network to the server, in bytes per second.
        public var downlinkBytesPerSecond: Double = 125e6
    }

    /// The section `network.client`.
    public struct ClientLinks: Sendable, Equatable {
        /// Published links in place of the three quantities below; `nil` for these.
        public var preset: LinkPreset?
        /// Capacity from a client into the network, in bytes per second.
        public var uplinkBytesPerSecond: QuantitySource = .drawn(.constant(2.5e6))
        /// Capacity from the network to a client, in bytes per second.
        public var downlinkBytesPerSecond: QuantitySource = .drawn(.constant(12.5e6))
        /// One-way latency between a client and the server, in seconds.
        public var latencySeconds: QuantitySource = .drawn(.constant(0.05))
        /// Fraction of the packets that are lost; `nil` is none.
        public var loss: Double?
    }

    /// The section `devices`.
    public struct Devices: Sendable, Equatable {
        /// Speed of a client, in floating-point operations per second.
        public var clientFLOPsPerSecond: QuantitySource = .drawn(.constant(0.5e12))
        /// The measured device that every client is; `nil` for one of a given speed.
        public var profile: DeviceProfile?
        /// The part of the server's speed that work reaches; `nil` is all of it.
        public var efficiency: Double?
        /// How many times longer a client computes, beside what stragglers take.
        public var slowdown: QuantitySource = .drawn(.constant(1))
        /// As `slowdown`, drawn anew for each client and round.
        public var roundSlowdown: Distribution = .constant(1)
        /// Speed of the server, in floating-point operations per second.
        public var serverFLOPsPerSecond: Double = 100e12
        /// The slow clients.
        public var stragglers = Stragglers()
    }

    /// The section `devices.stragglers`.
    public struct Stragglers: Sendable, Equatable {
        /// The fraction of the clients that are slow, in `0...1`.
        public var fraction: Double = 0
        /// How many times longer a slow client computes; at least 1.
        public var slowdown: Double = 5
    }
}
