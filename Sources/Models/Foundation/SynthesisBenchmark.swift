import Foundation

/// How fast this machine draws images on one thread.
public enum SynthesisBenchmark {
    /// Images per second of wall time, with guidance, decoding included: the median of `windows` batches after a first
    /// one, which compiles oneDNN's kernels.
    ///
    /// - Throws: `FoundationModelError`, `SafetensorsError`.
    public static func run(folder: URL, steps: Int, batch: Int, windows: Int = 3) throws -> Double {
        let pipeline = try TextToImagePipeline(folder: folder)
        let prompts = Array(repeating: "A photo of a star", count: batch)
        let options = SamplingOptions(steps: steps, guidance: 7.5, batch: batch)
        var rates: [Double] = []
        for window in 0...windows {
            let elapsed = try ContinuousClock().measure {
                _ = try pipeline.images(prompts: prompts, seeds: (0..<UInt64(batch)).map { $0 }, options: options)
            }
            if window > 0 { rates.append(Double(batch) / (elapsed / .seconds(1))) }
        }
        return rates.sorted()[windows / 2]
    }
}
