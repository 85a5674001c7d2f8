import Models
import RunLog
import Simulator

/// Reads images from a synthetic set on disk. The set is taken to be at the server when the run begins:
/// reading takes no virtual time.
package struct SetReading: Work {
    package typealias Output = ReadSet
    package static let activity = WorkKind.readSet
    package static let isShared = true

    /// The hash of the set's manifest, which pins every image.
    let manifest: String
    /// The classes whose images are read, ascending.
    let labels: [Int]
    /// Width and height of an image, in pixels.
    let side: Int

    private enum CodingKeys: String, CodingKey { case manifest, labels, side }

    package init(_ manifest: String, labels: Set<Int>, side: Int) {
        self.manifest = manifest
        self.labels = labels.sorted()
        self.side = side
    }

    package func cost(_ facts: WorkFacts) -> Double { 0 }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<ReadSet> {
        let images = try environment.syntheticSet(manifest).images(labels: Set(labels), side: side)
        let pixels = try environment.store(images.pixels)
        return WorkOutcome(
            output: ReadSet(pixels: pixels, labels: images.labels, captions: images.captions),
            sha256: pixels.sha256)
    }
}

/// Images that were read from a set on disk.
package struct ReadSet: RecordableOutput {
    let pixels: StoredBytes
    let labels: [Int32]
    let captions: [String]

    package static var isWhole: Bool { false }

    package var fields: [String: JSONScalar] {
        [
            "bytes": .integer(pixels.count), "labels": .text(RunLengths.encode(labels)),
            "captions": .list(captions.map(JSONScalar.text)),
        ]
    }

    package var contents: [StoredBytes] { [pixels] }

    init(pixels: StoredBytes, labels: [Int32], captions: [String]) {
        self.pixels = pixels
        self.labels = labels
        self.captions = captions
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let pixels = StoredBytes(record: record, blobs: blobs),
            case .text(let text)? = record.fields["labels"], let labels = RunLengths.decode(text),
            let captions = record.fields["captions"]?.list(of: \.string)
        else { return nil }
        self.init(pixels: pixels, labels: labels, captions: captions)
    }
}
