import Core
import Models

/// The type of a machine: all that the bits of a result depend on beside the work itself.
///
/// Programs, libraries and processors are named; what a name does not tell is found by a canary, a step of
/// training and a step of denoising, whose result is hashed.
package struct MachineType: Sendable, Hashable {
    /// For people: program, compiler, libtorch, processor, BLAS, device, canary.
    package let text: String

    /// A hash of the text, by which types are compared.
    package var name: String { "type-" + SHA256.hash(data: Array(text.utf8)).hexadecimal.prefix(16) }

    /// The type of this machine. Runs the canary on the calling thread, which must be prepared as a worker's
    /// is; takes about a second.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    package init(build: String, device: Torch.Device) throws {
        text = "\(build); device \(device.text); canary \(try Self.canary().prefix(16))"
    }

    /// SHA-256 of a small model after one step, and of one image after one step.
    private static func canary() throws -> String {
        let side = 16, count = 8
        let pixels = (0..<3 * side * side * count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 251) }
        let images = ImageSet(
            side: side, pixels: pixels, labels: (0..<count).map { Int32($0 % 2) }, classNames: ["a", "b"])
        let classifier = Classifier(ResNetArchitecture(depth: .eighteen, classes: 2), seed: 1)
        _ = try classifier.train(
            on: images, options: TrainingOptions(epochs: 1, batch: count, learningRate: 0.01), seed: 1)
        var hash = SHA256()
        hash.update(data: classifier.network.store.encoded(metadata: [:]))
        let pipeline = try TextToImageModels.open(
            Models.FoundationModel.folder(of: .small), adapter: nil)
        let drawn = try pipeline.images(
            of: [.text("A photo of a star")], seeds: [1], options: SamplingOptions(steps: 1, batch: 1),
            changing: nil, isCancelled: { false }, progress: { _ in })
        hash.update(data: drawn)
        return hash.finalize().hexadecimal
    }
}
