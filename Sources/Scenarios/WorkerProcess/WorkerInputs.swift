import Models

/// The images and models of scenarios, opened once for all work that names them.
struct WorkerInputs {
    private var inputs = RunInputs()
    private var scenarios: [String: (data: FederatedData, models: ModelProviders)] = [:]

    /// What work of a scenario finds: its images and its models.
    ///
    /// - Parameters:
    ///   - text: the scenario.
    ///   - sha256: its hash.
    ///   - blobs: where results go.
    /// - Throws: `ScenarioError`; errors of data and models.
    mutating func environment(
        _ text: String, _ sha256: String, blobs: BlobStore
    ) throws -> WorkerEnvironment {
        if scenarios[sha256] == nil {
            let scenario = try Scenario.parse(
                text, file: "the run's scenario", overrides: [], catalogue: .standard)
            let runs = scenario.plannedRuns(seeds: [])
            for run in runs { try inputs.load(for: run, workers: 1) { _ in } }
            scenarios[sha256] = (inputs.images(of: runs[0]), inputs.models)
        }
        let known = scenarios[sha256]!
        return WorkerEnvironment(data: known.data, models: known.models, blobs: blobs)
    }
}
