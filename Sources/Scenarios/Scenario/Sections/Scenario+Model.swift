import Models

extension Scenario {
    /// The section `model`: the classifier that is trained.
    public struct Model: Sendable, Equatable {
        /// The architecture.
        public var kind: ModelKind = .resnet18
        /// What normalizes features; `nil` is the usual of the kind.
        public var norm: ModelNorm?
        /// Groups of channels of `.group`; `nil` is two.
        public var groups: Int?
        /// The file of `.torchscript`, as the user wrote its path.
        public var path: String?
        /// Floating-point operations of a forward pass of one image of `.torchscript`; `nil` counts them.
        public var flops: Double?
    }

    /// The classifiers.
    public enum ModelKind: String, Sendable, CaseIterable {
        /// ResNet-18.
        case resnet18
        /// ResNet-34.
        case resnet34
        /// ResNet-50.
        case resnet50
        /// The convolutional network of McMahan et al.
        case cnn
        /// A network of some thousand parameters, for tests and for timing.
        case tiny
        /// A PyTorch module from a file.
        case torchscript
    }

    /// What normalizes features between layers.
    public enum ModelNorm: String, Sendable, CaseIterable {
        /// Batch normalization.
        case batch
        /// Group normalization.
        case group
    }
}

extension Scenario.Model {
    /// The normalization that its layers have; `nil` where it has none, or where a file says so.
    var layerNorm: ClassifierNorm? {
        switch kind {
        case .resnet18, .resnet34, .resnet50, .tiny: norm == .group ? .group(groups ?? 2) : .batch
        case .cnn, .torchscript: nil
        }
    }

    /// Whether layers of this package normalize over the images of a batch.
    var hasBatchNorm: Bool { layerNorm == .batch }

    /// The fewest channels that are normalized: groups must divide them.
    private var narrowestNorm: Int { kind == .tiny ? 16 : ResNetArchitecture.widths[0] }

    /// Numbers of groups that fit.
    fileprivate var possibleGroups: [Int] {
        (1...narrowestNorm).filter { narrowestNorm.isMultiple(of: $0) }
    }

    /// The architecture for images of `side` pixels; `nil` for `torchscript`, whose file says it.
    package func builtInArchitecture(classes: Int, side: Int) -> (any ClassifierArchitecture)? {
        let norm = layerNorm ?? .batch
        switch kind {
        case .resnet18: return ResNetArchitecture(depth: .eighteen, classes: classes, norm: norm)
        case .resnet34: return ResNetArchitecture(depth: .thirtyFour, classes: classes, norm: norm)
        case .resnet50: return ResNetArchitecture(depth: .fifty, classes: classes, norm: norm)
        case .cnn: return ConvolutionalArchitecture(classes: classes, side: side)
        case .tiny: return TinyArchitecture(classes: classes, norm: norm)
        case .torchscript: return nil
        }
    }
}

extension ScenarioKeys {
    static let model = [
        ScenarioKey(
            "model.kind", \.model.kind, .choice,
            "The classifier (the paper: resnet18; resnet34 for 100 classes). cnn is that of FedAvg's paper, "
                + "tiny is for tests and for timing, torchscript is any PyTorch module (docs/classifiers.md)."
        ),
        ScenarioKey(
            "model.norm", optional: \.model.norm, .choice,
            absent: "batch; cnn has no normalization, and a torchscript module what its file says",
            "What normalizes features: batch norm, or group norm, under which images of a batch do not "
                + "depend "
                + "on one another and nothing of the clients' data is kept as statistics."),
        ScenarioKey(
            "model.groups", optional: \.model.groups, .integer(1...64), absent: "2",
            "Groups of channels of norm: group (2 in Reddi et al., arXiv 2003.00295; 32 in Wu and He, "
                + "arXiv 1803.08494); it must divide 64, and 16 for tiny."),
        ScenarioKey(
            "model.path", optional: \.model.path, .path("a file that torch.jit.save wrote"),
            absent: "none; kind: torchscript needs it",
            "The module of kind: torchscript, from scaled images [N, 3, side, side] to logits [N, classes]. "
                + "Its weights are the initial ones."),
        ScenarioKey(
            "model.flops", optional: \.model.flops, .number(from: 1, to: 1e15),
            absent: "counted in a pass: convolutions and matrix products",
            "Floating-point operations of a forward pass of one image of kind: torchscript; training counts "
                + "three times as many."),
    ]
}

extension ScenarioReader {
    /// Reports classifiers that cannot be built, and methods and measurements that they cannot serve.
    mutating func checkModel(of scenario: Scenario) {
        let model = scenario.model
        func conflict(
            _ key: String, _ value: String, with other: String, _ allowed: String, or keys: [String]
        ) {
            reportConflict(
                value, with: other, allowed: allowed, at: key, causedBy: lastGiven(among: keys + [key]))
        }
        let kind = "model.kind: \(model.kind.rawValue)"
        if let norm = model.norm, model.layerNorm == nil {
            conflict(
                "model.norm", norm.rawValue, with: kind,
                "no norm, or model.kind: resnet18, resnet34, resnet50, tiny", or: ["model.kind"])
        }
        if let groups = model.groups {
            if model.norm != .group {
                conflict(
                    "model.groups", "\(groups)", with: "model.norm: \(model.norm?.rawValue ?? "batch")",
                    "no groups, or model.norm: group", or: ["model.norm"])
            } else if model.layerNorm != nil, !model.possibleGroups.contains(groups) {
                conflict(
                    "model.groups", "\(groups)", with: kind,
                    model.possibleGroups.map(String.init).joined(separator: ", "), or: ["model.kind"])
            }
        }
        for name in scenario.methods where catalogue.method(name)?.needsFeatures == true {
            if model.kind == .torchscript {
                conflict(
                    "model.kind", "torchscript", with: "methods: \(name)",
                    "another kind: the features behind a module's last layer are not known", or: ["methods"])
            } else if scenario.training.precision == .bfloat16 {
                conflict(
                    "training.precision", "bf16", with: "methods: \(name)",
                    "fp32: the method compares features", or: ["methods"])
            }
        }
        if model.kind == .torchscript {
            if model.path == nil {
                report(.missingFor(kind), at: "model.path", causedBy: culprit("model.kind"))
            }
            if scenario.training.precision == .bfloat16 {
                conflict(
                    "training.precision", "bf16", with: kind, "fp32: the module's code says its types",
                    or: ["model.kind"])
            }
            if scenario.evaluation.retrieval {
                conflict(
                    "evaluation.retrieval", "true", with: kind,
                    "false: the features behind a module's last layer are not known", or: ["model.kind"])
            }
        } else {
            let given = [("model.path", model.path), ("model.flops", model.flops.map(formatDecimal))]
            for (key, value) in given {
                guard let value else { continue }
                conflict(
                    key, value, with: kind, "no such key, or model.kind: torchscript", or: ["model.kind"])
            }
        }
        checkBatchNorm(of: scenario)
    }

    /// Reports methods that compute with the statistics of batch norm where the classifier has none.
    private mutating func checkBatchNorm(of scenario: Scenario) {
        let model = scenario.model
        guard !model.hasBatchNorm else { return }
        let reason = model.norm == .group ? "model.norm: group" : "model.kind: \(model.kind.rawValue)"
        let cause = ["methods", "model.kind", "model.norm"]
        for name in scenario.methods {
            guard let method = catalogue.method(name) else { continue }
            // Whether a module has batch norm is seen when its file is opened.
            if method.needsBatchNorm, model.kind != .torchscript {
                reportConflict(
                    name, with: reason,
                    allowed: "methods that need no batch norm, or model.norm: batch with model.kind: "
                        + "resnet18, resnet34, resnet50, tiny",
                    at: "methods", causedBy: lastGiven(among: cause))
            }
            if name == Scenario.Dense.method, scenario.dense.statisticsWeight > 0 {
                reportConflict(
                    formatDecimal(scenario.dense.statisticsWeight), with: reason,
                    allowed: "0: there are no statistics of batch norm that the generator could come near",
                    at: "dense.batch-norm-weight",
                    causedBy: lastGiven(among: cause + ["dense.batch-norm-weight"]))
            }
        }
    }
}
