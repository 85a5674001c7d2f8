import Models
import Simulator

/// Images of one label that are made in one piece of work, with one personalization or none.
private struct SynthesisPart {
    /// One image: what it shows, and its number among the images that show the same.
    struct Item {
        let request: SynthesisRequest
        let number: Int
    }

    let items: [Item]

    /// That of all of them.
    var personalization: Personalization? { items.first?.request.personalization }

    /// The images by condition.
    var runs: [Synthesis.Run] {
        var runs: [(key: String, run: Synthesis.Run)] = []
        for item in items {
            if let last = runs.last, last.key == item.request.key,
                last.run.first + last.run.count == item.number
            {
                runs[runs.count - 1].run.count += 1
            } else {
                let condition = SynthesisCondition(item.request.condition)
                runs.append((item.request.key, .init(condition, first: item.number, count: 1)))
            }
        }
        return runs.map(\.run)
    }
}

extension Server {
    /// Images that one piece of work makes at most; it fixes the batches, and so the bits, for any number of
    /// workers.
    static let imagesPerPart = 100

    /// Operations of a piece of synthesis, unless one batch has more: some twenty minutes of a processor's
    /// thread. What an interrupted run loses is no more than that, and workers share large images evenly.
    private static let operationsPerPart = 2e14

    /// Images that one piece of synthesis makes: `imagesPerPart`, or fewer where they cost much.
    var imagesPerPart: Int {
        let settings = context.scenario.synthesis
        let foundation = context.machinery.models.foundation(of: context.scenario)
        let cost = foundation.operationsPerImage(SamplingSettings(settings), rules: context.rules)
        let batch = settings.batchImages ?? (context.scenario.device == .cpu ? 1 : 8)
        guard cost * Double(Self.imagesPerPart) > Self.operationsPerPart else { return Self.imagesPerPart }
        return min(Self.imagesPerPart, max(batch, Int(Self.operationsPerPart / cost)))
    }

    /// Makes the scenario's `per-class` images of each label with the foundation model, or takes them from
    /// the set that the scenario starts from.
    ///
    /// Image i of a request starts from a noise that depends on the run's seed, the request and i alone.
    public func synthesize(from requests: [SynthesisRequest]) async throws -> SyntheticSet {
        let set = try await makeSet(from: requests)
        try keep(set)
        return set
    }

    /// Keeps samples of a set that the server trains on, and the set where the end of the run asks for it.
    ///
    /// - Throws: `RunLogError`, and errors of images that cannot be encoded.
    func keep(_ set: SyntheticSet) throws {
        try context.keepSamples(of: set)
        if context.scenario.evaluation.retrieval { context.results.lastSyntheticSet = set }
    }

    private func makeSet(from requests: [SynthesisRequest]) async throws -> SyntheticSet {
        if let path = context.scenario.synthesis.set {
            return try await storedSet(at: path, labels: Set(requests.map(\.label)))
        }
        let settings = context.scenario.synthesis
        return try await draw(
            requests, perClass: settings.perClass, perPrompt: settings.perPrompt,
            seed: context.workSeed("synthesis"))
    }

    /// Draws images of requests: so many of each label, or of each request.
    func draw(
        _ requests: [SynthesisRequest], perClass: Int, perPrompt: Int? = nil, seed: UInt64
    ) async throws -> SyntheticSet {
        let settings = context.scenario.synthesis, side = context.data.train.side
        let images =
            perPrompt.map { $0 * requests.count } ?? Set(requests.map(\.label)).count * perClass
        guard images <= SizeLimit.images else {
            throw FederationError.tooManyImages(images: images, limit: SizeLimit.images)
        }
        let foundation = context.machinery.models.foundation(of: context.scenario).sha256
        let parts = Self.parts(
            of: requests, perClass: perClass, perPrompt: perPrompt, imagesPerPart: imagesPerPart,
            rules: context.rules)
        let works = parts.map {
            Synthesis(
                by: foundation, of: $0.runs, sampling: SamplingSettings(settings), side: side, seed: seed,
                $0.personalization)
        }
        let items = parts.flatMap(\.items)
        return try await set(
            of: works, images: works.map(\.count), labels: items.map { Int32($0.request.label) },
            captions: items.map { $0.request.prompt }, seeds: works.flatMap(\.seeds))
    }

    /// Lets pixels be made, all pieces of work at once, and makes a set of them.
    ///
    /// - Parameter images: how many each piece of work makes.
    func set<Task: Work<StoredBytes>>(
        of works: [Task], images: [Int], labels: [Int32], captions: [String], seeds: [UInt64]
    ) async throws -> SyntheticSet {
        let pending = works.map { context.begin($0) }
        var made: [StoredBytes] = []
        for (count, pending) in zip(images, pending) {
            made.append(try await context.join(pending, on: device).output)
            context.progress.processed(images: count)
            context.progress.advanced(kind: .synthesize, done: made.count, of: works.count)
        }
        return SyntheticSet(
            SyntheticImages(
                parts: made, side: context.data.train.side, labels: labels,
                classNames: context.data.train.classNames),
            captions: captions, seeds: seeds,
            formerSHA256: PrefixedTexts.sha256(
                ["synthetic set", "parts", made.map(\.sha256).joined(separator: " ")]))
    }

    /// Shares `perClass` images of each label among its requests by their weights, or takes `perPrompt` of
    /// each, and cuts them into parts.
    private static func parts(
        of requests: [SynthesisRequest], perClass: Int, perPrompt: Int?, imagesPerPart: Int, rules: RunRules
    ) -> [SynthesisPart] {
        // Images that show the same have noises of their own: with different personalizations, too, and
        // (since rules 3) under different labels.
        var numbers: [String: Int] = [:]
        return Dictionary(grouping: requests, by: \.label).sorted { $0.key < $1.key }.flatMap { _, requests in
            let counts =
                perPrompt.map { Array(repeating: $0, count: requests.count) }
                ?? SynthesisShare.counts(weights: requests.map(\.weight), total: perClass)
            if rules < .third { numbers = [:] }
            let items = zip(requests, counts).flatMap { request, count in
                let first = numbers[request.key, default: 0]
                numbers[request.key] = first + count
                return (first..<first + count).map { SynthesisPart.Item(request: request, number: $0) }
            }
            return byPersonalization(items).flatMap { items in
                stride(from: 0, to: items.count, by: imagesPerPart).map {
                    SynthesisPart(items: Array(items[$0..<min($0 + imagesPerPart, items.count)]))
                }
            }
        }
    }

    /// Images in a row with one personalization, or none, together.
    private static func byPersonalization(_ items: [SynthesisPart.Item]) -> [[SynthesisPart.Item]] {
        var groups: [[SynthesisPart.Item]] = []
        for item in items {
            if let last = groups.last?.first, last.request.personalization == item.request.personalization {
                groups[groups.count - 1].append(item)
            } else {
                groups.append([item])
            }
        }
        return groups
    }

    /// The images of `labels` in the synthetic set that the scenario starts from.
    private func storedSet(at path: String, labels: Set<Int>) async throws -> SyntheticSet {
        let folder = context.machinery.models.storedSet(of: context.scenario)
        let side = context.data.train.side, classes = context.data.train.classNames
        guard folder.classNames == classes else {
            throw FederationError.foreignSet(path: path, found: folder.classNames, expected: classes)
        }
        let work = SetReading(folder.sha256, labels: labels, side: side)
        let set = try await context.perform(work, on: device).output
        return SyntheticSet(
            SyntheticImages(
                parts: [set.pixels], side: side, labels: set.labels, classNames: folder.classNames),
            captions: set.captions, seeds: [],
            formerSHA256: PrefixedTexts.sha256(
                ["read set", "pixels", set.pixels.sha256, "labels", RunLengths.encode(set.labels)]))
    }

    /// What the server trains on: the synthetic images, and the real ones that it has from elsewhere, where
    /// the scenario gives it some.
    func trainingImages(_ synthetic: SyntheticSet) -> TrainingImages {
        let perClass = context.scenario.synthesis.realPerClass, train = context.data.train
        guard perClass > 0 else { return TrainingImages(synthetic.content) }
        // As many of each class as there are, if they are fewer.
        var byClass: [[Int]] = Array(repeating: [], count: train.classNames.count)
        for (image, label) in train.labels.enumerated() { byClass[Int(label)].append(image) }
        var stream = context.stream("server-images")
        let real = byClass.flatMap { images in images.shuffled(using: &stream).prefix(perClass) }
        return TrainingImages(synthetic.content, real: context.selection(IndexList(real.sorted())))
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
