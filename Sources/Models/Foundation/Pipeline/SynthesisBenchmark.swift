import Foundation

/// How fast this machine draws images on one thread.
public struct SynthesisBenchmark: Sendable, Hashable {
    /// With guidance, decoding included, by the wall clock: the median of the batches that were timed.
    public let imagesPerSecond: Double
    /// By the thread's processor time, likewise.
    public let imagesPerProcessorSecond: Double

    /// Draws `windows` batches after a first one, which compiles oneDNN's kernels.
    ///
    /// - Parameters:
    ///   - folder: a checkpoint in diffusers' layout.
    ///   - steps: denoising steps of an image.
    ///   - batch: images at a time.
    ///   - precision: of weights and products.
    ///   - windows: how many measurements, of which the median counts.
    /// - Throws: `FoundationModelError`, `SafetensorsError`, `TorchError`.
    public static func run(
        folder: URL, steps: Int, batch: Int, precision: SynthesisPrecision = .float32, windows: Int = 3
    ) throws -> SynthesisBenchmark {
        let pipeline = try TextToImagePipeline(folder: folder, precision: precision)
        let prompts = Array(repeating: "A photo of a star", count: batch)
        let options = SamplingOptions(steps: steps, guidance: 7.5, sampler: "ddim", batch: batch)
        var times: [BenchmarkTime] = []
        for window in 0...windows {
            let time = try BenchmarkTime.measure {
                _ = try pipeline.images(
                    prompts: prompts, seeds: (0..<UInt64(batch)).map { $0 }, options: options)
            }
            if window > 0 { times.append(time) }
        }
        return SynthesisBenchmark(
            imagesPerSecond: Double(batch) / times.map(\.wall).sorted()[windows / 2],
            imagesPerProcessorSecond: Double(batch) / times.map(\.processor).sorted()[windows / 2])
    }
}
