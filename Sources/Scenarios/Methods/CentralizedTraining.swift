/// The upper baseline: all training images in one place, which no federation has. Nothing is communicated.
///
/// An epoch takes the place of a round in its accuracy curve.
public struct CentralizedTraining: FederatedMethod {
    public let name = "centralized"
    public let summary = "all images in one place, no federation: the upper baseline"
    public let hasRounds = false
    public let trainsAtClients = false

    public func workingSet(in scenario: Scenario) -> WorkingSet {
        WorkingSet(classifierBatch: scenario.centralized.optimizer.batch)
    }

    public func run(on federation: Federation) async throws {
        try await federation.server.trainCentrally()
    }
}
