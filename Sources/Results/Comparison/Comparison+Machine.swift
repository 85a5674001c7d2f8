import Core
import Foundation

// Raw numbers for programs: bytes and seconds as they are, accuracy as a fraction.

extension Comparison {
    /// A line per run after a header, as RFC 4180 has it; empty cells where there is no value.
    ///
    /// Runs with equal name, method and variant differ in their seed alone. `repeats` is the earlier
    /// identical run, counted instead. The keys in which the runs of a scenario differ are columns at the
    /// end, named by their paths.
    public func csv() -> String {
        let columns = columns
        let lines = entries.map { entry in
            let fields = Record(entry).values
            return columns.map { Self.cell(fields[$0] ?? .missing) }.joined(separator: ",")
        }
        return ([columns.joined(separator: ",")] + lines).joined(separator: "\r\n") + "\r\n"
    }

    /// The columns in order: of the target and of energy only where there are such.
    private var columns: [String] {
        Record.columns(withTarget: targetAccuracy != nil)
            + Record.energyColumns(withTarget: targetAccuracy != nil, withEnergy: hasEnergy)
            + (hasFairness ? Record.fairnessColumns : []) + settingColumns
    }

    /// The columns of the keys in which the runs of a scenario differ.
    private var settingColumns: [String] {
        Set(entries.flatMap(\.variation.settings).map(\.key)).sorted().map(Record.column)
    }

    /// An array of an object per run, with the columns of ``csv()``.
    public func json() throws -> String {
        let columns = columns
        let objects = entries.map { entry in
            let fields = Record(entry).values
            return Dictionary(columns.map { ($0, fields[$0] ?? .missing) }) { first, _ in first }
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
        case .flag(let value): "\(value)"
        }
    }

    /// A number, a text or nothing.
    private enum Value: Encodable {
        case missing
        case integer(Int)
        case real(Double)
        case text(String)
        case flag(Bool)

        /// A scalar of YAML.
        init(scalar text: String) {
            switch text {
            case "true": self = .flag(true)
            case "false": self = .flag(false)
            default:
                if let number = Int(text) {
                    self = .integer(number)
                } else if let number = Double(text), number.isFinite {
                    self = .real(number)
                } else {
                    self = .text(text)
                }
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .missing: try container.encodeNil()
            case .integer(let number): try container.encode(number)
            case .real(let number) where !number.isFinite: try container.encodeNil()
            case .real(let number): try container.encode(number)
            case .text(let text): try container.encode(text)
            case .flag(let value): try container.encode(value)
            }
        }
    }

    /// A run's columns by name.
    private struct Record {
        private let fields: [(String, Value)]
        private let settings: [(String, Value)]

        /// The columns with their values.
        var values: [String: Value] { Dictionary(fields + settings) { first, _ in first } }

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
                ("processor_s", entry.computing.map { Value.real($0.seconds) } ?? .missing),
                ("participants_fewest", entry.participants.map { .integer($0.fewest) } ?? .missing),
                ("participants_most", entry.participants.map { .integer($0.most) } ?? .missing),
                ("participants_mean", entry.participants.map { .real($0.mean) } ?? .missing),
                ("origin", .text(run.origin)), ("variant", .text(run.variant)),
                ("repeats", run.repeats.map { .integer(Int($0)) } ?? .missing),
                ("target_uplink_bytes", entry.target.map { .integer($0.uplinkBytes) } ?? .missing),
                ("target_downlink_bytes", entry.target.map { .integer($0.downlinkBytes) } ?? .missing),
                ("target_s", entry.target.map { .real($0.seconds) } ?? .missing),
                ("target_round", entry.target?.round.map(Value.integer) ?? .missing),
                ("energy_J", entry.energy.map { .real($0.joules) } ?? .missing),
                ("carbon_g", entry.energy?.grams.map(Value.real) ?? .missing),
                ("target_energy_J", entry.targetJoules.map(Value.real) ?? .missing),
                ("client_accuracy_mean", entry.fairness.map { .real($0.mean) } ?? .missing),
                ("client_accuracy_worst_tenth", entry.fairness.map { .real($0.worstTenth) } ?? .missing),
                ("client_accuracy_variance", entry.fairness.map { .real($0.variance) } ?? .missing),
                ("client_accuracy_gini", entry.fairness.map { .real($0.gini) } ?? .missing),
            ]
            settings = entry.variation.settings.map { (Self.column($0.key), Value(scalar: $0.value)) }
        }

        /// The column of a scenario's key: its path, unless another column has that name.
        static func column(_ key: String) -> String {
            (columns(withTarget: true) + energyColumns(withTarget: true, withEnergy: true)).contains(key)
                ? "setting.\(key)" : key
        }

        /// Names in order; those of the target only where one was given.
        static func columns(withTarget: Bool) -> [String] {
            let all = [
                "run_id", "name", "method", "seed", "status", "rounds", "uplink_bytes", "downlink_bytes",
                "uplink_bytes_per_client", "virtual_s", "best_accuracy", "best_round", "final_accuracy",
                "wall_s", "processor_s",
                "participants_fewest", "participants_most", "participants_mean", "origin",
                "variant",
                "repeats",
            ]
            return withTarget
                ? all + ["target_uplink_bytes", "target_downlink_bytes", "target_s", "target_round"] : all
        }

        /// Names of the columns of clients' accuracies on their own distributions.
        static let fairnessColumns = [
            "client_accuracy_mean", "client_accuracy_worst_tenth", "client_accuracy_variance",
            "client_accuracy_gini",
        ]

        /// Names of the columns of energy, where a run of the file counted it.
        static func energyColumns(withTarget: Bool, withEnergy: Bool) -> [String] {
            guard withEnergy else { return [] }
            return ["energy_J", "carbon_g"] + (withTarget ? ["target_energy_J"] : [])
        }
    }
}
