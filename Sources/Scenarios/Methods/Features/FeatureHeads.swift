import Models
import RunLog

// Common to methods in which clients upload a summary of their images' features by a frozen encoder, and
// the server computes a classifier head from the summaries. The encoder is the vision transformer of the
// captioner (`synthesis.captioner`), which server and clients have. Only summaries and the head are sent.

extension Federation {
    /// Plays the only round of such a method: summaries of features up, one head down.
    ///
    /// - Parameters:
    ///   - form: what clients upload about their features.
    ///   - head: makes the head of the summaries.
    /// - Throws: `FederationError.tooFewUpdates` where too few clients took part.
    func playFeatureRound(
        _ form: FeatureSummary.Form, head: ([ModelUpdate]) async throws -> ModelState
    ) async throws {
        begin(round: 1)
        let updates = try await atParticipants { client in
            try await client.upload(summary: client.summarizeFeatures(form))
        }
        try requireEnough(updates: updates)
        let head = try await head(server.takeUpdates().map(\.update))
        try await deliver(head, isFinal: true)
        try end(round: 1, head: head.bytes)
    }

    /// Ends a round whose model is the frozen encoder with a head.
    ///
    /// - Throws: `RunLogError` where the log cannot be written.
    private func end(round: Int, head: StoredBytes) throws {
        endWithoutModel(round: round)
        context.results.finalModel = nil
        context.results.finalPersonalModels = []
        context.results.finalHead = head
        context.results.finalModelIsMeasured = true
        try context.measure(
            together: FeatureHeadEvaluation(
                context.captioner.sha256, with: head, on: context.data.testSHA256))
    }
}

extension Client {
    /// The summary of the features of its images.
    fileprivate func summarizeFeatures(_ form: FeatureSummary.Form) async throws -> StoredBytes {
        let classes = imagesByClass.count
        let work = FeatureSummary(
            form, by: context.captioner.sha256, of: context.selection(selection), classes: classes)
        return try await context.perform(work, client: id, on: device).output
    }

    fileprivate func upload(summary: StoredBytes) async throws {
        let state = ModelState(bytes: summary, samples: images.count)
        let update = ModelUpdate(bytes: summary, form: .plain, model: state)
        try await upload(Message(payload: .statistics, body: .update(update)))
    }
}

// MARK: - Work

/// Computes the features of a client's images and their summary.
package struct FeatureSummary: Work {
    package typealias Output = StoredBytes
    package static let kind = "feature-summary"
    package static let activity = WorkKind.extract
    package static let nature = WorkNature.inference

    /// What a client uploads about its features.
    package enum Form: String, Sendable, Codable {
        /// Sums and products (`FeatureStatistics`).
        case sums
        /// Means and variances (`FeatureGaussians`).
        case gaussians
        /// Sums and products of each class (`ClassMoments`).
        case classProducts = "class-products"
        /// Sums and squares of each class (`ClassMoments`).
        case classSquares = "class-squares"

        package init(_ moments: ClassMoments.Form) {
            self = moments == .products ? .classProducts : .classSquares
        }
    }

    let form: Form
    /// The hash of the captioner.
    let captioner: String
    let images: ImageSelection
    /// How many classes the images have, for the size of the stand-in alone.
    private var classes = 0

    private enum CodingKeys: String, CodingKey { case form, captioner, images }

    package init(_ form: Form, by captioner: String, of images: ImageSelection, classes: Int) {
        self.form = form
        self.captioner = captioner
        self.images = images
        self.classes = classes
    }

    package func cost(_ facts: WorkFacts) -> Double {
        let features = facts.features(captioner), width = Double(features.width)
        let each = form == .sums || form == .classProducts ? width * width : 4 * width
        return Double(images.count) * (features.operations + each)
    }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> StoredBytes? {
        let width = facts.features(captioner).width
        let count =
            switch form {
            case .sums: FeatureStatistics.encodedByteCount(classes: classes, width: width)
            case .gaussians: FeatureGaussians.encodedByteCount(classes: classes, width: width)
            case .classProducts:
                ClassMoments.encodedByteCount(.products, classes: classes, width: width)
            case .classSquares:
                ClassMoments.encodedByteCount(.squares, classes: classes, width: width)
            }
        return .absent(count: count, key: key)
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<StoredBytes> {
        let set = try environment.images(images.set)
        let indices = images.places(in: set)
        let (features, width) = try environment.features(captioner, of: indices, in: set)
        let labels = indices.map { Int(set.labels[$0]) }
        let encoded =
            switch form {
            case .sums: FeatureStatistics(of: features, width: width, labels: labels).encoded()
            case .gaussians: FeatureGaussians(of: features, width: width, labels: labels).encoded()
            case .classProducts:
                ClassMoments(.products, of: features, width: width, labels: labels).encoded()
            case .classSquares: ClassMoments(.squares, of: features, width: width, labels: labels).encoded()
            }
        let bytes = try environment.store(encoded)
        return WorkOutcome(output: bytes, sha256: bytes.sha256)
    }
}

/// Evaluates a frozen encoder with a head on test images. It observes the federation and takes no virtual
/// time.
package struct FeatureHeadEvaluation: Work {
    package typealias Output = Classifier.Evaluation
    package static let kind = "evaluate-head"
    package static let activity = WorkKind.evaluate
    package static let nature = WorkNature.inference
    package static let isShared = true

    /// The hash of the captioner.
    let captioner: String
    let head: StoredBytes
    /// The hash of the test images.
    let images: String

    private enum CodingKeys: String, CodingKey { case captioner, head, images }

    package init(_ captioner: String, with head: StoredBytes, on images: String) {
        self.captioner = captioner
        self.head = head
        self.images = images
    }

    package var inputs: [StoredBytes] { [head] }
    package func cost(_ facts: WorkFacts) -> Double { 0 }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<Classifier.Evaluation> {
        let set = try environment.images(images)
        let head = try FeatureHead(decoding: environment.load(head))
        return try .observed {
            try Classifier.evaluate(
                on: set, inBatchesOf: 100, isCancelled: environment.isCancelled
            ) { range in
                head.logits(of: try environment.features(captioner, of: Array(range), in: set).values)
            }
        }
    }
}

extension WorkFacts {
    /// The features of a captioner.
    func features(_ captioner: String) -> CaptionerProvider.Features {
        guard let features = self.captioner(captioner).features else {
            preconditionFailure("work asks for features that the run has not asked for")
        }
        return features
    }
}

extension WorkerEnvironment {
    /// The features of some images of a set, row by row, and how many an image has.
    ///
    /// - Throws: `FederationError.inputMissing`; what `Captioner` throws; `WorkCancelled`.
    func features(
        _ captioner: String, of indices: [Int], in set: ImageSet
    ) throws -> (values: [Float], width: Int) {
        let provider = try self.captioner(captioner)
        guard let features = provider.features else {
            throw FederationError.inputMissing(what: "the features of", name: captioner)
        }
        let values = try provider.features(of: indices, in: set, isCancelled: isCancelled)
        return (values, features.width)
    }
}
