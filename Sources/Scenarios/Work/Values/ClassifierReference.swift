import Models

/// A classifier as work names it, by the identity of its architecture: `"resnet/1 depth=18 classes=10
/// norm=batch"`.
package struct ClassifierReference: Sendable {
    /// The architecture's identity.
    package let identity: String
    /// The parameters that training changes.
    let parameterCount: Int
    /// `nil` where a file says it that a worker has to find.
    private let known: (any ClassifierArchitecture)?

    package init(_ architecture: any ClassifierArchitecture) {
        identity = architecture.identity
        parameterCount = architecture.parameterCount
        known = architecture
    }

    /// The architecture, where the work was ordered.
    ///
    /// - Precondition: it is built in, or this process has ordered the work.
    var architecture: any ClassifierArchitecture {
        guard let known else { preconditionFailure("nobody has ordered work on \(identity) here") }
        return known
    }

    /// The architecture, for a worker.
    ///
    /// - Throws: `FederationError.inputMissing` where a file says it that the worker does not have.
    func architecture(in environment: WorkerEnvironment) throws -> any ClassifierArchitecture {
        try known ?? environment.classifier(identity)
    }
}

extension ClassifierReference: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        identity = try container.decode(String.self)
        known = ClassifierArchitectures.architecture(identity: identity)
        parameterCount = known?.parameterCount ?? 0
        guard known != nil || identity.hasPrefix("torchscript/") else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no classifier \(identity)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(identity)
    }
}
