import Core
import Models
import Simulator

/// A training set that the server has made from prompts.
public struct SyntheticSet: Sendable {
    /// SHA-256 over the images of all parts.
    let sha256: String
    /// The pixels, in the order in which they were asked for.
    let parts: [StoredBytes]
    /// Width and height of an image, in pixels.
    let side: Int
    /// The labels of their prompts.
    let labels: [Int32]
    /// Names of the classes.
    let classNames: [String]
    /// The prompts of the images.
    let captions: [String]
    /// Where the noise of each image came from, `[N]`; empty for a set that was read.
    public let seeds: [UInt64]

    /// How many images there are.
    public var count: Int { labels.count }

    /// The images, labelled by their prompts, which are their captions.
    ///
    /// - Throws: the file system's error where they are in files that cannot be read.
    public func images() throws -> ImageSet {
        var pixels: [UInt8] = []
        pixels.reserveCapacity(3 * side * side * count)
        for part in parts { pixels += try part.load() }
        return ImageSet(
            side: side, pixels: pixels, labels: labels, classNames: classNames, captions: captions)
    }
}

/// Images of one label that are made in one piece of work.
private struct SynthesisPart: Sendable {
    /// One image: what it shows, and its number among the images that show the same.
    struct Item: Sendable {
        let request: SynthesisRequest
        let number: Int
    }

    let items: [Item]

    /// What the images depend on beside the sampler: the conditions with the numbers of their images.
    var key: String { items.map { "\($0.number) \($0.request.key)" }.joined(separator: "\n") }
}

extension Server {
    /// Images that one piece of work makes; it fixes the batches, and so the bits, for any number of workers.
    private static let imagesPerPart = 100

    /// Makes the scenario's `per-class` images of each label with the foundation model, or takes them from the
    /// set that the scenario starts from.
    ///
    /// Image i of a request starts from a noise that depends on the run's seed, the request and i alone.
    public func synthesize(from requests: [SynthesisRequest]) async throws -> SyntheticSet {
        let set = try await makeSet(from: requests)
        try context.keepSamples(of: set)
        if context.scenario.evaluation.retrieval { context.lastSyntheticSet = set }
        return set
    }

    private func makeSet(from requests: [SynthesisRequest]) async throws -> SyntheticSet {
        if let path = context.scenario.synthesis.set {
            return try await context.storedSet(at: path, labels: requests.map(\.label), on: device)
        }
        let settings = context.scenario.synthesis
        let images =
            settings.perPrompt.map { $0 * requests.count } ?? Set(requests.map(\.label)).count
            * settings.perClass
        guard images <= SizeLimit.images else {
            throw FederationError.tooManyImages(images: images, limit: SizeLimit.images)
        }
        let parts = Self.parts(of: requests, perClass: settings.perClass, perPrompt: settings.perPrompt)
        let seed = context.workSeed("synthesis")
        let pending = parts.map { part in
            let order = context.order(for: part, seed: seed)
            let bytes = 3 * context.data.train.side * context.data.train.side * part.items.count
            return context.begin(
                order, standIn: .absent(count: bytes, key: order.key),
                context.synthesis(part, seed: seed, key: order.key))
        }
        var made: [StoredBytes] = []
        for (part, work) in zip(parts, pending) {
            made.append(try await context.join(work, on: device).output)
            context.progress.processed(images: part.items.count)
            context.progress.advanced(kind: "synthesize", done: made.count, of: parts.count)
        }
        let items = parts.flatMap(\.items)
        let hashes = made.map(\.sha256).joined(separator: " ")
        return SyntheticSet(
            sha256: WorkKey("synthetic set", ["parts": hashes]).sha256, parts: made,
            side: context.data.train.side, labels: items.map { Int32($0.request.label) },
            classNames: context.data.train.classNames, captions: items.map { $0.request.prompt },
            seeds: parts.flatMap { $0.seeds(from: seed) })
    }

    /// Shares `perClass` images of each label among its requests by their weights, or takes `perPrompt` of each, and
    /// cuts them into parts.
    private static func parts(
        of requests: [SynthesisRequest], perClass: Int, perPrompt: Int?
    ) -> [SynthesisPart] {
        Dictionary(grouping: requests, by: \.label).sorted { $0.key < $1.key }.flatMap { _, requests in
            let counts =
                perPrompt.map { Array(repeating: $0, count: requests.count) }
                ?? SynthesisShare.counts(weights: requests.map(\.weight), total: perClass)
            let items = counts.enumerated().flatMap { index, count in
                (0..<count).map { SynthesisPart.Item(request: requests[index], number: $0) }
            }
            return stride(from: 0, to: items.count, by: imagesPerPart).map {
                SynthesisPart(items: Array(items[$0..<min($0 + imagesPerPart, items.count)]))
            }
        }
    }
}

/// How the images of a label are shared among its prompts.
package enum SynthesisShare {
    /// `total` in proportion to `weights`, whole numbers that are at most one off.
    ///
    /// The middle of each of `total` equal pieces of the row of weights falls on one of them (systematic
    /// sampling): so where there are more prompts than images, those that get one are spread over all.
    package static func counts(weights: [Int], total: Int) -> [Int] {
        let sum = weights.reduce(0, +)
        precondition(sum > 0 && weights.allSatisfy { $0 >= 0 } && total >= 0, "\(weights) share \(total)")
        var counts = [Int](repeating: 0, count: weights.count)
        var index = 0, end = weights[0]
        for piece in 0..<total {
            // (piece + 1/2) · sum / total < end, in whole numbers.
            while (2 * piece + 1) * sum >= 2 * total * end {
                index += 1
                end += weights[index]
            }
            counts[index] += 1
        }
        return counts
    }
}

extension SynthesisRequest {
    /// The text, where it is known to the server; a learnt word is named by its hash.
    fileprivate var prompt: String {
        switch condition {
        case .text(let text): text
        case .states: "embedding \(key.prefix(12))"
        case .token(let prompt): prompt.text("<\(key.prefix(12))>")
        }
    }
}

extension SynthesisPart {
    /// Where the noise of each image comes from, given the seed of the run's synthesis.
    func seeds(from seed: UInt64) -> [UInt64] {
        items.map { item in
            var stream = RandomStream(
                seed: seed, entity: item.number, purpose: "noise of \(item.request.key)")
            return stream.next()
        }
    }
}

extension RunContext {
    fileprivate func order(for part: SynthesisPart, seed: UInt64) -> WorkOrder {
        let settings = scenario.synthesis, foundation = machinery.models.foundation(of: scenario)
        return WorkOrder(
            kind: "synthesize", round: round, client: nil,
            key: WorkKey(
                "synthesize",
                [
                    "foundation": foundation.sha256, "images": part.key,
                    "sampler": "\(settings.steps) \(settings.guidance) \(settings.scheduler.rawValue)"
                        + (settings.negativePrompt.map { " not \($0)" } ?? ""),
                    "side": "\(data.train.side)", "seed": "\(seed)",
                ]),
            flops: foundation.operationsPerImage(settings, rules: rules) * Double(part.items.count),
            isShared: true)
    }

    /// The pixels `[N, 3, side, side]` of a part, for a worker: drawn, or as an earlier run drew them.
    fileprivate func synthesis(_ part: SynthesisPart, seed: UInt64, key: WorkKey)
        -> @Sendable () throws -> WorkOutcome<StoredBytes>
    {
        let settings = scenario.synthesis, side = data.train.side, pool = machinery.pool,
            blobs = machinery.blobs
        let foundation = machinery.models.foundation(of: scenario), cache = machinery.cache
        return {
            let known = cache?.pixels(of: key, count: 3 * side * side * part.items.count)
            let pixels =
                try known
                ?? foundation.images(
                    of: part.items.map(\.request.condition), seeds: part.seeds(from: seed),
                    settings: settings, side: side, isCancelled: { pool.isCancelled })
            if known == nil { cache?.keep(pixels, of: key) }
            let bytes = try blobs.store(pixels)
            return WorkOutcome(output: bytes, sha256: bytes.sha256, isCached: known != nil)
        }
    }
}
