import Models
import RunLog
import Simulator

/// Bytes that work has made of other bytes, and others that it keeps beside them.
struct DerivedBytes: RecordableOutput {
    /// What the work is asked for.
    let main: StoredBytes
    /// What whoever did it keeps: a memory, a residual.
    let kept: StoredBytes?
    /// The first tensor of `main` with an element that is infinite or not a number, where it was looked for.
    var firstNotFinite: String?

    static var isWhole: Bool { false }

    var fields: [String: JSONScalar] {
        var fields: [String: JSONScalar] = ["bytes": .integer(main.count)]
        fields["kept_bytes"] = kept.map { .integer($0.count) }
        fields["kept_sha256"] = kept.map { .text($0.sha256) }
        fields["not_a_number"] = firstNotFinite.map { .text($0) }
        return fields
    }

    var notANumber: NotANumber? { firstNotFinite.map { NotANumber(layer: $0) } }

    /// What is kept beside what is not a number follows from it.
    var states: [StoredBytes] { [main] + (kept.map { [$0] } ?? []) }

    init(main: StoredBytes, kept: StoredBytes?, firstNotFinite: String? = nil) {
        self.main = main
        self.kept = kept
        self.firstNotFinite = firstNotFinite
    }

    init?(record: WorkRecord, blobs: BlobStore) {
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

/// A piece of work on encoded states: reads some, makes one, and perhaps keeps another.
struct Derivation: Sendable {
    /// What the work is called in the log.
    let kind: String
    /// Everything that the result depends on beside the inputs: the rule with its numbers and its seed.
    let rule: String
    let inputs: [StoredBytes]
    /// Floating-point operations for each parameter of the model.
    let operations: Double
    /// How long the results are, for runs that are timing only.
    let byteCount: Int
    var keptByteCount: Int?
    /// Whether the result is a state, or a vector in the same form, and is checked for not-a-number. A
    /// compressed message is not.
    var makesState = true
}

extension RunContext {
    /// Does a derivation at the server or at a client, in the virtual time of its device.
    func derive(
        _ derivation: Derivation, client: Int? = nil, on device: ClientDevice,
        _ body: @escaping @Sendable ([[UInt8]]) throws -> (main: [UInt8], kept: [UInt8]?)
    ) async throws -> DerivedBytes {
        try await join(begin(derivation, client: client, body), on: device).output
    }

    /// Begins a derivation, which is to be joined.
    func begin(
        _ derivation: Derivation, client: Int? = nil,
        _ body: @escaping @Sendable ([[UInt8]]) throws -> (main: [UInt8], kept: [UInt8]?)
    ) -> Pending<DerivedBytes> {
        let order = WorkOrder(
            kind: derivation.kind, round: round, client: client,
            key: WorkKey(
                derivation.kind,
                ["rule": derivation.rule, "inputs": derivation.inputs.map(\.sha256).joined(separator: " ")]),
            flops: derivation.operations * Double(architecture.parameterCount), inputs: derivation.inputs)
        let standIn = DerivedBytes(
            main: .absent(count: derivation.byteCount, key: order.key),
            kept: derivation.keptByteCount.map {
                .absent(count: $0, key: WorkKey("kept", ["by": order.key.sha256]))
            })
        let blobs = machinery.blobs, inputs = derivation.inputs, makesState = derivation.makesState
        return begin(order, standIn: standIn) {
            let (main, kept) = try body(inputs.map { try $0.load() })
            let finding = makesState ? try SafetensorsFile(bytes: main).firstNotFinite : nil
            let output = try DerivedBytes(
                main: blobs.store(main), kept: kept.map(blobs.store), firstNotFinite: finding)
            return WorkOutcome(output: output, sha256: output.main.sha256)
        }
    }

    /// Names, shapes and types of a model's state, in the order of its file.
    var stateLayout: [Safetensors.Declaration] { machinery.sizes.layout(of: architecture) }
}

/// What clients keep from round to round beside the model: residuals, control variates, personal weights.
///
/// Held for all clients that have ever kept something, whether or not they take part again.
final class ClientMemories {
    private var kept: [Int: [String: StoredBytes]] = [:]

    /// What a client keeps under a name.
    subscript(client: Int, name: String) -> StoredBytes? {
        get { kept[client]?[name] }
        set { kept[client, default: [:]][name] = newValue }
    }

    /// Clients that keep something under a name, ascending.
    func clients(with name: String) -> [Int] { kept.filter { $0.value[name] != nil }.keys.sorted() }
}
