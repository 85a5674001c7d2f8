import Models
import RunLog

/// How a model classifies the test images of each class and domain.
package struct PartAccuracies: RecordableOutput {
    /// By class and then domain; those without images are missing.
    package let parts: [Classifier.Part]

    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] {
        [
            "labels": .list(parts.map { .integer($0.label) }),
            "domains": .list(parts.map { .text($0.domain) }),
            "images": .list(parts.map { .integer($0.images) }),
            "correct": .list(parts.map { .integer($0.correct) }),
        ]
    }

    init(parts: [Classifier.Part]) { self.parts = parts }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard case .list(let labels)? = record.fields["labels"],
            case .list(let domains)? = record.fields["domains"], domains.count == labels.count,
            case .list(let images)? = record.fields["images"], images.count == labels.count,
            case .list(let correct)? = record.fields["correct"], correct.count == labels.count
        else { return nil }
        parts = labels.indices.compactMap { index in
            guard let label = labels[index].wholeNumber, case .text(let domain) = domains[index],
                let count = images[index].wholeNumber, let hits = correct[index].wholeNumber,
                0...WorkRecord.mostClasses ~= label, 1...WorkRecord.mostAmount ~= count, 0...count ~= hits
            else { return nil }
            return Classifier.Part(label: label, domain: domain, images: count, correct: hits)
        }
        guard parts.count == labels.count else { return nil }
    }
}
