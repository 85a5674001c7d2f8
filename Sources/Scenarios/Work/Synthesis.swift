import Core
import Models
import RunLog
import Simulator

/// Draws images of one label with a foundation model: a part of a synthetic set. Its pixels are `[N, 3, side,
/// side]`.
package struct Synthesis: Work {
    package typealias Output = StoredBytes
    package static let activity = WorkKind.synthesize
    package static let isShared = true

    /// Images of one condition with consecutive numbers.
    package struct Run: Codable, Sendable, Hashable {
        let condition: SynthesisCondition
        /// The number of the first among all images of the condition; each number has a noise of its own.
        let first: Int
        var count: Int

        private enum CodingKeys: String, CodingKey { case condition, first, count }

        package init(_ condition: SynthesisCondition, first: Int, count: Int) {
            self.condition = condition
            self.first = first
            self.count = count
        }
    }

    /// The hash of the foundation model.
    let foundation: String
    let images: [Run]
    let sampling: SamplingSettings
    /// Width and height of an image, in pixels.
    let side: Int
    /// Of all noise.
    let seed: UInt64

    private enum CodingKeys: String, CodingKey { case foundation, images, sampling, side, seed }

    package init(
        by foundation: String, of images: [Run], sampling: SamplingSettings, side: Int, seed: UInt64
    ) {
        self.foundation = foundation
        self.images = images
        self.sampling = sampling
        self.side = side
        self.seed = seed
    }

    /// How many images there are.
    var count: Int { images.reduce(0) { $0 + $1.count } }

    /// Where the noise of each image comes from.
    var seeds: [UInt64] {
        images.flatMap { run in
            let purpose = "noise of \(run.condition.key)"
            return (run.first..<run.first + run.count).map { number in
                var stream = RandomStream(seed: seed, entity: number, purpose: purpose)
                return stream.next()
            }
        }
    }

    package var memorySetting: (value: String, allowed: String) {
        (
            "synthesis.precision: \((sampling.precision ?? .float32).rawValue)",
            "bf16, on a GPU also fp16, or a smaller synthesis.foundation"
        )
    }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.foundation(foundation).operationsPerImage(sampling, rules: facts.rules) * Double(count)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        .absent(count: 3 * side * side * count, key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let key = WorkKey(self)
        let known = environment.cache?.pixels(of: key, count: 3 * side * side * count)
        let pixels =
            try known
            ?? environment.foundation(foundation).images(
                of: images.flatMap { Array(repeating: $0.condition.condition, count: $0.count) },
                seeds: seeds,
                sampling: sampling, side: side, isCancelled: environment.isCancelled)
        if known == nil { environment.cache?.keep(pixels, of: key) }
        let bytes = try environment.store(pixels)
        var outcome = WorkOutcome(output: bytes, sha256: bytes.sha256)
        outcome.isCached = known != nil
        return outcome
    }
}
