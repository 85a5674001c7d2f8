import Models
import RunLog

/// Scales the change that a client has made to a model, by a negative number where it attacks by its sign:
/// base + scale · (local − base). Batch norm's statistics stay those of `local`.
package struct Poisoning: Derivation {
    package static let activity = WorkKind.poison

    package let model: ClassifierReference
    /// What the client has made of `base`.
    let local: StoredBytes
    /// The model that it was sent.
    let base: StoredBytes
    let scale: Double

    private enum CodingKeys: String, CodingKey { case model, local, base, scale }

    package init(_ model: ClassifierReference, _ local: StoredBytes, base: StoredBytes, scale: Double) {
        self.model = model
        self.local = local
        self.base = base
        self.scale = scale
    }

    package var inputs: [StoredBytes] { [local, base] }
    package var operations: Double { 3 }
    package var sizes: DerivedSizes { DerivedSizes(main: local.count) }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        var model = try ModelVector(decoding: inputs[0])
        let base = try ModelVector(decoding: inputs[1])
        let change = Vectors.difference(model.parameters, base.parameters)
        model.parameters = base.parameters
        Vectors.add(change, to: &model.parameters, scale: Float(scale))
        return (model.encoded(metadata: try SafetensorsFile(bytes: inputs[0]).metadata), nil)
    }
}
