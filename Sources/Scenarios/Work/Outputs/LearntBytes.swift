import RunLog

/// What a client has learnt from its images, in the bytes that travel, and how it was learnt.
package struct LearntBytes: RecordableOutput {
    package let bytes: StoredBytes
    /// Mean losses of the tenths of the steps.
    let losses: [Double]

    package static var isWhole: Bool { false }

    package var fields: [String: JSONScalar] {
        ["bytes": .integer(bytes.count), "losses": .list(losses.map(JSONScalar.real))]
    }

    package var contents: [StoredBytes] { [bytes] }

    init(bytes: StoredBytes, losses: [Double]) {
        self.bytes = bytes
        self.losses = losses
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let bytes = StoredBytes(record: record, blobs: blobs),
            let losses = record.fields["losses"]?.list(of: \.number)
        else { return nil }
        self.init(bytes: bytes, losses: losses)
    }
}
