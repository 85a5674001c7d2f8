/// The declarations of all keys of a scenario file, in the order of the resolved scenario.
public struct ScenarioKeys: Sendable {
    /// Every key except `sweep`, which takes key paths.
    public let all: [ScenarioKey]
    private let paths: Set<String>
    private let sections: Set<String>

    /// Every key of what this package has.
    public static var all: [ScenarioKey] { Catalogue.standard.keys.all }

    /// The keys of what a catalogue has.
    init(
        methods: [any FederatedMethod], policies: [any ParticipationPolicy],
        selections: [any ClientSelection], sets: [String]
    ) {
        all =
            Self.general + Self.data(sets: sets) + Self.model + Self.training + Self.centralized
            + Self.synthesis + Self.participation(policies: policies, selections: selections)
            + Self.asynchronous + Self.methodSections + Self.dense + methods.flatMap(\.keys)
            + Self.aggregation + Self.compression + Self.privacy + Self.attack + Self.evaluation
            + Self.faults + Self.network + Self.linkChanges + Self.devices + Self.energy
        paths = Set(all.map(\.path))
        var sections: Set<String> = [""]
        for key in all {
            var path = key.section
            while !path.isEmpty, sections.insert(path).inserted {
                path = path.lastIndex(of: ".").map { String(path[..<$0]) } ?? ""
            }
        }
        self.sections = sections
    }

    /// The names that may stand in a section, `""` for the top, in order.
    func names(in section: String) -> [String] {
        let prefix = section.isEmpty ? "" : "\(section)."
        var names: [String] = []
        for key in all where key.path.hasPrefix(prefix) {
            let name = String(key.path.dropFirst(prefix.count).prefix { $0 != "." })
            if !names.contains(name) { names.append(name) }
        }
        return section.isEmpty ? names + ["sweep"] : names
    }

    /// Whether a path is that of a key or of a section.
    func contains(_ path: String) -> Bool { sections.contains(path) || paths.contains(path) }

    /// Whether a path is that of a section, `""` for the whole scenario.
    func isSection(_ path: String) -> Bool { sections.contains(path) }

    /// Whether a value can be set at a path: of a key, a section, a parameter of a distribution, or a sweep
    /// of them.
    func isAddressable(_ path: String) -> Bool {
        let swept = path.hasPrefix("sweep.") ? String(path.dropFirst("sweep.".count)) : path
        if path == "sweep" || (!swept.isEmpty && contains(swept)) { return true }
        return all.contains { key in
            switch key.kind {
            case .distribution, .factor: isPath(path, inside: key.path)
            default: false
            }
        }
    }
}

extension ScenarioKeys {
    private static let general = [
        ScenarioKey(
            "name", \.name,
            .text(
                "letters, digits, '-', '_' and '.', at most 100, the first a letter or digit",
                where: isFileName),
            required: true,
            "The name of the experiment; its results go to results/<name>.sqlite unless told otherwise."
        ),
        ScenarioKey(
            "seed", \.seed, .seed, "The root of all random streams; the same seed gives the same run."),
        ScenarioKey(
            "clients", \.clients, .integer(1...1_000_000),
            "How many clients take part (the paper: 5)."),
        ScenarioKey(
            "methods", \.methods, .methods, required: true,
            "The federated methods to run, one run each, all into one results file."),
        ScenarioKey(
            "device", \.device, .device,
            "Where training and synthesis really compute: the processor, all GPUs, over which workers are "
                + "spread, or one of them. GPUs need a libtorch with CUDA (docs/gpu.md) and promise no equal "
                + "bits. Virtual times do not depend on it."),
    ]

    private static func data(sets: [String]) -> [ScenarioKey] {
        let set = ScenarioKey(
            "data.set", \.data.set, .dataSet(among: sets),
            "Where the images come from (docs/tutorial.md); shapes is built in.")
        return [set] + data + owners
    }

    private static let data = [
        ScenarioKey(
            "data.path", optional: \.data.path,
            .path("the images, relative to the scenario's file or to the working directory"),
            absent: "required by every set but shapes",
            "The folder to read the images from."),
        ScenarioKey(
            "data.classes", \.data.classes, .classes, absent: "basics for shapes, otherwise all",
            "Which classes there are, in this order; sets and single objects of shapes may be mixed. The "
                + "shipped "
                + "captioner and foundation models know basics; builtin-hundred knows hundred."),
        ScenarioKey(
            "data.side", \.data.side, .integer(8...1024),
            "Width and height of the images in pixels; larger and smaller ones are resized."),
        ScenarioKey(
            "data.train-per-class", optional: \.data.trainPerClass, .integer(1...1_000_000),
            absent: "\(Scenario.Data.shapesTrainPerClass) for shapes, otherwise all",
            "Training images per class over all clients."),
        ScenarioKey(
            "data.test-per-class", optional: \.data.testPerClass, .integer(1...1_000_000),
            absent: "\(Scenario.Data.shapesTestPerClass) for shapes, otherwise all",
            "Test images per class."),
        ScenarioKey(
            "data.augmentation", \.data.augmentation, .choice,
            "What happens to a training image before each use: crop-flip takes a random resized crop of "
                + "0.75 to 1 of the area and flips half of the images."),
        ScenarioKey(
            "data.partition.kind", \.data.partition.kind, .choice,
            "How the training images are spread over the clients: in equal random parts, by Dirichlet "
                + "shares of each class, by domain, a few classes each, shards sorted by class, in "
                + "unequal parts, or each owner's to one client."),
        ScenarioKey(
            "data.partition.beta", \.data.partition.beta,
            .number(above: 0, atMost: 10_000),
            "The concentration of the Dirichlet distribution: the smaller, the fewer classes a client holds "
                + "(the paper: 0.01 and 0.5)."),
        ScenarioKey(
            "data.partition.minimum", \.data.partition.minimum, .integer(0...1_000_000),
            "A Dirichlet partition is drawn again until every client holds at least so many images "
                + "(the authors' code: 10)."),
        ScenarioKey(
            "data.partition.classes", optional: \.data.partition.classes, .integer(1...100_000), absent: "2",
            "How many classes each client holds (pathological)."),
        ScenarioKey(
            "data.partition.shards", optional: \.data.partition.shards, .integer(1...10_000), absent: "2",
            "How many shards each client holds (FedAvg's paper: 2)."),
        ScenarioKey(
            "data.partition.min-images", optional: \.data.partition.minImages, .integer(1...1_000_000),
            absent: "1",
            "Owners with fewer training images are no clients (natural)."),
        ScenarioKey(
            "data.partition.owners", optional: \.data.partition.owners, .choice, absent: "random",
            "Which owners are the clients where there are more than clients (natural): a random choice, "
                + "another for each seed, or those with the most images, the largest first."),
        ScenarioKey(
            "data.partition.per-client", optional: \.data.partition.perClient, .integer(1...1_000_000),
            absent: "every image belongs to exactly one client",
            "Images that each client draws for itself from the whole set by the same rule, when it is first "
                + "needed: several clients may hold the same image, so there may be a million clients."),
        ScenarioKey(
            "data.styles", optional: \.data.styles, .styles, absent: "photos: [real]",
            "How the images of shapes are made, each style a domain with train-per-class and test-per-class "
                + "images of "
                + "every class. The shipped foundation models have seen all styles but quickdraw."),
        ScenarioKey(
            "data.strict", \.data.strict, .flag,
            "Whether an unreadable image, or one in another format than JPEG and PNG, ends the run; "
                + "otherwise it is "
                + "left out and counted."),
        ScenarioKey(
            "data.class-names", optional: \.data.classNames, .classNames,
            absent:
                "class-names.txt in the data's folder, else known names of WordNet ids, else folders or "
                + "labels",
            "What classes are called in prompts (docs/tutorial.md)."),
        ScenarioKey(
            "data.test-fraction", optional: \.data.testFraction,
            .number("a number above 0, below 1") { $0 > 0 && $0 < 1 },
            absent: "0.2 of folders without train and test; a train without a test is an error",
            "The fraction of each class, or of each owner's images of leaf, that is drawn for the test set "
                + "of a folder without one; the same for every seed."),
        ScenarioKey(
            "data.labels", optional: \.data.labels, .choice, absent: "fine",
            "Which labels of CIFAR-100 are the classes: the hundred or their twenty superclasses."),
    ]

    private static let training =
        [
            ScenarioKey(
                "training.rounds", \.training.rounds, .integer(1...100_000),
                "Communication rounds of the weight-based methods (the paper: 200)."),
            ScenarioKey(
                "training.local-epochs", \.training.localEpochs, .integer(1...100_000),
                "Passes over its own images that a client makes in a round (the paper: 5)."),
        ] + optimizer("training", \.training.optimizer) + [
            ScenarioKey(
                "training.averaging", \.training.averaging, .choice,
                "Whether clients count the same (the paper) or by their number of images in the average."),
            ScenarioKey(
                "training.evaluate-every", \.training.evaluateEvery, .integer(1...1_000_000),
                "The global model is evaluated after every so many rounds or epochs, and after the last."),
            ScenarioKey(
                "training.precision", optional: \.training.precision, .choice,
                absent: "fp32",
                "The element type of convolutions and matrix products wherever the scenario trains a "
                    + "classifier: "
                    + "bf16 is faster and rounds to 8 bits; weights, batch norm, averages and evaluations "
                    + "stay "
                    + "fp32."),
            ScenarioKey(
                "training.mode", \.training.mode, .choice,
                "Whether models are really trained; none plays the same messages, bytes, faults and times "
                    + "without a tensor, and measures no accuracy. training: none says the same."),
        ]

    private static let centralized =
        [
            ScenarioKey(
                "centralized.epochs", \.centralized.epochs, .integer(1...100_000),
                "Passes over all training images of the centralized baseline (the paper: 120).")
        ] + optimizer("centralized", \.centralized.optimizer)

    private static let synthesis =
        [
            ScenarioKey(
                "synthesis.foundation", \.synthesis.foundation, .foundation,
                "The text-to-image model: the built-in one, or a checkpoint in diffusers' folder layout."),
            ScenarioKey(
                "synthesis.lora", optional: \.synthesis.lora, .lora, absent: "the model as it is",
                "A low-rank adapter (LoRA) that is merged into the text-to-image model, as kohya, diffusers "
                    + "or peft "
                    + "write it; scale 1 is what it was trained for."),
            ScenarioKey(
                "synthesis.prompts", \.synthesis.prompts, .choice,
                "What the clients upload: a prompt per class, a caption per image, the embeddings of the "
                    + "class "
                    + "prompts, or the vector of a new word per class, learnt from the client's images "
                    + "(tailored)."
            ),
            ScenarioKey(
                "synthesis.captioner", \.synthesis.captioner, .captioner,
                "What captions images for prompts: instance; the built-in model, or a checkpoint in BLIP-2's "
                    + "folder layout."),
            ScenarioKey(
                "synthesis.embedding-precision", \.synthesis.embeddingPrecision, .choice,
                "The element type of uploaded embeddings and words."),
            ScenarioKey(
                "synthesis.tailoring.steps", \.synthesis.tailoring.steps, .integer(1...1_000_000),
                "Optimization steps for each word of prompts: tailored (textual inversion's paper: 5000)."),
            ScenarioKey(
                "synthesis.tailoring.batch", \.synthesis.tailoring.batch, .integer(1...4096),
                "Images per step of prompts: tailored (textual inversion's paper: 4 on each of two GPUs)."),
            ScenarioKey(
                "synthesis.tailoring.learning-rate", \.synthesis.tailoring.learningRate,
                .number(above: 0, atMost: 100),
                "The learning rate of prompts: tailored (textual inversion's paper: 0.005, times the batch "
                    + "of 8)."
            ),
            ScenarioKey(
                "synthesis.set", optional: \.synthesis.set,
                .path("a folder that `fgl-sim synthesize --scenario` has written"),
                absent: "the server synthesizes its set",
                "A synthetic set to start from; its images of the classes that clients describe are taken."),
            ScenarioKey(
                "synthesis.template", \.synthesis.template,
                .text("text that contains {class}, such as \"A photo of a {class}\"") {
                    $0.contains("{class}")
                },
                "The text of a class-level prompt; {class} stands for the name of the class."),
            ScenarioKey(
                "synthesis.templates", optional: \.synthesis.templates, .templates,
                absent: "synthesis.template for all",
                "The template for the images of some domains; synthesis.template is for the rest."),
            ScenarioKey(
                "synthesis.negative-prompt", optional: \.synthesis.negativePrompt,
                .text("text on one line") { !$0.isEmpty }, absent: "plain guidance",
                "What guidance leads away from (the authors' code: low quality, low resolution)."),
            ScenarioKey(
                "synthesis.per-class", \.synthesis.perClass, .integer(1...1_000_000),
                "Synthetic images per class (the paper's Figure 4b: 2,000 to 20,000)."),
            ScenarioKey(
                "synthesis.per-prompt", optional: \.synthesis.perPrompt, .integer(1...1_000_000),
                absent: "synthesis.per-class images of each class, shared among its prompts",
                "Synthetic images of each distinct prompt or embedding, each from a noise of its own; takes "
                    + "the "
                    + "place of synthesis.per-class."),
            ScenarioKey(
                "synthesis.real-per-class", \.synthesis.realPerClass, .integer(0...1_000_000),
                "Real training images of each class that the server has from elsewhere and mixes with the "
                    + "synthetic "
                    + "ones; drawn from the training set, where the clients hold them too."),
            ScenarioKey(
                "synthesis.steps", \.synthesis.steps, .integer(1...1000),
                "Denoising steps per image (the authors' code: 50)."),
            ScenarioKey(
                "synthesis.guidance", \.synthesis.guidance,
                .number(from: 0, to: 100),
                "The scale of classifier-free guidance (the authors' code: 2)."),
            ScenarioKey(
                "synthesis.batch-images", optional: \.synthesis.batchImages, .integer(1...1000),
                absent: "50; of a checkpoint with images above 64 pixels 1, on a GPU 8",
                "Images that are drawn together. A large batch needs much memory and helps a GPU alone; the "
                    + "last bits of images depend on it."),
            ScenarioKey(
                "synthesis.precision", optional: \.synthesis.precision, .choice,
                absent: "fp32",
                "The type of the foundation model's weights and products while images are drawn: bf16 and "
                    + "fp16 halve its memory and round to 8 and 11 bits; fp16 needs a GPU."),
            ScenarioKey(
                "synthesis.scheduler", \.synthesis.scheduler, .choice,
                "The noise scheduler; `checkpoint` is the model's own."),
            ScenarioKey(
                "synthesis.epochs", \.synthesis.epochs, .integer(1...100_000),
                "Passes over the synthetic images that train the one-shot model (the paper: 120)."),
        ] + optimizer("synthesis", \.synthesis.optimizer) + [
            ScenarioKey(
                "synthesis.fine-tune-epochs", \.synthesis.fineTuneEpochs, .integer(1...100_000),
                "Passes over the synthetic images after each aggregation of fgl-5-round-syn (the paper: 5)."),
            ScenarioKey(
                "synthesis.rounds", \.synthesis.rounds, .integer(1...100_000),
                "FedAvg rounds after the one-shot model in fgl-5-round and fgl-5-round-syn (the paper: 4)."
            ),
        ]

    private static let network = [
        ScenarioKey(
            "network.transport", optional: \.network.transport, .choice, absent: "ideal",
            "What transfers cost beside their bytes (docs/fidelity.md): nothing; TCP's round trips, "
                + "headers, slow start and windows; those and TLS's round trip; SimGrid's models."),
        ScenarioKey(
            "network.server.uplink", \.network.server.uplinkBytesPerSecond, .quantity(.bandwidth),
            "The server's capacity for what it sends, shared by all transfers."),
        ScenarioKey(
            "network.server.downlink", \.network.server.downlinkBytesPerSecond, .quantity(.bandwidth),
            "The server's capacity for what it receives, shared by all transfers."),
        ScenarioKey(
            "network.client.preset", optional: \.network.client.preset, .choice,
            absent: "the three quantities below",
            "Published links in their place (docs/fidelity.md): rates drawn for each client, and a latency."),
        ScenarioKey(
            "network.client.uplink", \.network.client.uplinkBytesPerSecond, .source(.bandwidth),
            "A client's capacity for what it sends."),
        ScenarioKey(
            "network.client.downlink", \.network.client.downlinkBytesPerSecond, .source(.bandwidth),
            "A client's capacity for what it receives."),
        ScenarioKey(
            "network.client.latency", \.network.client.latencySeconds, .source(.duration, in: .latency),
            "The one-way latency between a client and the server."),
        ScenarioKey(
            "network.client.loss", optional: \.network.client.loss, .number(from: 0, to: 0.5), absent: "0",
            "The fraction of packets lost on a client's link, which are sent again; every transport but "
                + "ideal also slows down for them."),
    ]

    private static let devices = [
        ScenarioKey(
            "devices.client", \.devices.clientFLOPsPerSecond, .source(.speed),
            "The speed of a client's device."),
        ScenarioKey(
            "devices.profile", optional: \.devices.profile, .choice, absent: "devices.client",
            "The measured device that every client has, in place of devices.client (docs/fidelity.md)."),
        ScenarioKey(
            "devices.slowdown", \.devices.slowdown, .factorSource,
            "How many times longer a client computes, in all rounds; stragglers take their slowdown on top."),
        ScenarioKey(
            "devices.round-slowdown", \.devices.roundSlowdown, .factors,
            "How many times longer a client computes in a round, drawn anew for each client and round."),
        ScenarioKey(
            "devices.server", \.devices.serverFLOPsPerSecond, .quantity(.speed),
            "The speed of the server."),
        ScenarioKey(
            "devices.efficiency", optional: \.devices.efficiency, .number(above: 0, atMost: 1), absent: "1",
            "The part of devices.server that work reaches: peak speeds of data sheets are not reached."),
        ScenarioKey(
            "devices.stragglers.fraction", \.devices.stragglers.fraction,
            .number(from: 0, to: 1),
            "The fraction of the clients that are slow."),
        ScenarioKey(
            "devices.stragglers.slowdown", \.devices.stragglers.slowdown,
            .number(from: 1, to: 1_000_000),
            "How many times longer a slow client computes."),
    ]

    /// The five keys of stochastic gradient descent in a section.
    private static func optimizer(
        _ section: String, _ keyPath: WritableKeyPath<Scenario, Scenario.Optimizer> & Sendable
    ) -> [ScenarioKey] {
        func key<Value>(
            _ name: String, _ field: WritableKeyPath<Scenario.Optimizer, Value> & Sendable,
            _ format: ValueFormat<Value>, _ documentation: String
        ) -> ScenarioKey {
            ScenarioKey(
                "\(section).\(name)",
                get: { $0[keyPath: keyPath][keyPath: field] },
                set: { $0[keyPath: keyPath][keyPath: field] = $1 }, format, documentation)
        }
        return [
            key(
                "batch", \.batch, .integer(2...65_536),
                "Images per step (the paper: 128). Batch norm has no variance of one image, so a client with "
                    + "a "
                    + "single image makes no step."),
            key(
                "learning-rate", \.learningRate,
                .number(above: 0, atMost: 100),
                "The initial learning rate (the paper: 0.01)."),
            key(
                "momentum", \.momentum, .number(from: 0, below: 1),
                "The momentum (the paper: 0.9)."),
            key(
                "weight-decay", \.weightDecay, .number(from: 0, to: 1),
                "The weight decay (the paper: 1e-4, and 2e-4 for one-shot)."),
            key(
                "schedule", \.schedule, .choice,
                "How the learning rate changes: not at all, or by half a cosine down to zero."),
        ]
    }
}

/// Whether a name can be the stem of a file on every system.
private func isFileName(_ name: String) -> Bool {
    func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    guard let first = name.utf8.first, isAlphanumeric(first), name.utf8.count <= 100 else { return false }
    return name.utf8.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
}
