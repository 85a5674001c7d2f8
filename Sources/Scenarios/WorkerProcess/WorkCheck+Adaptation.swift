import Models

// Work in which clients teach the foundation model.

extension AdapterTraining: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(images)
        try environment.require(
            1...1024 ~= rank && alpha.isFinite && alpha > 0 && learningRate.isFinite && learningRate > 0
                && 1...WorkerEnvironment.most ~= steps && 1...4096 ~= batch,
            "it asks for an adapter of an impossible size")
        try environment.foundation(foundation).check(adapterRank: rank)
    }
}

extension WorkerEnvironment {
    /// Checks that a concept is one of a foundation model.
    func check(_ concept: ClientConcept, of model: FoundationProvider) throws {
        let message = try ConceptMessage(decoding: load(concept.bytes))
        let width = try model.states(of: [""])[0].width, shape = try model.latentShape()
        try require(
            concept.strength > 0 && concept.strength <= 1 && concept.noise.isFinite && concept.noise >= 0
                && message.domain.count == width && message.shape == shape,
            "its concept is not of the foundation model, or of an impossible strength or noise")
    }
}

extension ConceptLearning: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(images)
        try environment.check(sampling)
        _ = try environment.foundation(foundation)
        let classes = environment.data.train.classNames.count
        try environment.require(
            learningRate.isFinite && learningRate > 0 && 1...WorkerEnvironment.most ~= steps
                && 1...4096 ~= batch
                && strength > 0 && strength <= 1 && labels.count == classes
                && labels.allSatisfy { 0..<classes ~= $0 },
            "it asks for a concept of an impossible size")
    }
}

extension DescriptionLearning: TravellingWork {
    package var classifier: ClassifierReference? { nil }

    package func check(in environment: WorkerEnvironment) throws {
        try environment.check(images)
        _ = try environment.foundation(foundation)
        try environment.require(
            learningRate.isFinite && learningRate > 0 && 1...WorkerEnvironment.most ~= steps
                && 1...4096 ~= batch,
            "it asks for steps or batches of an impossible size")
    }
}
