import Models

/// FedProto's term in a client's training, as work names it.
package struct LocalPrototypes: Codable, Sendable {
    /// Those of the server.
    let prototypes: StoredBytes
    /// The term's weight.
    let weight: Double

    private enum CodingKeys: String, CodingKey { case prototypes, weight }

    package init(_ prototypes: StoredBytes, weight: Double) {
        self.prototypes = prototypes
        self.weight = weight
    }

    /// The term of a training.
    func loss(_ model: ClassifierReference, in environment: WorkerEnvironment) throws -> PrototypeLoss {
        PrototypeLoss(
            try ClassPrototypes(decoding: environment.load(prototypes)),
            classes: try model.architecture(in: environment).classes, weight: weight)
    }
}
