import Core
import Foundation
import Models
import Testing

/// What `Fixtures/features.py` comes to for the heads of FedCGS and FedPFT, OSCAR's mean, Co-Boosting's
/// weights and losses, and Private Evolution's votes.
@Suite("Heads, weights and votes against PyTorch")
struct FeatureReferenceTests {
    private struct Reference: Decodable {
        struct Head: Decodable {
            let covariance: String, shrinkage: Double, weights: [[Double]], bias: [Double]
        }

        let features: [[Float]], labels: [Int], heads: [Head]
        let first_means: [[Double]], first_variances: [[Double]], first_counts: [Int]
        let trained_weights: [[Double]], trained_bias: [Double], trained_loss: Double
        let answers: [[[Float]]], targets: [Int64], ensemble_weights: [Double], moved: [Double]
        let mixed: [[Float]], hard: Double, hard_gradient: [[Double]]
        let images: [[Float]], image_labels: [Int], candidates: [[Float]], candidate_labels: [Int]
        let votes: [Int]
        let states: [[[Float]]], mean_state: [[Double]]
    }

    private let reference: Reference

    init() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        reference = try JSONDecoder().decode(
            Reference.self, from: Data(contentsOf: tests.appendingPathComponent("Fixtures/features.json")))
    }

    private func near(_ found: [Float], _ expected: [Double], _ tolerance: Double = 1e-4) -> Bool {
        found.count == expected.count
            && zip(found, expected).allSatisfy { abs(Double($0) - $1) <= tolerance * max(1, abs($1)) }
    }

    /// The sums of two clients, as the server reads them.
    private func statistics(_ rows: Range<Int>) throws -> FeatureStatistics {
        let own = FeatureStatistics(
            of: reference.features[rows].flatMap(\.self), width: 5, labels: Array(reference.labels[rows]))
        let bytes = own.encoded()
        #expect(bytes.count == FeatureStatistics.encodedByteCount(classes: own.labels.count, width: 5))
        return try FeatureStatistics(decoding: bytes)
    }

    @Test("The closed form is PyTorch's, of two clients as of one, for both covariances and with shrinkage")
    func discriminant() throws {
        let clients = try [statistics(0..<25), statistics(25..<40)], together = try statistics(0..<40)
        #expect(reference.heads.count == 4)
        for expected in reference.heads {
            let covariance = try #require(LinearDiscriminant.Covariance(rawValue: expected.covariance))
            for all in [clients, [together]] {
                let head = LinearDiscriminant.head(
                    of: all, classes: 4, covariance: covariance, shrinkage: expected.shrinkage)
                #expect(near(Array(head.weights.prefix(15)), expected.weights.flatMap(\.self)))
                #expect(near(Array(head.bias.prefix(3)), expected.bias))
                // No client has an image of the fourth class.
                #expect(head.weights.suffix(5).allSatisfy { $0 == 0 } && head.bias[3] == -1e4)
                let decoded = try LinearHead(decoding: head.encoded())
                #expect(decoded == head)
                #expect(head.encoded().count == LinearHead.encodedByteCount(classes: 4, width: 5))
            }
        }
    }

    @Test("Without an inverse a head is not-a-number, and with shrinkage it is a number")
    func singular() {
        // Two images of five features.
        let own = FeatureStatistics(
            of: reference.features[0..<2].flatMap(\.self), width: 5, labels: [0, 1])
        for covariance in LinearDiscriminant.Covariance.allCases {
            let none = LinearDiscriminant.head(of: [own], classes: 2, covariance: covariance, shrinkage: 0)
            #expect(none.weights.allSatisfy { $0.isNaN })
        }
        let shrunk = LinearDiscriminant.head(of: [own], classes: 2, covariance: .global, shrinkage: 0.05)
        #expect((shrunk.weights + shrunk.bias).allSatisfy { $0.isFinite })
        let empty = FeatureStatistics(of: [], width: 5, labels: [])
        let nobody = LinearDiscriminant.head(of: [empty], classes: 2, covariance: .within, shrinkage: 0.05)
        #expect(nobody.bias == [-1e4, -1e4])
    }

    @Test("Means and variances of a client's classes, in half precision, and draws that have them")
    func gaussians() throws {
        let own = FeatureGaussians(
            of: reference.features[0..<25].flatMap(\.self), width: 5, labels: Array(reference.labels[0..<25]))
        #expect(own.labels == [0, 1, 2] && own.counts == reference.first_counts)
        #expect(near(own.means, reference.first_means.flatMap(\.self)))
        #expect(near(own.variances, reference.first_variances.flatMap(\.self)))
        let bytes = own.encoded()
        #expect(bytes.count == FeatureGaussians.encodedByteCount(classes: 3, width: 5))
        let read = try FeatureGaussians(decoding: bytes)
        #expect(read.counts == own.counts && near(read.means, own.means.map(Double.init), 1e-3))
        let many = FeatureGaussians(
            labels: [4], counts: [20_000], width: 2, means: [3, -1], variances: [4, 0.25])
        var generator = RandomStream(seed: 1)
        let (features, labels) = many.sample(using: &generator)
        #expect(labels.count == 20_000 && labels.allSatisfy { $0 == 4 })
        for (column, mean, variance) in [(0, 3.0, 4.0), (1, -1.0, 0.25)] {
            let values = stride(from: column, to: features.count, by: 2).map { Double(features[$0]) }
            let found = values.reduce(0, +) / 20_000
            #expect(abs(found - mean) < 0.05)
            let spread = values.reduce(0) { $0 + ($1 - found) * ($1 - found) } / 20_000
            #expect(abs(spread / variance - 1) < 0.05)
        }
        #expect(throws: SafetensorsError.self) { try FeatureGaussians(decoding: statistics(0..<4).encoded()) }
        #expect(throws: SafetensorsError.self) { try FeatureStatistics(decoding: bytes) }
    }

    @Test("The head's training is PyTorch's SGD")
    func training() throws {
        var generator = RandomStream(seed: 5)
        let (head, loss) = try LinearHead.trained(
            on: reference.features.flatMap(\.self), width: 5, labels: reference.labels.map(Int64.init),
            classes: 4,
            options: HeadTrainingOptions(epochs: 2, batch: 40, learningRate: 0.1, momentum: 0.9),
            using: &generator)
        #expect(near(head.weights, reference.trained_weights.flatMap(\.self)))
        #expect(near(head.bias, reference.trained_bias))
        #expect(abs(loss - reference.trained_loss) < 1e-5)
        let rows = head.logits(of: reference.features[0])
        #expect(rows.shape == [1, 4])
    }

    @Test("The weighted mean of captions' states")
    func captions() {
        let all = zip(reference.states, [2, 1, 4]).map { states, weight in
            (
                states: TextStates(
                    tokens: 2, width: 3, values: states.flatMap(\.self), pooled: [Float(weight)]),
                weight: weight
            )
        }
        let mean = TextStates.mean(of: all)
        #expect(near(mean.values, reference.mean_state.flatMap(\.self), 1e-6))
        #expect(mean.pooled == [Float(4 + 1 + 16) / 7])
        #expect(TextStates.mean(of: [all[1]]) == all[1].states)
    }

    @Test("Co-Boosting's step of the weights, and its loss for hard samples")
    func coBoosting() {
        func tensor(_ rows: [[Float]]) -> Tensor {
            Tensor(rows.flatMap(\.self), shape: [rows.count, rows[0].count])
        }
        let answers = reference.answers.map(tensor)
        let moved = CoBoostedDistillation.adjusted(
            reference.ensemble_weights, answers: answers, labels: reference.targets, step: 0.04)
        #expect(moved.count == 3)
        for (found, expected) in zip(moved, reference.moved) { #expect(abs(found - expected) < 1e-9) }
        // Where no weight would be left, they stay.
        let low = [1e-3, 1e-3, 1e-3]
        let kept = CoBoostedDistillation.adjusted(low, answers: answers, labels: reference.targets, step: 1)
        #expect(kept.contains { $0 > 0 } && kept.allSatisfy { (0...1).contains($0) })
        let logits = tensor(reference.mixed).requiresGradient()
        let loss = DistillationLosses.hardCrossEntropy(logits, labels: reference.targets, hardness: 2)
        loss.backward()
        #expect(abs(loss.item - reference.hard) < 1e-5)
        #expect(near(logits.gradient?.floats ?? [], reference.hard_gradient.flatMap(\.self), 1e-5))
        let plain = DistillationLosses.hardCrossEntropy(logits, labels: reference.targets, hardness: 0)
        #expect(abs(plain.item - logits.crossEntropy(Tensor(indices: reference.targets)).item) < 1e-6)
    }

    @Test("Votes for the nearest candidate of an image's label")
    func votes() throws {
        let votes = try CandidateVotes.count(
            of: reference.images.flatMap(\.self), labels: reference.image_labels,
            among: reference.candidates.flatMap(\.self), candidateLabels: reference.candidate_labels, width: 3
        )
        #expect(votes == reference.votes && votes.reduce(0, +) == 6)
        #expect(throws: CancellationError.self) {
            try CandidateVotes.count(
                of: [1], labels: [0], among: [1], candidateLabels: [0], width: 1, isCancelled: { true })
        }
    }
}
