import Core
import Foundation

// Raw numbers for programs: bytes and seconds as they are, accuracy as a fraction.

extension Comparison {
    /// A line per run after a header, as RFC 4180 has it; empty cells where there is no value.
    ///
    /// Runs with equal name, method and variant differ in their seed alone. `repeats` is the earlier
    /// identical run, counted instead.
    public func csv() -> String {
        let columns = Record.columns(withTarget: targetAccuracy != nil)
        let lines = entries.map { entry in
            let fields = Dictionary(uniqueKeysWithValues: Record(entry).fields)
            return columns.map { Self.cell(fields[$0] ?? .missing) }.joined(separator: ",")
        }
        return ([columns.joined(separator: ",")] + lines).joined(separator: "\r\n") + "\r\n"
    }

    /// An array of an object per run.
    public func json() throws -> String {
        let columns = Set(Record.columns(withTarget: targetAccuracy != nil))
        let objects = entries.map { entry in
            Dictionary(uniqueKeysWithValues: Record(entry).fields.filter { columns.contains($0.0) })
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(objects), as: UTF8.self) + "\n"
    }

    private static func cell(_ value: Value) -> String {
        switch value {
        case .missing: ""
        case .integer(let number): "\(number)"
        case .real(let number): "\(number)"
        case .text(let text): CSV.field(text)
        }
    }

    /// A number, a text or nothing.
    private enum Value: Encodable {
        case missing
        case integer(Int)
        case real(Double)
        case text(String)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .missing: try container.encodeNil()
            case .integer(let number): try container.encode(number)
            case .real(let number) where !number.isFinite: try container.encodeNil()
            case .real(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            }
        }
    }

    /// A run's columns by name.
    private struct Record {
        let fields: [(String, Value)]

        init(_ entry: Entry) {
            let run = entry.run
            fields = [
                ("run_id", .integer(Int(run.runID))), ("name", .text(run.name)),
                ("method", .text(run.method)),
                ("seed", .text("\(run.seed)")), ("status", .text(run.status.rawValue)),
                ("rounds", .integer(run.rounds)), ("uplink_bytes", .integer(run.uplinkBytes)),
                ("downlink_bytes", .integer(run.downlinkBytes)),
                ("uplink_bytes_per_client", run.uplinkBytesPerClient.map(Value.integer) ?? .missing),
                ("virtual_s", .real(run.virtualSeconds)),
                ("best_accuracy", run.bestAccuracy.map(Value.real) ?? .missing),
                (
                    "best_round",
                    run.bestAccuracy.flatMap { _ in run.bestRound }.map(Value.integer) ?? .missing
                ),
                ("final_accuracy", run.finalAccuracy.map(Value.real) ?? .missing),
                ("wall_s", run.wallSeconds.map(Value.real) ?? .missing),
                ("participants_fewest", entry.participants.map { .integer($0.fewest) } ?? .missing),
                ("participants_most", entry.participants.map { .integer($0.most) } ?? .missing),
                ("participants_mean", entry.participants.map { .real($0.mean) } ?? .missing),
                ("origin", .text(run.origin)), ("variant", .text(run.variant)),
                ("repeats", run.repeats.map { .integer(Int($0)) } ?? .missing),
                ("target_uplink_bytes", entry.target.map { .integer($0.uplinkBytes) } ?? .missing),
                ("target_downlink_bytes", entry.target.map { .integer($0.downlinkBytes) } ?? .missing),
                ("target_s", entry.target.map { .real($0.seconds) } ?? .missing),
            ]
        }

        /// Names in order; those of the target only where one was given.
        static func columns(withTarget: Bool) -> [String] {
            let all = [
                "run_id", "name", "method", "seed", "status", "rounds", "uplink_bytes", "downlink_bytes",
                "uplink_bytes_per_client", "virtual_s", "best_accuracy", "best_round", "final_accuracy",
                "wall_s", "participants_fewest", "participants_most", "participants_mean", "origin",
                "variant",
                "repeats",
            ]
            return withTarget ? all + ["target_uplink_bytes", "target_downlink_bytes", "target_s"] : all
        }
    }
}
