import Foundation
import Models

/// The memory that the real work of an experiment takes, estimated before anything is loaded.
///
/// Of models only headers are read. Images of folders are not counted: how many there are is known when they
/// are read, and they are checked then.
public struct MemoryEstimate: Sendable, Equatable {
    /// The program with libtorch, in bytes, as measured (docs/performance.md).
    private static let programBytes = 350e6

    /// As many images of a folder are taken for a batch that may have more: how many there are is not known
    /// yet, and a large batch often means all of them.
    private static let mostUnknownImages = 1024.0

    /// Weights of foundation models and captioners, which all workers share, in bytes.
    public private(set) var weightBytes = 0.0
    /// What a worker computes with beside these, in bytes: the largest piece of work.
    public private(set) var workerBytes = 0.0
    /// Images of the built-in world and of a synthetic set, in bytes.
    public private(set) var imageBytes = 0.0
    /// Where weights and work in progress lie; images are the processor's.
    public private(set) var device = Torch.Device.cpu

    /// Of a scenario: all its variants and methods.
    ///
    /// - Throws: as the models on disk do when they are opened.
    public init(_ scenario: Scenario) throws { try self.init(scenario.plannedRuns(seeds: [])) }

    /// Of making the synthetic set of a scenario.
    ///
    /// - Throws: as the model on disk does when it is opened.
    init(synthesisOf scenario: Scenario) throws {
        var counted: Set<String> = []
        device = scenario.device
        try add(scenario.synthesis, learningBatch: nil, &counted)
    }

    /// Of runs, which agree in their device. Those that are timing only do no real work.
    init(_ runs: [PlannedRun]) throws {
        var counted: Set<String> = []
        for run in runs where run.scenario.training.mode == .real {
            let scenario = run.scenario
            device = scenario.device
            let side = scenario.data.side, isWorld = scenario.data.set == .shapes
            // A folder's classes and images are known when it is read.
            let classes = isWorld ? scenario.data.worldObjects.count : 10
            let classifier = scenario.model.builtInArchitecture(classes: classes, side: side)
            var images = isWorld ? scenario.data.worldImageCount : 0
            let synthesis = scenario.synthesis, needs = run.modelNeeds
            let work = run.method.workingSet(in: scenario)
            if needs.foundation, synthesis.set == nil {
                images += Double(classes) * Double(synthesis.perClass)
                try add(synthesis, learningBatch: work.foundationBatch, &counted)
            }
            let most = isWorld ? images : max(images, Self.mostUnknownImages)
            let batch = Int(min(Double(work.classifierBatch), most))
            workerBytes = max(
                workerBytes, work.otherBytes, classifier?.trainingBytes(batch: batch, side: side) ?? 0)
            imageBytes = max(imageBytes, images * Double(3 * side * side))
            guard needs.captioner || needs.foundation && synthesis.prompts == .instanceLevel else { continue }
            let folder = CaptionerProvider.folder(of: synthesis.captioner)
            if counted.insert(folder.path).inserted {
                weightBytes += try CaptionerFolder(path: folder.path).weightBytes
            }
        }
    }

    /// Adds what a foundation model takes, with its files read once for all runs that draw alike.
    ///
    /// - Parameters:
    ///   - learningBatch: images that go through the UNet and back together.
    ///   - counted: models and ways to draw that were added.
    private mutating func add(
        _ synthesis: Scenario.Synthesis, learningBatch: Int?, _ counted: inout Set<String>
    ) throws {
        let model = synthesis.model.text, isGuided = synthesis.guidance > 1
        let precision = synthesis.precision ?? .float32
        let batch = synthesis.batchImages.map { "\($0)" } ?? "usual"
        let way = "\(model), batch \(batch), learning \(learningBatch ?? 0), guided \(isGuided)"
        guard counted.insert("\(way), \(precision.rawValue)").inserted else { return }
        let memory = try SynthesisMemory(
            folder: FoundationFolder(path: FoundationProvider.folder(of: synthesis.model.foundation).path),
            batch: synthesis.batchImages, isGuided: isGuided, precision: precision)
        workerBytes = max(
            workerBytes, memory.activationBytes, Double(learningBatch ?? 0) * memory.learningBytes)
        if counted.insert(model).inserted { weightBytes += memory.weightBytes }
    }

    /// What lies where the work is done, with so many workers, in bytes.
    public func workBytes(workers: Int) -> Double { weightBytes + Double(workers) * workerBytes }

    /// The processor's memory with so many workers, in bytes. On its way to a device a model is mapped, in
    /// pages that may go.
    public func bytes(workers: Int) -> Double {
        Self.programBytes + imageBytes + (device == .cpu ? workBytes(workers: workers) : 0)
    }

    /// How many workers fit into so much of the processor's memory; 0 where not even one does.
    public func workers(in available: Double) -> Int {
        let left = available - bytes(workers: 0)
        guard left > 0 else { return 0 }
        return device == .cpu && workerBytes > 0 ? Int(min(left / workerBytes, 1024)) : 1024
    }

    /// Throws `FederationError.tooLittleMemory` where this machine, or what this process may use of it, has
    /// less than so many workers need.
    package func check(
        workers: Int, available: Double = Double(MachineMemory.limit)
    ) throws(FederationError) {
        let needed = bytes(workers: workers)
        guard needed > available else { return }
        throw .tooLittleMemory(
            bytes: needed, workers: workers, available: available, fitting: self.workers(in: available))
    }
}

extension Scenario.Data {
    /// Images of the built-in world, in training and test sets of all styles.
    fileprivate var worldImageCount: Double {
        Double(worldObjects.count * (styles?.count ?? 1)) * Double((trainPerClass ?? 0) + (testPerClass ?? 0))
    }
}
