/// What the largest piece of a method's work computes with, as far as a scenario's keys say it; the memory
/// for it is estimated before anything is loaded (`MemoryEstimate`).
public struct WorkingSet: Sendable, Equatable {
    /// Images of the largest batch that trains a classifier; fewer where there are not so many.
    public var classifierBatch: Int
    /// Images of the largest batch that goes through the foundation model and back; `nil` where none does.
    public var foundationBatch: Int?
    /// Memory of another network that is trained, in bytes.
    public var otherBytes = 0.0

    /// Classifiers are trained by batches of so many images, and nothing else is.
    public init(classifierBatch: Int, foundationBatch: Int? = nil, otherBytes: Double = 0) {
        self.classifierBatch = classifierBatch
        self.foundationBatch = foundationBatch
        self.otherBytes = otherBytes
    }
}

extension FederatedMethod {
    /// Training at clients, and, where a server synthesizes, on its images; words that clients learn.
    public func workingSet(in scenario: Scenario) -> WorkingSet {
        let synthesis = scenario.synthesis, local = scenario.training.optimizer.batch
        return WorkingSet(
            classifierBatch: needsFoundation ? max(local, synthesis.optimizer.batch) : local,
            foundationBatch: needsFoundation && synthesis.prompts == .tailored
                ? synthesis.tailoring.batch : nil)
    }
}
