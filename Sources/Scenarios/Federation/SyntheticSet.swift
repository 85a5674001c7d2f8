import Models
import Simulator

/// A training set that the server has made from prompts.
public struct SyntheticSet: Sendable {
    /// The images, labelled by their prompts.
    public let images: ImageSet
    /// SHA-256 over the images of all parts.
    let sha256: String
}

/// Images of one prompt that are made in one piece of work.
private struct SynthesisPart: Sendable {
    let prompt: Prompt
    /// Numbers of the images among those of the prompt.
    let numbers: Range<Int>
}

extension Server {
    /// Images that one piece of work makes; it fixes the batches, and so the bits, for any number of workers.
    private static let imagesPerPart = 100

    /// Makes the scenario's `per-class` images from each prompt with the foundation model.
    ///
    /// Image i of a prompt starts from a noise that depends on the run's seed, the prompt and i alone.
    public func synthesize(from prompts: [Prompt]) async throws -> SyntheticSet {
        let perPrompt = context.scenario.synthesis.perClass
        let parts = prompts.flatMap { prompt in
            stride(from: 0, to: perPrompt, by: Self.imagesPerPart).map {
                SynthesisPart(prompt: prompt, numbers: $0..<min($0 + Self.imagesPerPart, perPrompt))
            }
        }
        let seed = context.workSeed("synthesis")
        let pending = parts.map { part in
            let order = context.order(for: part, seed: seed)
            return RunContext.Pending(
                order: order, ticket: context.submit(order, context.synthesis(part, seed: seed)))
        }
        var pixels: [UInt8] = []
        var hashes: [String] = []
        for part in pending {
            let outcome = try await context.join(part, on: device)
            pixels += outcome.output
            hashes.append(outcome.sha256)
        }
        let labels = parts.flatMap { part in part.numbers.map { _ in Int32(part.prompt.label) } }
        let images = ImageSet(
            side: context.data.train.side, pixels: pixels, labels: labels,
            classNames: context.data.train.classNames)
        return SyntheticSet(
            images: images, sha256: WorkKey("synthetic set", ["parts": hashes.joined(separator: " ")]).sha256)
    }
}

extension RunContext {
    /// The foundation model.
    ///
    /// - Precondition: the method has said that it needs one.
    fileprivate var foundation: FoundationProvider {
        guard let foundation = machinery.foundation else {
            preconditionFailure("a method that did not ask for a foundation model synthesizes")
        }
        return foundation
    }

    fileprivate func order(for part: SynthesisPart, seed: UInt64) -> WorkOrder {
        let settings = scenario.synthesis
        return WorkOrder(
            kind: "synthesize", round: round, client: nil,
            key: WorkKey(
                "synthesize",
                [
                    "foundation": foundation.sha256, "prompt": part.prompt.text,
                    "images": "\(part.numbers)",
                    "sampler": "\(settings.steps) \(settings.guidance) \(settings.scheduler.rawValue)",
                    "side": "\(data.train.side)", "seed": "\(seed)",
                ]),
            flops: foundation.operationsPerImage(steps: settings.steps) * Double(part.numbers.count),
            isShared: true)
    }

    /// The pixels `[N, 3, side, side]` of a part, for a worker.
    fileprivate func synthesis(_ part: SynthesisPart, seed: UInt64)
        -> @Sendable () throws -> WorkOutcome<[UInt8]>
    {
        let settings = scenario.synthesis, side = data.train.side, foundation = foundation,
            pool = machinery.pool
        return {
            let seeds = part.numbers.map { number in
                var stream = RandomStream(seed: seed, entity: number, purpose: "noise of \(part.prompt.text)")
                return stream.next()
            }
            let pixels = try foundation.images(
                of: part.prompt.text, seeds: seeds, settings: settings, side: side,
                isCancelled: { pool.isCancelled })
            return WorkOutcome(output: pixels, sha256: WorkKey.hash(of: pixels))
        }
    }
}
