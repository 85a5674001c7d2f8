import Models
import RunLog

/// How a model classifies the test images of each owner.
package struct OwnerAccuracies: RecordableOutput {
    /// The test images of one owner.
    package struct Owner: Sendable, Hashable {
        /// The name.
        package let name: String
        /// How many images there are, above 0.
        package let images: Int
        /// How many of them are classified as labelled.
        package let correct: Int
    }

    /// Owners with test images, in the order of the data set.
    package let owners: [Owner]

    package static var isWhole: Bool { true }

    package var fields: [String: JSONScalar] {
        [
            "owners": .list(owners.map { .text($0.name) }),
            "images": .list(owners.map { .integer($0.images) }),
            "correct": .list(owners.map { .integer($0.correct) }),
        ]
    }

    init(owners: [Owner]) { self.owners = owners }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard case .list(let names)? = record.fields["owners"],
            case .list(let images)? = record.fields["images"], images.count == names.count,
            case .list(let correct)? = record.fields["correct"], correct.count == names.count
        else { return nil }
        owners = names.indices.compactMap { index in
            guard case .text(let name) = names[index], let count = images[index].wholeNumber,
                let hits = correct[index].wholeNumber, 1...WorkRecord.mostAmount ~= count, 0...count ~= hits
            else { return nil }
            return Owner(name: name, images: count, correct: hits)
        }
        guard owners.count == names.count else { return nil }
    }
}
