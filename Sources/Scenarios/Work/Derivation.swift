import Models
import RunLog
import Simulator

/// Work that makes encoded bytes — a state, a message — of other encoded bytes, and perhaps keeps some beside
/// them.
package protocol Derivation: Work where Output == DerivedBytes {
    /// Whose states they are.
    var model: ClassifierReference { get }
    /// Floating-point operations for each parameter of the model.
    var operations: Double { get }
    /// How long the results are, for runs that are timing only; not part of the work's text.
    var sizes: DerivedSizes { get }
    /// Whether the result is a state, or a vector in the same form, and is checked for not-a-number. A
    /// compressed message is not.
    var makesState: Bool { get }
    /// The result of the bytes of `inputs`, in their order.
    ///
    /// - Parameter architecture: that of `model`.
    func derive(
        from inputs: [[UInt8]], _ architecture: any ClassifierArchitecture
    ) throws -> (main: [UInt8], kept: [UInt8]?)
}

extension Derivation {
    package var makesState: Bool { true }

    package func cost(_ facts: WorkFacts) -> Double { operations * Double(model.parameterCount) }

    package func standIn(_ facts: WorkFacts, key: WorkKey) -> DerivedBytes? {
        DerivedBytes(
            main: .absent(count: sizes.main, key: key),
            kept: sizes.kept.map { .absent(count: $0, name: "kept of \(key.sha256)") })
    }

    package func perform(in environment: WorkerEnvironment) throws -> WorkOutcome<DerivedBytes> {
        let (main, kept) = try derive(
            from: inputs.map(environment.load), model.architecture(in: environment))
        let finding = makesState ? try SafetensorsFile(bytes: main).firstNotFinite : nil
        let output = try DerivedBytes(
            main: environment.store(main), kept: kept.map(environment.store), firstNotFinite: finding)
        return WorkOutcome(output: output, sha256: output.main.sha256)
    }
}

/// How long the results of a derivation are, in bytes. Whoever decodes work gets none: it is known where the
/// work is ordered, and only a run that is timing only asks for it.
package struct DerivedSizes: Sendable {
    var main: Int
    var kept: Int?

    package init(main: Int = 0, kept: Int? = nil) {
        self.main = main
        self.kept = kept
    }
}

/// Bytes that work has made of other bytes, and others that it keeps beside them.
package struct DerivedBytes: RecordableOutput {
    /// What the work is asked for.
    package let main: StoredBytes
    /// What whoever did it keeps: a memory, a residual.
    package let kept: StoredBytes?
    /// The first tensor of `main` with an element that is infinite or not a number, where it was looked for.
    var firstNotFinite: String?

    package static var isWhole: Bool { false }

    package var fields: [String: JSONScalar] {
        var fields: [String: JSONScalar] = ["bytes": .integer(main.count)]
        fields["kept_bytes"] = kept.map { .integer($0.count) }
        fields["kept_sha256"] = kept.map { .text($0.sha256) }
        fields["not_a_number"] = firstNotFinite.map { .text($0) }
        return fields
    }

    package var notANumber: NotANumber? { firstNotFinite.map { NotANumber(layer: $0) } }

    /// What is kept beside what is not a number follows from it.
    package var states: [StoredBytes] { [main] + (kept.map { [$0] } ?? []) }

    init(main: StoredBytes, kept: StoredBytes?, firstNotFinite: String? = nil) {
        self.main = main
        self.kept = kept
        self.firstNotFinite = firstNotFinite
    }

    package init?(record: WorkRecord, blobs: BlobStore) {
        guard let main = StoredBytes(record: record, blobs: blobs) else { return nil }
        self.main = main
        firstNotFinite = record.notANumber
        guard case .text(let sha256)? = record.fields["kept_sha256"] else {
            kept = nil
            return
        }
        guard let count = record.fields["kept_bytes"]?.wholeNumber, count >= 0 else { return nil }
        kept = blobs.known(sha256: sha256, count: count)
    }
}
