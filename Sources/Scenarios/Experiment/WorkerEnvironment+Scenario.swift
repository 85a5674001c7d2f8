extension WorkerEnvironment {
    /// The images and models that a scenario names: what a process needs to do the work of its runs.
    ///
    /// - Throws: `DataError`, `CaptionerError`, `FoundationModelError`, `SafetensorsError`.
    package init(for scenario: Scenario, blobs: BlobStore, workers: Int = 1) throws {
        var models = ModelProviders()
        for run in scenario.plannedRuns(seeds: []) where run.method.needsFoundation {
            try models.load(for: run.scenario)
        }
        self.init(
            data: try FederatedData.load(scenario.data, workers: workers), models: models, blobs: blobs)
    }
}
