/// What the cells of a column may hold. A file may come from anywhere, and every number that is read from it
/// becomes a size, an index or a coordinate somewhere.
///
/// What a text means is not judged here: a status or payload of another version is shown as it stands.
indirect enum CellRule: Sendable {
    /// INTEGER.
    case whole(ClosedRange<Int>)
    /// REAL.
    case number(ClosedRange<Double>)
    /// TEXT of at most so many characters.
    case text(most: Int)
    /// BLOB of at most so many bytes.
    case blob(most: Int)
    /// NULL or what the rule says.
    case optional(CellRule)

    /// Numbers of runs.
    static let run = whole(1...0x7FFF_FFFF)
    /// Positions, rounds, clients, labels.
    static let position = whole(0...1_000_000_000)
    /// Sizes of messages in bytes, numbers of images: what doubles hold exactly.
    static let amount = whole(0...(1 << 53))
    /// Virtual time in seconds: 292 years are what an instant can hold.
    static let time = number(0...9_223_372_036.854776)
    /// Quantities that may be without a limit.
    static let quantity = number(0...Double.infinity)
    /// Names and hashes.
    static let name = text(most: 1 << 20)
    /// Scenarios, facts, what work measured.
    static let document = text(most: 64 << 20)

    /// The SQL condition that a column meets the rule; never NULL.
    func condition(_ column: String) -> String {
        switch self {
        case .whole(let range):
            "(typeof(\(column)) = 'integer' AND \(column) BETWEEN \(range.lowerBound) "
                + "AND \(range.upperBound))"
        case .number(let range):
            "(typeof(\(column)) IN ('real', 'integer') AND \(column) "
                + "BETWEEN \(Self.literal(range.lowerBound)) AND \(Self.literal(range.upperBound)))"
        case .text(let most): "(typeof(\(column)) = 'text' AND length(\(column)) <= \(most))"
        case .blob(let most): "(typeof(\(column)) = 'blob' AND length(\(column)) <= \(most))"
        case .optional(let rule): "(\(column) IS NULL OR \(rule.condition(column)))"
        }
    }

    private static func literal(_ number: Double) -> String {
        number.isInfinite ? (number < 0 ? "-9e999" : "9e999") : "\(number)"
    }

    /// What is allowed, for people.
    var allowed: String {
        switch self {
        case .whole(let range): "whole numbers from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            range.lowerBound.isInfinite
                ? "numbers"
                : range.upperBound.isInfinite
                    ? "numbers from \(range.lowerBound)"
                    : "numbers from \(range.lowerBound) to \(range.upperBound)"
        case .text(let most): "texts of at most \(most) characters"
        case .blob(let most): "blobs of at most \(most) bytes"
        case .optional(let rule): "NULL and \(rule.allowed)"
        }
    }
}

/// The rules of one table.
package struct TableRules: Sendable {
    /// Which row it is, for people: the columns of its key.
    let key: [String]
    let columns: [(name: String, rule: CellRule)]
    /// Conditions on several columns, with the one that is to blame and what is allowed.
    var others: [(condition: String, column: String, allowed: String)] = []
    /// Columns that files of earlier versions lack.
    var added: Set<String> = []
}

extension TableRules {
    /// The rules by table; whatever a command reads is checked against them first.
    static let all: [String: TableRules] = [
        "run": TableRules(
            key: ["run_id"],
            columns: [
                ("run_id", .run), ("name", .name), ("method", .name),
                ("seed", .whole(Int.min...Int.max)), ("clients", .position), ("status", .name),
                ("started_at", .name), ("finished_at", .optional(.name)),
                ("wall_s", .optional(.number(0...1e12))), ("virtual_s", .optional(.time)),
                ("scenario", .document), ("scenario_sha256", .name), ("build", .name),
                ("log_sha256", .optional(.name)), ("model_sha256", .optional(.name)),
                ("error", .optional(.name)),
            ]),
        "client": TableRules(
            key: ["run_id", "client_id"],
            columns: [
                ("run_id", .run), ("client_id", .position), ("domain", .optional(.name)),
                ("samples", .amount), ("uplink_Bps", .optional(.quantity)),
                ("downlink_Bps", .optional(.quantity)), ("latency_s", .optional(.quantity)),
                ("flops_per_s", .optional(.quantity)), ("slowdown", .optional(.quantity)),
            ]),
        "label_count": TableRules(
            key: ["run_id", "client_id", "label"],
            columns: [
                ("run_id", .run), ("client_id", .position), ("label", .position), ("class", .name),
                ("samples", .amount),
            ]),
        "event": TableRules(
            key: ["run_id", "seq"],
            columns: [
                ("run_id", .run), ("seq", .amount), ("t", .time), ("kind", .name),
                ("round", .optional(.position)), ("client_id", .optional(.position)),
                ("bytes", .optional(.amount)), ("detail", .optional(.document)),
            ]),
        "transfer": TableRules(
            key: ["run_id", "transfer_id"],
            columns: [
                ("run_id", .run), ("transfer_id", .position), ("round", .optional(.position)),
                ("client_id", .position), ("direction", .name), ("payload", .name), ("bytes", .amount),
                ("t_start", .time), ("t_end", .time), ("status", .name),
            ],
            others: [("(t_end >= t_start) IS TRUE", "t_end", "times from t_start on")]),
        "metric": TableRules(
            key: ["run_id", "rowid"],
            columns: [
                ("run_id", .run), ("t", .time), ("round", .optional(.position)),
                ("client_id", .optional(.position)), ("split", .name), ("name", .name),
                ("value", .optional(.number(-Double.infinity...Double.infinity))),
            ],
            // A mean of fractions may round to a little more than 1.
            others: [
                (
                    "(name <> 'accuracy' OR value IS NULL OR value BETWEEN 0 AND 1.000001) IS TRUE", "value",
                    "fractions from 0 to 1, since it is an accuracy"
                )
            ]),
        "prompt": TableRules(
            key: ["run_id", "rowid"],
            columns: [
                ("run_id", .run), ("client_id", .position), ("label", .position), ("text", .document),
                ("bytes", .amount),
            ]),
        "work": TableRules(
            key: ["run_id", "work_id"],
            columns: [
                ("run_id", .run), ("work_id", .amount), ("kind", .name), ("round", .optional(.position)),
                ("client_id", .optional(.position)), ("key", .name), ("output_sha256", .optional(.name)),
                ("flops", .optional(.number(0...1e300))), ("wall_s", .optional(.number(0...1e12))),
                ("metrics", .optional(.document)), ("worker", .optional(.name)),
                ("attempts", .optional(.position)), ("began_s", .optional(.number(0...1e12))),
                ("waited_s", .optional(.number(0...1e12))),
            ], added: ["worker", "attempts", "began_s", "waited_s"]),
        "worker": TableRules(
            key: ["run_id", "worker"], columns: [("run_id", .run), ("worker", .name), ("machine", .name)]),
        "experiment": TableRules(
            key: ["experiment_id"],
            columns: [("experiment_id", .run), ("created_at", .name), ("build", .name)]),
        "planned_run": TableRules(
            key: ["experiment_id", "position"],
            columns: [
                ("experiment_id", .run), ("position", .position), ("name", .name), ("method", .name),
                ("seed", .whole(Int.min...Int.max)), ("clients", .position), ("scenario", .document),
                ("run_id", .optional(.run)),
            ]),
        "input": TableRules(
            key: ["input_id"],
            columns: [
                ("input_id", .run), ("kind", .name), ("settings", .document), ("sha256", .name),
                ("facts", .document),
            ]),
        "run_input": TableRules(
            key: ["run_id", "input_id"], columns: [("run_id", .run), ("input_id", .run)]),
        "what_if": TableRules(
            key: ["run_id"], columns: [("run_id", .run), ("parent_run_id", .run), ("changes", .document)]),
        "cached_work": TableRules(
            key: ["run_id", "work_id"], columns: [("run_id", .run), ("work_id", .amount)]),
        "sample_image": TableRules(
            key: ["set_sha256", "label", "position"],
            columns: [
                ("set_sha256", .name), ("label", .position), ("position", .position), ("class", .name),
                ("caption", .optional(.name)), ("jpeg", .blob(most: 16 << 20)),
            ]),
        "run_images": TableRules(
            key: ["run_id"], columns: [("run_id", .run), ("source", .name), ("set_sha256", .name)]),
        "run_rules": TableRules(
            key: ["run_id"], columns: [("run_id", .run), ("rules", .whole(2...1_000_000))]),
        "identity_version": TableRules(
            key: ["run_id"], columns: [("run_id", .run), ("version", .whole(2...1_000_000))]),
        "run_identity": TableRules(
            key: ["run_id"],
            columns: [
                ("run_id", .run), ("settings_sha256", .name), ("origin", .name), ("inputs_sha256", .name),
            ]),
        "setting": TableRules(
            key: ["settings_sha256", "key"],
            columns: [("settings_sha256", .name), ("key", .name), ("value", .document)]),
    ]

    /// The columns of every table in their order: those that the migrations make.
    package static let columns = all.mapValues { $0.columns.map(\.name) }
}
