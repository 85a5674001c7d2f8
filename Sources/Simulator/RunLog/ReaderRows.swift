import GRDB

/// A row of the table `run`.
public struct RunSummary: Sendable, Hashable {
    public let runID: Int64
    public let name: String
    public let method: String
    public let seed: UInt64
    public let clients: Int
    public let status: RunStatus
    /// Wall-clock times in UTC, as `2026-11-21T08:00:00.000Z`.
    public let startedAt: String
    public let finishedAt: String?
    public let wallSeconds: Double?
    public let virtualSeconds: Double?
    /// The resolved scenario text.
    public let scenario: String
    public let scenarioSHA256: String
    public let build: String
    public let logSHA256: String?
    public let modelSHA256: String?
    public let error: String?

    init(_ row: Row) throws {
        runID = row["run_id"]
        name = row["name"]
        method = row["method"]
        seed = UInt64(bitPattern: row["seed"])
        clients = row["clients"]
        status = try row.cases("status")
        startedAt = row["started_at"]
        finishedAt = row["finished_at"]
        wallSeconds = row["wall_s"]
        virtualSeconds = row["virtual_s"]
        scenario = row["scenario"]
        scenarioSHA256 = row["scenario_sha256"]
        build = row["build"]
        logSHA256 = row["log_sha256"]
        modelSHA256 = row["model_sha256"]
        error = row["error"]
    }
}

/// A row of the view `comparison`; its columns are documented there.
public struct ComparisonRow: Sendable, Hashable {
    public let runID: Int64
    public let name: String
    public let method: String
    public let seed: UInt64
    public let status: RunStatus
    public let rounds: Int
    public let uplinkBytes: Int
    public let downlinkBytes: Int
    public let uplinkBytesPerClient: Int?
    public let virtualSeconds: Double
    /// Fractions of the test split.
    public let bestAccuracy: Double?
    public let finalAccuracy: Double?
    public let bestRound: Int?
    public let clients: Int
    public let wallSeconds: Double?
    public let error: String?

    init(_ row: Row) throws {
        runID = row["run_id"]
        name = row["name"]
        method = row["method"]
        seed = UInt64(bitPattern: row["seed"])
        status = try row.cases("status")
        rounds = row["rounds"]
        uplinkBytes = row["uplink_bytes"]
        downlinkBytes = row["downlink_bytes"]
        uplinkBytesPerClient = row["uplink_bytes_per_client"]
        virtualSeconds = row["virtual_s"]
        bestAccuracy = row["best_accuracy"]
        finalAccuracy = row["final_accuracy"]
        bestRound = row["best_round"]
        clients = row["clients"]
        wallSeconds = row["wall_s"]
        error = row["error"]
    }
}

/// A row of the view `accuracy`; its columns are documented there.
public struct AccuracyRow: Sendable, Hashable {
    public let round: Int?
    /// Virtual time of the evaluation.
    public let seconds: Double
    public let uplinkBytes: Int
    public let downlinkBytes: Int
    /// A fraction; `nil` where not-a-number was recorded.
    public let value: Double?

    init(_ row: Row) {
        round = row["round"]
        seconds = row["t"]
        uplinkBytes = row["uplink_bytes"]
        downlinkBytes = row["downlink_bytes"]
        value = row["value"]
    }
}

/// A row of the view `communication`; its columns are documented there.
public struct CommunicationRow: Sendable, Hashable {
    public let direction: TransferDirection
    public let payload: String
    public let messages: Int
    public let bytes: Int
    public let undelivered: Int

    init(_ row: Row) throws {
        direction = try row.cases("direction")
        payload = row["payload"]
        messages = row["messages"]
        bytes = row["bytes"]
        undelivered = row["undelivered"]
    }
}

extension EventRow {
    init(_ row: Row) {
        self.init(
            sequence: row["seq"], instant: .seconds(row["t"] as Double), kind: row["kind"],
            round: row["round"],
            client: row["client_id"], bytes: row["bytes"], detail: row["detail"])
    }
}

extension TransferRow {
    init(_ row: Row) throws {
        self.init(
            transfer: row["transfer_id"], round: row["round"], client: row["client_id"],
            direction: try row.cases("direction"), payload: row["payload"], bytes: row["bytes"],
            start: .seconds(row["t_start"] as Double), end: .seconds(row["t_end"] as Double),
            status: try row.cases("status"))
    }
}

extension Row {
    /// The case whose raw value a text column holds.
    ///
    /// - Throws: `DatabaseError` with `SQLITE_CORRUPT` for any other text, which CHECK constraints keep out.
    fileprivate func cases<Value: RawRepresentable>(_ column: String) throws -> Value
    where Value.RawValue == String {
        let text: String = self[column]
        guard let value = Value(rawValue: text) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "\(column) is '\(text)'")
        }
        return value
    }
}
