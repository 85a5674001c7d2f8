import Models
import RunLog
import Simulator

extension RunContext {
    /// The images of `labels` in the synthetic set that the scenario starts from. Reading takes no virtual time: the
    /// set is taken to be at the server when the run begins.
    func storedSet(at path: String, labels: [Int], on device: ClientDevice) async throws -> SyntheticSet {
        let folder = machinery.models.storedSet(of: scenario), side = data.train.side
        let labels = Set(labels)
        guard folder.classNames == data.train.classNames else {
            throw FederationError.foreignSet(
                path: path, found: folder.classNames, expected: data.train.classNames)
        }
        let order = WorkOrder(
            kind: "read-set", round: round, client: nil,
            key: WorkKey(
                "read-set",
                ["manifest": folder.sha256, "labels": "\(labels.sorted())", "side": "\(side)"]),
            flops: 0, isShared: true)
        let blobs = machinery.blobs
        let set = try await perform(order, on: device) {
            let images = try folder.images(labels: labels, side: side)
            let pixels = try blobs.store(images.pixels)
            let set = ReadSet(pixels: pixels, labels: images.labels, captions: images.captions)
            return WorkOutcome(output: set, sha256: pixels.sha256)
        }.output
        return SyntheticSet(
            sha256: WorkKey(
                "read set", ["pixels": set.pixels.sha256, "labels": RunLengths.encode(set.labels)]
            ).sha256,
            parts: [set.pixels], side: side, labels: set.labels, classNames: folder.classNames,
            captions: set.captions, seeds: [])
    }
}

/// Images that were read from a set on disk.
private struct ReadSet: RecordableOutput {
    let pixels: StoredBytes
    let labels: [Int32]
    let captions: [String]

    static var isWhole: Bool { false }

    var fields: [String: JSONScalar] {
        [
            "bytes": .integer(pixels.count), "labels": .text(RunLengths.encode(labels)),
            "captions": .list(captions.map(JSONScalar.text)),
        ]
    }

    init(pixels: StoredBytes, labels: [Int32], captions: [String]) {
        self.pixels = pixels
        self.labels = labels
        self.captions = captions
    }

    init?(record: WorkRecord, blobs: BlobStore) {
        guard let pixels = StoredBytes(record: record, blobs: blobs),
            case .text(let text)? = record.fields["labels"], let labels = RunLengths.decode(text),
            case .list(let captions)? = record.fields["captions"]
        else { return nil }
        self.init(
            pixels: pixels, labels: labels,
            captions: captions.compactMap { if case .text(let text) = $0 { text } else { nil } })
        guard self.captions.count == captions.count else { return nil }
    }
}
