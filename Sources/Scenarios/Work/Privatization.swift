import Models
import RunLog

/// Clips the change that a client has made to a model, and adds noise to it where clients do that:
/// https://arxiv.org/abs/1710.06963.
package struct Privatization: Derivation {
    package static let activity = WorkKind.privatize

    package let model: ClassifierReference
    /// What the client has made of `base`.
    let local: StoredBytes
    /// The model that it was sent.
    let base: StoredBytes
    /// The largest L2 norm of the change.
    let clip: Double
    /// The deviation of the noise on each parameter, and its seed; `nil` for none.
    let noise: Noise?

    private enum CodingKeys: String, CodingKey { case model, local, base, clip, noise }

    package init(
        _ model: ClassifierReference, _ local: StoredBytes, base: StoredBytes, clip: Double, noise: Noise?
    ) {
        self.model = model
        self.local = local
        self.base = base
        self.clip = clip
        self.noise = noise
    }

    package var inputs: [StoredBytes] { [local, base] }
    package var operations: Double { noise == nil ? 6 : 30 }
    package var sizes: DerivedSizes { DerivedSizes(main: local.count) }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        var model = try ModelVector(decoding: inputs[0])
        GaussianMechanism.clip(&model, base: try ModelVector(decoding: inputs[1]), limit: clip)
        if let noise { GaussianMechanism.addNoise(to: &model, deviation: noise.deviation, seed: noise.seed) }
        return (model.encoded(metadata: try SafetensorsFile(bytes: inputs[0]).metadata), nil)
    }
}

/// Gaussian noise of differential privacy.
package struct Noise: Codable, Sendable, Hashable {
    /// Its standard deviation on each parameter.
    let deviation: Double
    let seed: UInt64

    private enum CodingKeys: String, CodingKey { case deviation, seed }

    /// - Precondition: the deviation is positive.
    package init(deviation: Double, seed: UInt64) {
        self.deviation = deviation
        self.seed = seed
    }
}
