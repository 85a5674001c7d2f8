import GRDB

/// Reads a run log, also while another process writes to it. Nothing is changed.
public struct RunLogReader: Sendable {
    /// The file.
    public let path: String
    private let database: any DatabaseReader

    init(database: any DatabaseReader, path: String) {
        self.database = database
        self.path = path
    }

    /// Opens a run log.
    ///
    /// - Throws: `RunLogError.cannotOpen`, `.notADatabase`, `.foreignDatabase`, `.futureSchema`, `.corrupt`.
    public init(path: String) throws {
        try DatabaseIdentity.check(path: path, isNewAllowed: false)
        self.path = path
        database = try translatingErrors(path: path) {
            try DatabaseIdentity.openForReading(path: path)
        }
    }

    /// The rows of the view `comparison`: one for each run, in the order of their ids.
    ///
    /// - Throws: `RunLogError`.
    public func comparison() throws -> [ComparisonRow] {
        try fetch("SELECT * FROM comparison", as: ComparisonRow.init)
    }

    /// All runs in the order of their ids.
    ///
    /// - Throws: `RunLogError`.
    public func runs() throws -> [RunSummary] {
        try fetch("SELECT * FROM run ORDER BY run_id", as: RunSummary.init)
    }

    /// One run.
    ///
    /// - Throws: `RunLogError.noSuchRun`, or another `RunLogError`.
    public func run(_ runID: Int64) throws -> RunSummary {
        let found = try fetch("SELECT * FROM run WHERE run_id = ?", [runID], as: RunSummary.init)
        guard let run = found.first else { throw RunLogError.noSuchRun(path: path, runID: runID) }
        return run
    }

    /// The rows of the view `accuracy` for one run: the global model's test accuracy over virtual time.
    ///
    /// - Throws: `RunLogError`.
    public func accuracy(run runID: Int64) throws -> [AccuracyRow] {
        try fetch("SELECT * FROM accuracy WHERE run_id = ?", [runID], as: AccuracyRow.init)
    }

    /// The rows of the view `communication` for one run.
    ///
    /// - Throws: `RunLogError`.
    public func communication(run runID: Int64) throws -> [CommunicationRow] {
        try fetch("SELECT * FROM communication WHERE run_id = ?", [runID], as: CommunicationRow.init)
    }

    /// A page of a run's events: at most `limit` of them from `sequence` on.
    ///
    /// - Throws: `RunLogError`.
    /// - Complexity: O(log *n* + `limit`) for a file of *n* events.
    public func events(run runID: Int64, from sequence: Int = 0, limit: Int) throws -> [EventRow] {
        try fetch(
            "SELECT * FROM event WHERE run_id = ? AND seq >= ? ORDER BY seq LIMIT ?",
            [runID, sequence, limit], as: EventRow.init)
    }

    /// A page of a run's transfers: at most `limit` of them from `transfer` on.
    ///
    /// - Throws: `RunLogError`.
    /// - Complexity: O(log *n* + `limit`) for a file of *n* transfers.
    public func transfers(run runID: Int64, from transfer: Int = 0, limit: Int) throws -> [TransferRow] {
        try fetch(
            "SELECT * FROM transfer WHERE run_id = ? AND transfer_id >= ? ORDER BY transfer_id LIMIT ?",
            [runID, transfer, limit], as: TransferRow.init)
    }

    /// The log hash computed anew from the rows in the file; it equals `run.log_sha256` unless a row was
    /// changed.
    ///
    /// - Throws: `RunLogError.noSuchRun`, or another `RunLogError`.
    public func recomputedHash(run runID: Int64) throws -> String {
        let run = try run(runID)
        return try translatingErrors(path: path) {
            try database.read { database in
                var digest = LogDigest()
                for table in LoggedTable.allCases {
                    try Self.append(table, runID: runID, of: database, to: &digest)
                }
                return digest.hash(of: HashedRunColumns(run))
            }
        }
    }

    private static func append(
        _ table: LoggedTable, runID: Int64, of database: Database, to digest: inout LogDigest
    ) throws {
        let columns = table.hashedColumns.joined(separator: ", ")
        let rows = try Row.fetchCursor(
            database,
            sql: "SELECT \(columns) FROM \(table.rawValue) WHERE run_id = ? ORDER BY \(table.recordingOrder)",
            arguments: [runID])
        while let row = try rows.next() {
            var encoder = CanonicalEncoder(reservingBytes: 96)
            for value in row.databaseValues { encoder.append(value) }
            digest.append(encoder.bytes, to: table)
        }
    }

    private func fetch<Value>(
        _ query: String, _ arguments: StatementArguments = [], as make: (Row) throws -> Value
    ) throws -> [Value] {
        try translatingErrors(path: path) {
            try database.read { database in
                var values: [Value] = []
                let rows = try Row.fetchCursor(database, sql: query, arguments: arguments)
                while let row = try rows.next() { values.append(try make(row)) }
                return values
            }
        }
    }
}

extension CanonicalEncoder {
    /// Encodes a value as it came out of the database.
    fileprivate mutating func append(_ value: DatabaseValue) {
        switch value.storage {
        case .null: integer(nil)
        case .int64(let number): integer(Int(number))
        case .double(let number): real(number)
        case .string(let content): text(content)
        case .blob: preconditionFailure("STRICT tables without BLOB columns hold no blob")
        }
    }
}

extension HashedRunColumns {
    fileprivate init(_ run: RunSummary) {
        self.init(
            name: run.name, method: run.method, seed: Int64(bitPattern: run.seed), clients: run.clients,
            status: run.status.rawValue, virtualSeconds: run.virtualSeconds ?? 0, scenario: run.scenario,
            modelSHA256: run.modelSHA256)
    }
}
