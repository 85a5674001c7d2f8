import Core
import Models
import RunLog
import Simulator

/// Draws images of one label with a foundation model: a part of a synthetic set. Its pixels are `[N, 3, side,
/// side]`.
package struct Synthesis: Work {
    package typealias Output = StoredBytes
    package static let activity = WorkKind.synthesize
    package static let nature = WorkNature.generation
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
    /// A client's adapter with which the model draws; `nil` for the model as it is.
    let adapter: StoredBytes?
    /// A client's concept, which the prompts become and whose latents images begin with; `nil` for none.
    let concept: ClientConcept?

    private enum CodingKeys: String, CodingKey {
        case foundation, images, sampling, side, seed, adapter, concept
    }

    package init(
        by foundation: String, of images: [Run], sampling: SamplingSettings, side: Int, seed: UInt64,
        _ personalization: Personalization? = nil
    ) {
        self.foundation = foundation
        self.images = images
        self.sampling = sampling
        self.side = side
        self.seed = seed
        if case .adapter(let bytes)? = personalization { adapter = bytes } else { adapter = nil }
        if case .concept(let own)? = personalization { concept = own } else { concept = nil }
    }

    package var inputs: [StoredBytes] { [adapter, concept?.bytes].compactMap(\.self) }

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

    /// Merging an adapter costs less than a hundredth of an image, and is not counted.
    package func cost(_ facts: WorkFacts) -> Double {
        let model = facts.foundation(foundation)
        let each = concept.map { model.operationsPerLatent(sampling, strength: $0.strength) }
        return (each ?? model.operationsPerImage(sampling, rules: facts.rules)) * Double(count)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        .absent(count: 3 * side * side * count, key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let key = WorkKey(self)
        let known = environment.cache?.pixels(of: key, count: 3 * side * side * count)
        let pixels = try known ?? drawn(in: environment)
        if known == nil { environment.cache?.keep(pixels, of: key) }
        let bytes = try environment.store(pixels)
        var outcome = WorkOutcome(output: bytes, sha256: bytes.sha256)
        outcome.isCached = known != nil
        return outcome
    }

    private func drawn(in environment: WorkerEnvironment) throws -> [UInt8] {
        let model = try environment.foundation(foundation)
        let start = try concept.map { try conceptStart($0, model, environment) }
        return try model.images(
            of: start?.conditions
                ?? images.flatMap { Array(repeating: $0.condition.condition, count: $0.count) },
            seeds: seeds, sampling: sampling, side: side, changing: start?.origin,
            adapter: adapter.map(environment.load), isCancelled: environment.isCancelled)
    }

    /// Image n begins with latent n of the concept's label, from the first again where there are fewer, and
    /// has a noise of its own on the domain's vector: equation 5 of https://arxiv.org/abs/2410.04810.
    private func conceptStart(
        _ concept: ClientConcept, _ model: FoundationProvider, _ environment: WorkerEnvironment
    ) throws -> (conditions: [ImageCondition], origin: OriginalImages) {
        let message = try ConceptMessage(decoding: environment.load(concept.bytes))
        let known = try message.latents(of: concept.label)
        let seeds = seeds
        var conditions: [ImageCondition] = [], latents: [Float] = []
        for run in images {
            guard case .text(let text) = run.condition.condition else {
                throw FederationError.foreignWork(reason: "it draws a concept of something else than a text")
            }
            for number in run.first..<run.first + run.count {
                let (latent, category) = known[number % known.count]
                var stream = RandomStream(seed: seeds[conditions.count], purpose: "noise of a concept")
                let domain = message.domain.map { $0 + Float(concept.noise * stream.normal()) }
                conditions.append(.states(try model.states(of: text, domain: domain, category: category)))
                latents += latent
            }
        }
        return (conditions, OriginalImages(noisedLatents: latents, strength: concept.strength))
    }
}
