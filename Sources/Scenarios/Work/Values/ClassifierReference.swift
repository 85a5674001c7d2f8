import Models

/// A classifier's architecture as work names it: `{"classes":10,"kind":"resnet18"}`.
package struct ClassifierReference: Sendable, Hashable {
    package let architecture: ResNetArchitecture

    package init(_ architecture: ResNetArchitecture) { self.architecture = architecture }

    /// The parameters that training changes.
    var parameterCount: Int { architecture.parameterCount }
}

extension ClassifierReference: Codable {
    private enum CodingKeys: String, CodingKey { case kind, classes }

    private static let depths: [(kind: String, depth: ResNetArchitecture.Depth)] = [
        ("resnet18", .eighteen), ("resnet34", .thirtyFour),
    ]

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        let classes = try container.decode(Int.self, forKey: .classes)
        guard let known = Self.depths.first(where: { $0.kind == kind }), classes > 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container, debugDescription: "no classifier \(kind) of \(classes) classes")
        }
        architecture = ResNetArchitecture(depth: known.depth, classes: classes)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let known = Self.depths.first { $0.depth == architecture.depth }!
        try container.encode(known.kind, forKey: .kind)
        try container.encode(architecture.classes, forKey: .classes)
    }
}
