import Models

extension WorkerEnvironment {
    /// Checks work that came from outside.
    ///
    /// - Parameter models: the identities of the scenario's classifiers.
    /// - Throws: `FederationError.foreignWork`, `.inputMissing`; what reading throws.
    func check(_ work: any Work, models: Set<String>) throws {
        guard let work = work as? any TravellingWork else {
            throw FederationError.foreignWork(reason: "'\(type(of: work).kind)' is not done by workers")
        }
        try require(
            work.classifier.map { models.contains($0.identity) } ?? true, "its model is not the scenario's")
        try work.check(in: self)
    }

    /// - Throws: `FederationError.foreignWork`.
    func require(_ holds: Bool, _ reason: @autoclosure () -> String) throws {
        guard holds else { throw FederationError.foreignWork(reason: reason()) }
    }

    /// The largest number of epochs, steps or images that work may ask for.
    static let most = 1 << 24

    func check(_ selection: ImageSelection) throws {
        let set = try images(selection.set)
        let indices = selection.indices?.indices
        try require(
            selection.side == set.side && selection.count == indices?.count ?? set.count
                && selection.count > 0 && indices?.allSatisfy { $0 < set.count } ?? true,
            "it names images that the set does not have")
    }

    func check(_ images: SyntheticImages) throws {
        let classes = images.classNames.count
        try require(
            images.side == data.train.side && !images.labels.isEmpty
                && images.labels.allSatisfy { 0..<classes ~= Int($0) }
                && images.classNames == data.train.classNames,
            "its synthetic images are of other classes or of another size")
        let (bytes, overflow) = images.count.multipliedReportingOverflow(by: 3 * images.side * images.side)
        let found = images.parts.reduce(0.0) { $0 + Double($1.count) }
        try require(!overflow && found == Double(bytes), "its synthetic images are not as many as it says")
    }

    func check(_ sampling: SamplingSettings) throws {
        try require(
            1...1000 ~= sampling.steps && (0...1000).contains(sampling.guidance)
                && sampling.batchImages.map { 1...1000 ~= $0 } ?? true
                && sampling.precision.map { $0.isAvailable(on: Torch.device) } ?? true
                && sampling.sampler.map(Samplers.names.contains) ?? true,
            "it asks for an impossible way of drawing")
    }

    fileprivate func check(_ poison: ImagePoison) throws {
        let classes = 0..<data.train.classNames.count
        try require(
            [poison.source, poison.target].allSatisfy { $0.map(classes.contains) ?? true },
            "it changes labels of classes that there are not")
        guard let trigger = poison.trigger else { return }
        try require(
            1...data.train.side ~= trigger.size && (0...1).contains(trigger.share),
            "its trigger is of an impossible size or share")
    }

    fileprivate func check(_ options: TrainingOptions) throws {
        try require(
            options.epochs <= Self.most && options.batch <= Self.most, "it asks for too many epochs or images"
        )
    }

    fileprivate func check(_ contrast: LocalContrast) throws {
        try require(
            contrast.mu.isFinite && contrast.temperature.isFinite && contrast.temperature > 0,
            "its contrast has an impossible weight or temperature")
    }

    fileprivate func check(_ term: LocalPrototypes, of model: ClassifierReference) throws {
        let prototypes = try ClassPrototypes(decoding: load(term.prototypes))
        let classes = 0..<model.architecture.classes
        try require(
            term.weight.isFinite && prototypes.labels.allSatisfy(classes.contains)
                && prototypes.width == StateSizes().featureCount(of: model),
            "its prototypes are not of its model's features and classes")
    }
}

extension Training: TravellingWork {
    package var classifier: ClassifierReference? { model }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(settings.options)
        try environment.require(
            images.synthetic != nil || images.real != nil, "it trains without images")
        if let synthetic = images.synthetic { try environment.check(synthetic) }
        if let real = images.real { try environment.check(real) }
        if let poison = images.poison { try environment.check(poison) }
        if let evaluation { _ = try environment.images(evaluation) }
        if let contrast { try environment.check(contrast) }
        if let prototypes { try environment.check(prototypes, of: model) }
    }
}

extension Evaluation: TravellingWork {
    package var classifier: ClassifierReference? { model }

    package func check(in environment: WorkerEnvironment) throws { _ = try environment.images(images) }
}

extension MembershipTest: TravellingWork {
    package var classifier: ClassifierReference? { model }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(members)
        _ = try environment.images(others)
    }
}

extension RetrievalTest: TravellingWork {
    package var classifier: ClassifierReference? { model }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(synthetic)
        try environment.check(privates)
        _ = try environment.images(control)
    }
}

extension Captioning: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws { try environment.check(images) }
}

extension WordLearning: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(images)
        let provider = try environment.foundation(foundation)
        try provider.check(template: template)
        try environment.require(
            1...WorkerEnvironment.most ~= steps && 1...4096 ~= batch && learningRate.isFinite,
            "it asks for steps or batches of an impossible size")
    }
}

extension Synthesis: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.require(
            1...1024 ~= side && !images.isEmpty
                && images.allSatisfy { 1...1_000_000 ~= $0.count && 0...(1 << 40) ~= $0.first }
                && images.reduce(0.0, { $0 + Double($1.count) }) <= 1_000_000,
            "it asks for images of an impossible number or size")
        try environment.check(sampling)
        // Whether it is an adapter of the model is asked when it is merged.
        if let adapter { _ = try environment.load(adapter) }
        let provider = try environment.foundation(foundation)
        if let concept { try environment.check(concept, of: provider) }
        for run in images {
            switch run.condition.condition {
            case .text: break
            case .states(let states):
                let own = try provider.states(of: [""])[0]
                try environment.require(
                    states.width == own.width && states.tokens == own.tokens
                        && states.pooled.count == own.pooled.count,
                    "its states are not those of the foundation model")
            case .token(let prompt):
                try environment.require(
                    prompt.vector.count == provider.tokenWidth,
                    "its word is not of the foundation model")
                try provider.check(template: prompt.pieces.joined(separator: "{class}"))
            }
        }
    }
}

extension Distillation: TravellingWork {
    package var classifier: ClassifierReference? { model }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(settings.training)
        let options = settings.options
        let sizes = [options.generatorSteps, options.noiseWidth, options.generatorWidth, options.pool ?? 1]
        try environment.require(
            !states.isEmpty && side == environment.data.train.side
                && options.epochs <= WorkerEnvironment.most && options.batch <= 1 << 16
                && sizes.allSatisfy { 1...(1 << 16) ~= $0 },
            "it asks for a distillation of an impossible size")
        _ = try environment.images(evaluation)
    }
}
