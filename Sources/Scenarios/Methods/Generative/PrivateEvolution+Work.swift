import Core
import Models
import RunLog

/// Computes the features of a client's images, which stay there.
package struct FeatureExtraction: Work {
    package typealias Output = StoredBytes
    package static let activity = WorkKind.extract
    package static let nature = WorkNature.inference

    /// The hash of the captioner.
    let captioner: String
    let images: ImageSelection

    private enum CodingKeys: String, CodingKey { case captioner, images }

    package init(by captioner: String, of images: ImageSelection) {
        self.captioner = captioner
        self.images = images
    }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.features(captioner).operations * Double(images.count)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        let width = facts.features(captioner).width
        return .absent(
            count: LabelledFeatures.encodedByteCount(images: images.count, width: width, as: .float32),
            key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let set = try environment.images(images.set)
        let indices = images.places(in: set)
        let (values, width) = try environment.features(captioner, of: indices, in: set)
        let features = LabelledFeatures(
            width: width, values: values, labels: indices.map { Int(set.labels[$0]) })
        let bytes = try environment.store(features.encoded(as: .float32))
        return WorkOutcome(output: bytes, sha256: bytes.sha256)
    }
}

/// Computes the features of candidate images, in half precision, as they are sent to clients.
package struct CandidateFeatures: Work {
    package typealias Output = StoredBytes
    package static let kind = "candidate-features"
    package static let activity = WorkKind.extract
    package static let nature = WorkNature.inference

    /// The hash of the captioner.
    let captioner: String
    let images: SyntheticImages

    private enum CodingKeys: String, CodingKey { case captioner, images }

    package init(by captioner: String, of images: SyntheticImages) {
        self.captioner = captioner
        self.images = images
    }

    package var inputs: [StoredBytes] { images.parts }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.features(captioner).operations * Double(images.count)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        let width = facts.features(captioner).width
        return .absent(
            count: LabelledFeatures.encodedByteCount(images: images.count, width: width, as: .float16),
            key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let set = try images.images(load: environment.load)
        let (values, width) = try environment.features(captioner, of: Array(0..<set.count), in: set)
        let features = LabelledFeatures(width: width, values: values, labels: set.labels.map(Int.init))
        let bytes = try environment.store(features.encoded(as: .float16))
        return WorkOutcome(output: bytes, sha256: bytes.sha256)
    }
}

/// Counts how many of a client's images are nearest to each candidate.
package struct CandidateVoting: Work {
    package typealias Output = StoredBytes
    package static let activity = WorkKind.vote
    package static let nature = WorkNature.inference

    /// The features of the client's images.
    let own: StoredBytes
    let candidates: StoredBytes
    /// How many images and candidates there are and how many features they have, for cost and size alone.
    private var images = 0
    private var count = 0
    private var width = 0

    private enum CodingKeys: String, CodingKey { case own, candidates }

    package init(of own: StoredBytes, images: Int, among candidates: StoredBytes, count: Int, width: Int) {
        self.own = own
        self.candidates = candidates
        self.images = images
        self.count = count
        self.width = width
    }

    package var inputs: [StoredBytes] { [own, candidates] }

    package func cost(_ facts: WorkFacts) -> Double { 3 * Double(images) * Double(count) * Double(width) }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        .absent(
            count: Safetensors.encodedByteCount([.init(name: "votes", shape: [count], type: .int32)]),
            key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let own = try LabelledFeatures(decoding: environment.load(own))
        let candidates = try LabelledFeatures(decoding: environment.load(candidates))
        do {
            let votes = try CandidateVotes.count(
                of: own.values, labels: own.labels, among: candidates.values,
                candidateLabels: candidates.labels, width: candidates.width,
                isCancelled: environment.isCancelled)
            let bytes = try environment.store(
                Safetensors.encode([("votes", .int32(votes))]))
            return WorkOutcome(output: bytes, sha256: bytes.sha256)
        } catch is CancellationError {
            throw WorkCancelled()
        }
    }
}

/// Adds up votes and noise, and draws the parents of the next images.
package struct VoteTally: Work {
    package typealias Output = Parents
    package static let kind = "tally"
    package static let activity = WorkKind.vote
    package static let nature = WorkNature.inference

    let votes: [StoredBytes]
    /// The labels of the candidates, as run lengths.
    let labels: String
    let perLabel: Int
    /// The deviation of the noise on each sum.
    let noise: Double
    let threshold: Double
    let seed: UInt64

    private enum CodingKeys: String, CodingKey {
        case votes, labels, perLabel = "per_label", noise, threshold, seed
    }

    package init(
        of votes: [StoredBytes], labels: String, perLabel: Int, noise: Double, threshold: Double, seed: UInt64
    ) {
        self.votes = votes
        self.labels = labels
        self.perLabel = perLabel
        self.noise = noise
        self.threshold = threshold
        self.seed = seed
    }

    package var inputs: [StoredBytes] { votes }

    package func cost(_ facts: WorkFacts) -> Double { votes.reduce(0) { $0 + Double($1.count) / 4 } }

    /// All candidates alike.
    package func standIn(_ facts: WorkFacts, key: WorkKey) -> Parents? { try? drawn(from: []) }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<Parents> {
        let sums = try votes.map { bytes in
            try SafetensorsFile(bytes: environment.load(bytes), name: "votes").tensor(named: "votes").integers
        }
        let output = try drawn(from: sums)
        return WorkOutcome(
            output: output, sha256: WorkKey.hash(of: Array(IndexList(output.candidates).text.utf8)))
    }

    /// - Throws: `FederationError.foreignWork` where the labels are none, or the votes of a client are not
    ///   one for each candidate.
    private func drawn(from votes: [[Int64]]) throws -> Parents {
        guard let labels = RunLengths.decode(labels)?.map(Int.init) else {
            throw FederationError.foreignWork(reason: "the candidates' labels cannot be read")
        }
        var sums = [Int](repeating: 0, count: labels.count)
        for own in votes {
            guard own.count == sums.count else {
                throw FederationError.foreignWork(reason: "\(own.count) votes for \(sums.count) candidates")
            }
            for (place, vote) in own.enumerated() { sums[place] += Int(vote) }
        }
        var generator = RandomStream(seed: seed)
        return Parents(
            candidates: CandidateVotes.parents(
                votes: sums, labels: labels, perLabel: perLabel, deviation: votes.isEmpty ? 0 : noise,
                threshold: threshold, using: &generator))
    }
}

/// The candidates that images are made of, one for each image.
package struct Parents: RecordableOutput {
    let candidates: [Int]

    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] { ["parents": .text(IndexList(candidates).text)] }

    init(candidates: [Int]) { self.candidates = candidates }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard case .text(let text)? = record.fields["parents"], let list = IndexList(text: text) else {
            return nil
        }
        candidates = list.indices
    }
}

/// Changes images by the prompts of their classes: variations of candidates. Its pixels are `[N, 3, side,
/// side]`.
package struct ImageVariation: Work {
    package typealias Output = StoredBytes
    package static let kind = "vary"
    package static let activity = WorkKind.synthesize
    package static let nature = WorkNature.generation

    /// The hash of the foundation model.
    let foundation: String
    let images: SyntheticImages
    /// Which of them is changed, for each new image.
    let parents: IndexList
    /// The prompt of each class.
    let prompts: [String]
    let strength: Double
    let sampling: SamplingSettings
    /// The number of the first new image; each number has a noise of its own.
    let first: Int
    /// Of all noise.
    let seed: UInt64

    private enum CodingKeys: String, CodingKey {
        case foundation, images, parents, prompts, strength, sampling, first, seed
    }

    package init(
        by foundation: String, of images: SyntheticImages, parents: [Int], prompts: [String],
        strength: Double,
        sampling: SamplingSettings, first: Int, seed: UInt64
    ) {
        self.foundation = foundation
        self.images = images
        self.parents = IndexList(parents)
        self.prompts = prompts
        self.strength = strength
        self.sampling = sampling
        self.first = first
        self.seed = seed
    }

    /// How many images there are.
    var count: Int { parents.count }

    /// Where the noise of each image comes from.
    var seeds: [UInt64] {
        (first..<first + count).map { number in
            var stream = RandomStream(seed: seed, entity: number, purpose: "noise of a variation")
            return stream.next()
        }
    }

    package var inputs: [StoredBytes] { images.parts }

    package func cost(_ facts: WorkFacts) -> Double {
        facts.foundation(foundation).operationsPerVariation(sampling, strength: strength) * Double(count)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        .absent(count: 3 * images.side * images.side * count, key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let set = try images.images(load: environment.load)
        let origins = OriginalImages(
            pixels: parents.indices.flatMap { Array(set.image(at: $0)) }, strength: strength)
        let pixels = try environment.foundation(foundation).images(
            of: parents.indices.map { .text(prompts[Int(set.labels[$0])]) }, seeds: seeds, sampling: sampling,
            side: images.side, changing: origins, isCancelled: environment.isCancelled)
        let bytes = try environment.store(pixels)
        return WorkOutcome(output: bytes, sha256: bytes.sha256)
    }
}

extension WorkKind {
    /// The counting of votes.
    static let vote = WorkKind(
        "vote",
        meaning: "Private Evolution: a client's images vote for candidates, or the server draws by the votes."
    )
}
