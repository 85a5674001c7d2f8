import Models

/// What a worker has not that a scenario names.
struct LackingInputs: Error {
    let cause: any Error
}

/// The images and models of scenarios, opened once for all work that names them.
struct WorkerInputs {
    /// What work of a scenario finds.
    private struct Known {
        let data: FederatedData
        let models: ModelProviders
        /// The identities of its classifiers.
        let classifiers: Set<String>
    }

    private var inputs = RunInputs()
    private var scenarios: [String: Known] = [:]

    /// What work of a scenario finds, images and models, after a check that the work fits to it.
    ///
    /// - Parameters:
    ///   - work: what is to be done.
    ///   - text: the scenario.
    ///   - sha256: its hash.
    ///   - blobs: where results go.
    /// - Throws: ``LackingInputs`` where images or models of the scenario are not here;
    ///   `FederationError.foreignWork`.
    mutating func environment(
        for work: any Work, _ text: String, _ sha256: String, blobs: BlobStore
    ) throws -> WorkerEnvironment {
        if scenarios[sha256] == nil {
            do { scenarios[sha256] = try open(text) } catch { throw LackingInputs(cause: error) }
        }
        let known = scenarios[sha256]!
        let environment = WorkerEnvironment(data: known.data, models: known.models, blobs: blobs)
        try environment.check(work, models: known.classifiers)
        return environment
    }

    private mutating func open(_ text: String) throws -> Known {
        let scenario = try Scenario.parse(
            text, file: "the run's scenario", overrides: [], catalogue: .standard)
        let runs = scenario.plannedRuns(seeds: [])
        for run in runs { try inputs.load(for: run, workers: 1) { _ in } }
        let data = inputs.images(of: runs[0])
        let identities = runs.map { run in
            inputs.models.architecture(
                of: run.scenario, classes: data.train.classNames.count, side: data.train.side
            ).identity
        }
        return Known(data: data, models: inputs.models, classifiers: Set(identities))
    }
}
