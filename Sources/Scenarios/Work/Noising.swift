import Models
import RunLog

/// Adds the server's noise to a mean of clients' clipped changes.
package struct Noising: Derivation {
    package static let activity = WorkKind.noise
    package static let makesModel = true

    package let model: ClassifierReference
    let mean: StoredBytes
    let noise: Noise

    private enum CodingKeys: String, CodingKey { case model, mean, noise }

    package init(_ model: ClassifierReference, _ mean: StoredBytes, _ noise: Noise) {
        self.model = model
        self.mean = mean
        self.noise = noise
    }

    package var inputs: [StoredBytes] { [mean] }
    package var operations: Double { 24 }
    package var sizes: DerivedSizes { DerivedSizes(main: mean.count) }

    package func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?) {
        var model = try ModelVector(decoding: inputs[0])
        GaussianMechanism.addNoise(to: &model, deviation: noise.deviation, seed: noise.seed)
        return (model.encoded(), nil)
    }
}
