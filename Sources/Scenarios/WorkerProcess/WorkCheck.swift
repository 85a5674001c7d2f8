import Models

extension WorkerEnvironment {
    /// Checks work that came from outside: what it names must fit together and be of a size that can be
    /// computed, so that doing it ends with a result or an error.
    ///
    /// What the types' decoders have refused is not looked at again.
    ///
    /// - Parameter models: the identities of the scenario's classifiers.
    /// - Throws: `FederationError.foreignWork`, `.inputMissing`.
    func check(_ work: any Work, models: Set<String>) throws {
        let model = modelIdentity(of: work)
        try require(model.map(models.contains) ?? true, "its model is not the scenario's")
        switch work {
        case let work as Training: try check(work)
        case let work as Evaluation: _ = try images(work.images)
        case let work as Captioning: try check(work.images)
        case let work as WordLearning: try check(work)
        case let work as Synthesis: try check(work)
        case let work as MembershipTest:
            try check(work.members)
            _ = try images(work.others)
        case let work as RetrievalTest:
            try check(work.synthetic)
            try check(work.privates)
            _ = try images(work.control)
        case let work as Distillation: try check(work)
        default: try require(false, "'\(type(of: work).kind)' is not done by workers")
        }
    }

    /// - Throws: `FederationError.foreignWork`.
    private func require(_ holds: Bool, _ reason: @autoclosure () -> String) throws {
        guard holds else { throw FederationError.foreignWork(reason: reason()) }
    }

    /// The largest number of epochs, steps or images that work may ask for.
    private static let most = 1 << 24

    /// The classifier that work is about; `nil` for work without one.
    private func modelIdentity(of work: any Work) -> String? {
        switch work {
        case let work as Training: work.model.identity
        case let work as Evaluation: work.model.identity
        case let work as MembershipTest: work.model.identity
        case let work as RetrievalTest: work.model.identity
        case let work as Distillation: work.model.identity
        default: nil
        }
    }

    private func check(_ selection: ImageSelection) throws {
        let set = try images(selection.set)
        let indices = selection.indices?.indices
        try require(
            selection.side == set.side && selection.count == indices?.count ?? set.count
                && selection.count > 0 && indices?.allSatisfy { $0 < set.count } ?? true,
            "it names images that the set does not have")
    }

    private func check(_ images: SyntheticImages) throws {
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

    private func check(_ options: TrainingOptions) throws {
        try require(
            options.epochs <= Self.most && options.batch <= Self.most, "it asks for too many epochs or images"
        )
    }

    private func check(_ work: Training) throws {
        try check(work.settings.options)
        try require(
            work.images.synthetic != nil || work.images.real != nil, "it trains without images")
        if let synthetic = work.images.synthetic { try check(synthetic) }
        if let real = work.images.real { try check(real) }
        if let evaluation = work.evaluation { _ = try images(evaluation) }
    }

    private func check(_ work: WordLearning) throws {
        try check(work.images)
        let provider = try foundation(work.foundation)
        try provider.check(template: work.template)
        try require(
            1...Self.most ~= work.steps && 1...4096 ~= work.batch && work.learningRate.isFinite,
            "it asks for steps or batches of an impossible size")
    }

    private func check(_ work: Synthesis) throws {
        try require(
            1...1024 ~= work.side && !work.images.isEmpty
                && work.images.allSatisfy { 1...1_000_000 ~= $0.count && 0...(1 << 40) ~= $0.first }
                && work.images.reduce(0.0, { $0 + Double($1.count) }) <= 1_000_000,
            "it asks for images of an impossible number or size")
        try require(
            1...1000 ~= work.sampling.steps && (0...1000).contains(work.sampling.guidance)
                && work.sampling.sampler.map(Samplers.names.contains) ?? true,
            "it asks for an impossible way of drawing")
        let provider = try foundation(work.foundation)
        for run in work.images {
            switch run.condition.condition {
            case .text: break
            case .states(let states):
                let own = try provider.states(of: [""])[0]
                try require(
                    states.width == own.width && states.tokens == own.tokens,
                    "its states are not those of the foundation model")
            case .token(let prompt):
                try require(
                    prompt.vector.count == provider.tokenWidth,
                    "its word is not of the foundation model")
                try provider.check(template: prompt.pieces.joined(separator: "{class}"))
            }
        }
    }

    private func check(_ work: Distillation) throws {
        try check(work.settings.training)
        let options = work.settings.options
        let sizes = [options.generatorSteps, options.noiseWidth, options.generatorWidth, options.pool ?? 1]
        try require(
            !work.states.isEmpty && work.side == data.train.side && options.epochs <= Self.most
                && options.batch <= 1 << 16 && sizes.allSatisfy { 1...(1 << 16) ~= $0 },
            "it asks for a distillation of an impossible size")
        _ = try images(work.evaluation)
    }
}
