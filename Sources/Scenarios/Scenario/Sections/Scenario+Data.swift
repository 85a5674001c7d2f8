import Models

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
        /// The concentration of the Dirichlet distribution; used by `.dirichlet` and `.quantity`.
        public var beta: Double = 0.5
        /// The fewest images a client may hold; used by `.dirichlet` and `.quantity`.
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
}
