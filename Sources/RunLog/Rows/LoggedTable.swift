/// The tables whose rows belong to one run, in the order in which the log hash takes them.
///
/// The order also satisfies the foreign keys: clients come before the rows that name them.
enum LoggedTable: String, CaseIterable, Sendable {
    case client
    case labelCount = "label_count"
    case event
    case transfer
    case metric
    case prompt
    case work

    /// Column names after `run_id`, in the table's order.
    var columns: [String] {
        switch self {
        case .client:
            [
                "client_id", "domain", "samples", "uplink_Bps", "downlink_Bps", "latency_s", "flops_per_s",
                "slowdown",
            ]
        case .labelCount: ["client_id", "label", "class", "samples"]
        case .event: ["seq", "t", "kind", "round", "client_id", "bytes", "detail"]
        case .transfer:
            [
                "transfer_id", "round", "client_id", "direction", "payload", "bytes", "t_start", "t_end",
                "status",
            ]
        case .metric: ["t", "round", "client_id", "split", "name", "value"]
        case .prompt: ["client_id", "label", "text", "bytes"]
        case .work:
            ["work_id", "kind", "round", "client_id", "key", "output_sha256", "flops", "wall_s", "metrics"]
        }
    }

    /// Column names after `run_id` that enter the log hash: all but wall time.
    var hashedColumns: [String] { columns.filter { $0 != "wall_s" } }

    /// The expression that sorts a run's rows as they were recorded.
    var recordingOrder: String {
        switch self {
        case .event: "seq"
        case .transfer: "transfer_id"
        case .work: "work_id"
        case .client, .labelCount, .metric, .prompt: "rowid"
        }
    }

    /// The statement that inserts one row: `run_id`, then `columns`.
    var insertion: String {
        let names = ["run_id"] + columns
        let marks = names.map { _ in "?" }.joined(separator: ", ")
        return "INSERT INTO \(rawValue) (\(names.joined(separator: ", "))) VALUES (\(marks))"
    }
}
