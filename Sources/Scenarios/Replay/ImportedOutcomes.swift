import Core
import Models
import RunLog
import Simulator

/// Outcomes that were recorded elsewhere, in the place of real work.
struct ImportedOutcomes: OutcomeSource {
    private let trained: [[Int]: OutcomeLine]
    private let global: [Int: OutcomeLine]
    /// Speeds of the clients' devices, in floating-point operations per second.
    private let speeds: [Double]
    /// Size of a model whose line says none.
    private let defaultBytes: Int
    private let sha256: String

    init(_ file: OutcomeFile, sha256: String, speeds: [Double]) {
        let clients = file.lines.compactMap { line in line.client.map { ([line.round, $0], line) } }
        trained = Dictionary(clients, uniquingKeysWith: { first, _ in first })
        let rounds = file.lines.filter { $0.client == nil }.map { ($0.round, $0) }
        global = Dictionary(rounds, uniquingKeysWith: { first, _ in first })
        defaultBytes = file.lines.compactMap(\.bytes).max() ?? 0
        self.speeds = speeds
        self.sha256 = sha256
    }

    func record(of order: WorkOrder) -> WorkRecord? {
        switch (order.kind, order.client) {
        case (.train, let client?):
            return trained[[order.round, client]].map { training($0, at: client, order) }
        case (.initialize, _): return model(round: 0, inputs: 1, order)
        case (.average, _): return model(round: order.round, inputs: order.inputs.count, order)
        case (.evaluate, _):
            let metrics = global[order.round]?.metrics ?? [:]
            return WorkRecord(
                sha256: hash(of: order),
                fields: [
                    "accuracy": .real(metrics["accuracy"] ?? .nan), "loss": .real(metrics["loss"] ?? .nan),
                    "images": 0,
                ])
        default: return nil
        }
    }

    private func training(_ line: OutcomeLine, at client: Int, _ order: WorkOrder) -> WorkRecord {
        let loss = JSONScalar.real(line.metrics["loss"] ?? .nan)
        var fields: [String: JSONScalar] = [
            "bytes": .integer(line.bytes ?? 0), "samples": .integer(line.samples ?? 0), "epochs": 1,
            "loss": loss, "losses": .list([loss]),
        ]
        for (name, value) in line.metrics where fields[name] == nil { fields[name] = .real(value) }
        let flops = line.flops ?? (line.seconds ?? 0) * speeds[client]
        return WorkRecord(sha256: line.sha256 ?? hash(of: order), fields: fields, flops: flops)
    }

    /// A model at the server: an operation a weight of four bytes, two for each that is averaged.
    private func model(round: Int, inputs: Int, _ order: WorkOrder) -> WorkRecord {
        let line = global[round]
        let bytes = line?.bytes ?? defaultBytes
        let operations = Double(bytes) / 4 * (order.kind == .average ? 2 * Double(inputs) : 1)
        return WorkRecord(
            sha256: line?.sha256 ?? hash(of: order), fields: ["bytes": .integer(bytes), "samples": 0],
            flops: line?.flops ?? operations)
    }

    /// Stands for the hash of an output that nobody has.
    private func hash(of order: WorkOrder) -> String {
        CanonicalText.sha256(
            kind: "imported", version: 1, Identity(outcomes: sha256, work: order.key.sha256))
    }

    private struct Identity: Encodable {
        let outcomes: String
        let work: String

        enum CodingKeys: String, CodingKey { case outcomes, work }
    }
}
