import Foundation
import Models
import Testing

/// What a classifier says of single images, and what follows about members and copies.
@Suite struct ClassifierInspectionTests {
    private let images = ImageWorld.privateSet(perClass: 2, seed: 3)
    private let others = ImageWorld.privateSet(perClass: 2, seed: 3, stream: .privateTest)

    private var classifier: Classifier {
        Classifier(ResNetArchitecture(depth: .eighteen, classes: images.classNames.count), seed: 5)
    }

    @Test("Probabilities add up to one and agree with the evaluation's accuracy and loss")
    func probabilities() throws {
        let classifier = classifier
        let rows = try classifier.probabilities(of: images, at: Array(0..<images.count), batch: 7)
        let evaluation = classifier.evaluate(on: images)
        var hits = 0, loss = 0.0
        for (row, label) in zip(rows, images.labels) {
            #expect(abs(row.reduce(0, +) - 1) < 1e-12 && row.count == images.classNames.count)
            if row.indices.max(by: { row[$0] < row[$1] }) == Int(label) { hits += 1 }
            loss -= log(row[Int(label)]) / Double(images.count)
        }
        #expect(Double(hits) / Double(images.count) == evaluation.accuracy)
        #expect(abs(loss - evaluation.loss) < 1e-4)
        // Images are asked for in any order.
        let some = try classifier.probabilities(of: images, at: [4, 1])
        #expect(zip(some[0], rows[4]).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(zip(some[1], rows[1]).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(throws: CancellationError.self) {
            _ = try classifier.probabilities(of: images, at: [0], isCancelled: { true })
        }
    }

    @Test("Features are what the head sees: with its weights they give the same probabilities")
    func features() throws {
        let classifier = classifier
        let width = classifier.network.featureCount, classes = images.classNames.count
        let features = try classifier.features(of: images, at: [0, 3])
        #expect(width == 512 && features.count == 2 * width && features.allSatisfy { $0 >= 0 })
        let file = try SafetensorsFile(bytes: classifier.encodedState(), name: "state")
        let weight = try file.tensor(named: "fc.weight").floats,
            bias = try file.tensor(named: "fc.bias").floats
        let expected = try classifier.probabilities(of: images, at: [0, 3])
        for row in 0..<2 {
            let logits = (0..<classes).map { label in
                (0..<width).reduce(Double(bias[label])) {
                    $0 + Double(weight[label * width + $1]) * Double(features[row * width + $1])
                }
            }
            let sum = logits.reduce(0) { $0 + exp($1) }
            for label in 0..<classes { #expect(abs(exp(logits[label]) / sum - expected[row][label]) < 1e-4) }
        }
    }

    /// The images with the labels of others: image i gets label i · `step`, modulo the classes.
    private func relabelled(_ images: ImageSet, step: Int) -> ImageSet {
        ImageSet(
            side: images.side, pixels: images.pixels,
            labels: images.labels.indices.map { Int32($0 * step % images.classNames.count) },
            classNames: images.classNames)
    }

    @Test("A model that was trained on some images gives them away; a fresh one does not")
    func membership() throws {
        let classifier = classifier
        let fresh = try classifier.membership(
            of: images, at: Array(0..<images.count), against: others)
        #expect(fresh.members == images.count && fresh.nonMembers == others.count)
        for finding in fresh.findings { #expect((0.2...0.8).contains(finding.areaUnderCurve)) }
        // Labels that have nothing to do with the images: what is right about them can only be remembered.
        let images = relabelled(images, step: 3), others = relabelled(others, step: 7)
        try classifier.train(
            on: images, indices: nil,
            options: TrainingOptions(epochs: 30, batch: 10, learningRate: 0.02, augmentation: .none), seed: 1,
            correction: nil, isCancelled: { false }, epochEnded: { _ in })
        let trained = try classifier.membership(of: images, at: Array(0..<images.count), against: others)
        #expect(trained.findings.map(\.metric) == MembershipMetric.allCases)
        for finding in trained.findings where finding.metric != .entropy {
            #expect(finding.areaUnderCurve > 0.8 && finding.gap > 0 && finding.truePositiveRate > 0)
            let difference = finding.memberMean - finding.nonMemberMean
            #expect(
                abs(finding.metric == .confidence ? difference - finding.gap : difference + finding.gap)
                    < 1e-9)
        }
        // The means of two of the metrics are known from elsewhere.
        let loss = trained.findings.first { $0.metric == .loss }
        // Losses above 69, of probabilities below 1e-30, count as that.
        #expect((loss?.nonMemberMean ?? .infinity) <= classifier.evaluate(on: others).loss + 1e-3)
    }

    @Test("Copies among synthetic images are found; fresh images are counted by the same rule")
    func retrieval() throws {
        let classifier = classifier
        // Private images 5, 1 and 12 as if they had been synthesized, after three others.
        let fresh = ImageWorld.privateSet(perClass: 1, seed: 9)
        let synthetic = join(fresh.subset([0, 1, 2]), images.subset([15, 11, 12]))
        let held = (10..<20).map { $0 }
        let found = try classifier.retrieval(
            of: synthetic, from: images, at: held, control: others, threshold: 0.99999)
        #expect(found.synthetic.count == 6 && found.synthetic.nearCopies == 3)
        #expect(found.control.count == others.count && found.control.nearCopies == 0)
        #expect(abs(found.synthetic.largest - 1) < 1e-5 && found.control.largest < 0.99999)
        // Classes 0, 1, 2 and 5, each by its likeliest copy, which for 1 and 2 is the copy; places are those
        // of the training set, not of what is held.
        #expect(found.examples.map(\.synthetic) == [0, 4, 5, 3])
        #expect(found.examples.map { $0.nearest[0].index }.dropFirst() == [11, 12, 15])
        #expect(
            found.examples.allSatisfy {
                $0.nearest.count == 2 && $0.nearest[0].similarity >= $0.nearest[1].similarity
            })
        let all = try classifier.retrieval(
            of: synthetic, from: images, at: held, control: others, threshold: 0.0001)
        #expect(all.synthetic.nearCopies == 6 && all.control.nearCopies == others.count)
    }

    private func join(_ first: ImageSet, _ second: ImageSet) -> ImageSet {
        ImageSet(
            side: first.side, pixels: first.pixels + second.pixels, labels: first.labels + second.labels,
            classNames: first.classNames)
    }
}
