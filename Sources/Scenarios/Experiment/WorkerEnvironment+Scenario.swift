extension WorkerEnvironment {
    /// The images and models that a scenario names: what a process needs to do the work of its runs.
    ///
    /// - Throws: `DataError`, `CaptionerError`, `FoundationModelError`, `SafetensorsError`.
    package init(for scenario: Scenario, blobs: BlobStore, workers: Int = 1) throws {
        let data = try FederatedData.load(
            scenario.data, catalogue: scenario.catalogue, workers: workers)
        var models = ModelProviders()
        for run in scenario.plannedRuns(seeds: []) {
            try models.load(for: run.scenario, run.modelNeeds) { _ in }
            try models.loadClassifier(
                for: run.scenario, classes: data.train.classNames.count, side: data.train.side)
        }
        self.init(data: data, models: models, blobs: blobs)
    }
}
