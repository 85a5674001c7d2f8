import Core
import Foundation
import Models
import RunLog
import Simulator

/// Makes the synthetic set of a scenario without training on it: round 1 of Federated Generative Learning, up
/// to the server's images.
public enum SynthesisRun {
    /// The images that `fgl-one-shot` of this scenario and seed trains on, bit by bit.
    ///
    /// - Parameters:
    ///   - scenario: whose set is made.
    ///   - jobs: worker threads; they change how long it takes and nothing else.
    ///   - engine: who does the work instead of threads of this process.
    ///   - cache: images that were synthesized before.
    ///   - isStrict: whether a word that a built-in model has not learnt is an error.
    ///   - notice: called with a line about such words.
    ///   - progress: told of each piece of work.
    /// - Returns: the images, labelled and captioned, and where the noise of each came from.
    /// - Throws: errors of data, models and federation.
    public static func images(
        of scenario: Scenario, jobs: Int, engine: EngineSettings? = nil, cache: SynthesisCache? = nil,
        isStrict: Bool = false, notice: (Notice) -> Void = { _ in }, progress: any RunProgress
    ) throws -> (images: ImageSet, seeds: [UInt64]) {
        // The images are asked for, also of a scenario whose runs are timing only.
        var scenario = scenario
        scenario.training.mode = .real
        if engine == nil, let estimate = try? MemoryEstimate(synthesisOf: scenario) {
            try estimate.check(workers: jobs)
        }
        let pool = WorkerPools.make(jobs: jobs, engine: engine)
        defer { pool.close() }
        let method = DescriptionAndSynthesis()
        let data = try FederatedData.load(scenario.data, catalogue: scenario.catalogue, workers: jobs)
        let notLearnt = scenario.notLearnt(
            classNames: data.train.classNames, domainNames: data.train.domainNames)
        for sentence in notLearnt {
            if isStrict { throw FederationError.notLearnt(sentence) }
            notice(.warning(sentence))
        }
        let folder = try ScratchFolder(for: "synthesis")
        defer { folder.remove() }
        try Torch.use(scenario.device)
        var models = ModelProviders()
        try models.load(for: scenario, ModelNeeds(foundation: true)) { _ in }
        try pool.prepare(for: scenario.device)
        let machinery = Machinery(
            pool: pool, blobs: BlobStore(folder: "\(folder.path)/states", memoryBudgetBytes: 192 << 20),
            models: models, cache: cache)
        // The run is played like any other; its log is of no further use.
        let log = try RunLog(path: "\(folder.path)/log.sqlite")
        let recorder = try log.begin(
            RunDescription(
                name: scenario.name, method: method.name, seed: scenario.seed, clients: scenario.clients,
                scenario: scenario.resolvedYAML, build: ""))
        let federation = try FederationAssembly(
            scenario: scenario, seed: scenario.seed, data: data, machinery: machinery
        ).federation(recorder: recorder, progress: progress)
        let simulation = federation.context.simulation
        simulation.spawn(method.name) { try await method.run(on: federation) }
        try simulation.run()
        _ = try recorder.finish(.finished, at: simulation.now)
        try log.close()
        guard let images = method.images.update({ $0 }) else {
            preconditionFailure("the synthesis of \(scenario.name) has ended without images")
        }
        return (try images.images(), images.seeds)
    }
}

/// The first half of algorithm 1: descriptions up, images at the server.
private struct DescriptionAndSynthesis: FederatedMethod {
    let name = "synthesize"
    let summary = "prompts up, synthetic images at the server"
    let needsFoundation = true
    /// What the server has made.
    let images = Monitor<SyntheticSet?>(nil)

    func run(on federation: Federation) async throws {
        federation.begin(round: 1)
        try await federation.collectDescriptions { client in
            try await client.upload(.description(client.describeImages()))
        }
        let server = federation.server
        let set = try await server.synthesize(from: server.acceptedDescriptions())
        images.update { $0 = set }
    }
}
