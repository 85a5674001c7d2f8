import GRDB

/// A row of the table `run`.
public struct RunSummary: Sendable, Hashable {
    /// Id of the run in its file, from 1.
    public let runID: Int64
    /// The scenario's name.
    public let name: String
    /// The federated method.
    public let method: String
    /// The seed of all random streams.
    public let seed: UInt64
    /// Number of clients.
    public let clients: Int
    /// What became of it.
    public let status: RunStatus
    /// When it began: wall-clock time in UTC, as `2026-11-21T08:00:00.000Z`.
    public let startedAt: String
    /// When it ended; `nil` while it runs, and if its process died.
    public let finishedAt: String?
    /// Wall time from start to end, in seconds.
    public let wallSeconds: Double?
    /// Virtual time at its end, in seconds.
    public let virtualSeconds: Double?
    /// The resolved scenario text.
    public let scenario: String
    /// SHA-256 of `scenario` in hexadecimal.
    public let scenarioSHA256: String
    /// Program, libraries and machine features.
    public let build: String
    /// The log hash; `nil` unless the run was ended by `RunRecorder.finish`.
    public let logSHA256: String?
    /// Hash of the final global model's weights.
    public let modelSHA256: String?
    /// Why it failed or was interrupted.
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
    /// Id of the run in its file, from 1.
    public let runID: Int64
    /// The scenario's name.
    public let name: String
    /// The federated method.
    public let method: String
    /// The seed of all random streams.
    public let seed: UInt64
    /// What became of it.
    public let status: RunStatus
    /// The highest round with a metric of the global model.
    public let rounds: Int
    /// Bytes that moved from clients to the server.
    public let uplinkBytes: Int
    /// Bytes that moved from the server to clients.
    public let downlinkBytes: Int
    /// `uplinkBytes` over the number of clients, rounded; `nil` without clients.
    public let uplinkBytesPerClient: Int?
    /// Virtual time in seconds, until now if the run goes on.
    public let virtualSeconds: Double
    /// Best test accuracy of the global model, a fraction; `nil` before the first evaluation.
    public let bestAccuracy: Double?
    /// Latest test accuracy of the global model, a fraction.
    public let finalAccuracy: Double?
    /// First round with the best accuracy.
    public let bestRound: Int?
    /// Number of clients.
    public let clients: Int
    /// Wall time in seconds; `nil` while the run goes on.
    public let wallSeconds: Double?
    /// Why it failed or was interrupted.
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
    /// 1-based round; `nil` outside rounds.
    public let round: Int?
    /// Virtual time of the evaluation, in seconds.
    public let seconds: Double
    /// Bytes that had moved from clients to the server.
    public let uplinkBytes: Int
    /// Bytes that had moved from the server to clients.
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
    /// Which way the messages went.
    public let direction: TransferDirection
    /// What they carried.
    public let payload: String
    /// How many there were, undelivered ones included.
    public let messages: Int
    /// Bytes that moved.
    public let bytes: Int
    /// How many were lost or aborted.
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
