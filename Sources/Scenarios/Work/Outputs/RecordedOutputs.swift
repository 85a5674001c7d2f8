import Foundation
import Models
import RunLog
import Simulator

// What the log keeps of each kind of output.

extension ModelState: RecordableOutput {
    package static var isWhole: Bool { false }

    package var fields: [String: JSONScalar] {
        var fields: [String: JSONScalar] = ["bytes": .integer(bytes.count), "samples": .integer(samples)]
        fields["steps"] = steps.map { .integer($0) }
        fields["not_a_number"] = firstNotFinite.map { .text($0) }
        return fields
    }

    package var notANumber: NotANumber? {
        firstNotFinite.map { NotANumber(layer: $0 == NotANumber.loss ? nil : $0) }
    }

    package var states: [StoredBytes] { [bytes] }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let count = record.amount("bytes"), let samples = record.amount("samples") else { return nil }
        self.init(
            bytes: blobs.known(sha256: record.sha256, count: count), samples: samples,
            steps: record.amount("steps"))
        firstNotFinite = record.notANumber
    }
}

extension TrainedModel: RecordableOutput {
    package static var isWhole: Bool { false }

    package var fields: [String: JSONScalar] {
        var fields = state.fields
        fields["epochs"] = .integer(epochs.count)
        fields["loss"] = epochs.last.map { .real($0.loss) }
        fields["losses"] = .list(epochs.map { .real($0.loss) })
        fields["squared_loss"] = squaredLoss.map { .real($0) }
        let tests = epochs.compactMap(\.test)
        guard !tests.isEmpty else { return fields }
        fields["tested_epochs"] = .list(epochs.filter { $0.test != nil }.map { .integer($0.epoch) })
        fields["test_accuracies"] = .list(tests.map { .real($0.accuracy) })
        fields["test_losses"] = .list(tests.map { .real($0.loss) })
        fields["test_images"] = .integer(tests[0].images)
        let domains = tests[0].domains.keys.sorted()
        guard !domains.isEmpty else { return fields }
        fields["test_domains"] = .list(domains.map(JSONScalar.text))
        fields["test_domain_accuracies"] = .list(
            tests.map { test in .list(domains.map { .real(test.domains[$0] ?? 0) }) })
        return fields
    }

    package var notANumber: NotANumber? {
        var found = state.notANumber
        found?.epoch = epochs.first { !$0.loss.isFinite }?.epoch
        return found
    }

    package var states: [StoredBytes] { state.states }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let state = ModelState(record: record, blobs: blobs), let losses = record.numbers("losses"),
            let tests = record.tests
        else { return nil }
        self.state = state
        squaredLoss = record.fields["squared_loss"]?.number
        epochs = losses.enumerated().map { index, loss in
            EpochRecord(
                epoch: index + 1, progress: Double(index + 1) / Double(losses.count), loss: loss,
                test: tests[index + 1])
        }
    }
}

extension Classifier.Evaluation: RecordableOutput {
    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] {
        var fields: [String: JSONScalar] = [
            "accuracy": .real(accuracy), "loss": .real(loss), "images": .integer(images),
        ]
        guard !domains.isEmpty else { return fields }
        let names = domains.keys.sorted()
        fields["domains"] = .list(names.map(JSONScalar.text))
        fields["domain_accuracies"] = .list(names.map { .real(domains[$0] ?? 0) })
        return fields
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let accuracy = record.fields["accuracy"]?.number, let loss = record.fields["loss"]?.number
        else { return nil }
        let domains = Self.domains(record.fields["domains"], record.fields["domain_accuracies"])
        self.init(
            accuracy: accuracy, loss: loss, images: record.amount("images") ?? 0,
            domains: domains)
    }

    /// Accuracies by domain from two lists; none where they do not fit together.
    fileprivate static func domains(_ names: JSONScalar?, _ accuracies: JSONScalar?) -> [String: Double] {
        guard case .list(let names)? = names, case .list(let accuracies)? = accuracies,
            names.count == accuracies.count
        else { return [:] }
        var domains: [String: Double] = [:]
        for (name, accuracy) in zip(names, accuracies) {
            if case .text(let name) = name, let accuracy = accuracy.number { domains[name] = accuracy }
        }
        return domains
    }
}

/// The prompts of one client.
extension [Prompt]: RecordableOutput {
    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] {
        [
            "prompts": .list(map(\.text).map(JSONScalar.text)), "labels": .list(map { .integer($0.label) }),
            "counts": .list(map { .integer($0.count) }),
        ]
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard case .list(let texts)? = record.fields["prompts"],
            case .list(let labels)? = record.fields["labels"], texts.count == labels.count,
            case .list(let counts)? = record.fields["counts"], texts.count == counts.count
        else { return nil }
        self = texts.indices.compactMap { index in
            guard case .text(let text) = texts[index], let label = labels[index].wholeNumber,
                let count = counts[index].wholeNumber, 0...WorkRecord.mostClasses ~= label,
                1...WorkRecord.mostAmount ~= count
            else { return nil }
            return Prompt(label: label, text: text, count: count)
        }
        guard count == texts.count else { return nil }
    }
}

/// Prompts as states of a text encoder, in the bytes that travel.
package struct EncodedPrompts: RecordableOutput {
    let bytes: [UInt8]

    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] { ["states": .text(Data(bytes).base64EncodedString())] }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard case .text(let text)? = record.fields["states"], let data = Data(base64Encoded: text)
        else { return nil }
        bytes = [UInt8](data)
    }
}

extension StoredBytes: RecordableOutput {
    package static var isWhole: Bool { false }

    package var fields: [String: JSONScalar] { ["bytes": .integer(count)] }

    package var contents: [StoredBytes] { [self] }

    package convenience init?(record: WorkRecord, blobs: BlobStore) {
        guard let count = record.amount("bytes") else { return nil }
        // A store that keeps nothing for later finds what has just come from a worker there alone.
        if let lent = blobs.lent(sha256: record.sha256, count: count) {
            self.init(sharing: lent)
        } else {
            self.init(known: record.sha256, count: count, in: blobs)
        }
    }
}

extension WorkRecord {
    /// What of the output was found not to be a number.
    var notANumber: String? {
        if case .text(let name)? = fields["not_a_number"] { name } else { nil }
    }

    /// Sizes and numbers of images beyond this are none: 70 TB, of which a hundred thousand still add up.
    static let mostAmount = 1 << 46
    /// Classes beyond this are none.
    static let mostClasses = 1 << 20

    /// A size in bytes or a number of images; `nil` where it is missing or cannot be one.
    func amount(_ name: String) -> Int? {
        fields[name]?.wholeNumber.flatMap { 0...Self.mostAmount ~= $0 ? $0 : nil }
    }

    /// A list of numbers.
    fileprivate func numbers(_ name: String) -> [Double]? { fields[name]?.list(of: \.number) }

    /// Evaluations by epoch; `nil` where the lists do not fit together.
    fileprivate var tests: [Int: Classifier.Evaluation]? {
        guard fields["tested_epochs"] != nil else { return [:] }
        guard let epochs = numbers("tested_epochs"), let accuracies = numbers("test_accuracies"),
            let losses = numbers("test_losses"), let images = amount("test_images"),
            epochs.count == accuracies.count, epochs.count == losses.count
        else { return nil }
        var byDomain: [JSONScalar] = []
        if case .list(let lists)? = fields["test_domain_accuracies"] { byDomain = lists }
        var tests: [Int: Classifier.Evaluation] = [:]
        for (index, number) in epochs.enumerated() {
            guard let epoch = Int(exactly: number) else { return nil }
            tests[epoch] = Classifier.Evaluation(
                accuracy: accuracies[index], loss: losses[index], images: images,
                domains: Classifier.Evaluation.domains(
                    fields["test_domains"], index < byDomain.count ? byDomain[index] : nil))
        }
        return tests
    }
}
