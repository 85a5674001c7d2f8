import Simulator

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

    /// The columns that the initializer takes, in its order.
    static let columns = """
        run_id, name, method, seed, clients, status, started_at, finished_at, wall_s, virtual_s, scenario,
        scenario_sha256, build, log_sha256, model_sha256, error
        """

    init(reading columns: inout ColumnReader) throws {
        runID = Int64(try columns.integer() as Int)
        name = try columns.text()
        method = try columns.text()
        seed = UInt64(bitPattern: Int64(try columns.integer() as Int))
        clients = try columns.integer()
        status = try columns.cases()
        startedAt = try columns.text()
        finishedAt = try columns.text()
        wallSeconds = try columns.real()
        virtualSeconds = try columns.real()
        scenario = try columns.text()
        scenarioSHA256 = try columns.text()
        build = try columns.text()
        logSHA256 = try columns.text()
        modelSHA256 = try columns.text()
        error = try columns.text()
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
    /// The highest round with a metric of the run as a whole.
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
    /// Where it comes from, a raw value of `RunProvenance`.
    public let origin: String
    /// What differs from the first run of its name; empty where nothing does.
    public let variant: String
    /// The earlier identical run, counted instead; `nil` for a run that counts.
    public let repeats: Int64?

    /// The columns that the initializer takes, in its order.
    static let columns = """
        run_id, name, method, seed, status, rounds, uplink_bytes, downlink_bytes, uplink_bytes_per_client,
        virtual_s, best_accuracy, final_accuracy, best_round, clients, wall_s, error,
        coalesce(origin, 'run'), coalesce(variant, ''), repeats
        """

    init(reading columns: inout ColumnReader) throws {
        runID = Int64(try columns.integer() as Int)
        name = try columns.text()
        method = try columns.text()
        seed = UInt64(bitPattern: Int64(try columns.integer() as Int))
        status = try columns.cases()
        rounds = try columns.integer()
        uplinkBytes = try columns.integer()
        downlinkBytes = try columns.integer()
        uplinkBytesPerClient = try columns.integer()
        virtualSeconds = try columns.real()
        bestAccuracy = try columns.real()
        finalAccuracy = try columns.real()
        bestRound = try columns.integer()
        clients = try columns.integer()
        wallSeconds = try columns.real()
        error = try columns.text()
        origin = try columns.text()
        variant = try columns.text()
        let repeated: Int? = try columns.integer()
        repeats = repeated.map(Int64.init)
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

    init(round: Int?, seconds: Double, uplinkBytes: Int, downlinkBytes: Int, value: Double?) {
        self.round = round
        self.seconds = seconds
        self.uplinkBytes = uplinkBytes
        self.downlinkBytes = downlinkBytes
        self.value = value
    }

    /// The columns that the initializer takes, in its order.
    static let columns = "round, t, uplink_bytes, downlink_bytes, value"

    init(reading columns: inout ColumnReader) throws {
        round = try columns.integer()
        seconds = try columns.real()
        uplinkBytes = try columns.integer()
        downlinkBytes = try columns.integer()
        value = try columns.real()
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

    /// The columns that the initializer takes, in its order.
    static let columns = "direction, payload, messages, bytes, undelivered"

    init(reading columns: inout ColumnReader) throws {
        direction = try columns.cases()
        payload = try columns.text()
        messages = try columns.integer()
        bytes = try columns.integer()
        undelivered = try columns.integer()
    }
}
