import GRDB

/// Reads a run log, also while another process writes to it. Nothing is changed.
public struct RunLogReader: Sendable {
    /// The file.
    public let path: String
    private let database: any DatabaseReader
    /// What of a file from elsewhere was looked at; `nil` for the rows that this process itself writes.
    private let cells: CellCheck?
    let deadline: QueryDeadline?

    init(database: any DatabaseReader, path: String) {
        self.database = database
        self.path = path
        cells = nil
        deadline = nil
    }

    /// Opens a run log.
    ///
    /// The file may come from anywhere: its own views and triggers are not used, the cells of a table are
    /// checked before the table is read, and a query ends after a minute (`FGL_QUERY_SECONDS`).
    ///
    /// - Throws: `RunLogError.cannotOpen`, `.notADatabase`, `.unbegun`, `.foreignDatabase`, `.futureSchema`,
    ///   `.alteredSchema`, `.corrupt`. Whatever reads rows throws `.badCell` and `.tooSlow` too.
    public init(path: String) throws {
        do {
            try DatabaseIdentity.check(path: path, isForWriting: false)
        } catch let error as RunLogError {
            throw DatabaseIdentity.isWithoutTables(path: path) ? .unbegun(path: path) : error
        }
        self.path = path
        let deadline = QueryDeadline()
        database = try translatingErrorsOfQueries(path: path) {
            try DatabaseIdentity.openForReading(path: path, deadline: deadline, isKnown: true)
        }
        cells = CellCheck()
        self.deadline = deadline
    }

    /// The rows of the view `comparison`: one for each run, in the order of their ids.
    ///
    /// - Throws: `RunLogError`.
    public func comparison() throws -> [ComparisonRow] {
        try fetch("SELECT \(ComparisonRow.columns) FROM comparison", as: ComparisonRow.init)
    }

    /// All runs in the order of their ids.
    ///
    /// - Throws: `RunLogError`.
    public func runs() throws -> [RunSummary] {
        try fetch("SELECT \(RunSummary.columns) FROM run ORDER BY run_id", as: RunSummary.init)
    }

    /// One run.
    ///
    /// - Throws: `RunLogError.noSuchRun`, or another `RunLogError`.
    public func run(_ runID: Int64) throws -> RunSummary {
        let found = try fetch(
            "SELECT \(RunSummary.columns) FROM run WHERE run_id = ?", [runID], as: RunSummary.init)
        guard let run = found.first else { throw RunLogError.noSuchRun(path: path, runID: runID) }
        return run
    }

    /// The rows of the view `accuracy` for one run: the global model's test accuracy over virtual time.
    ///
    /// - Throws: `RunLogError`.
    public func accuracy(run runID: Int64) throws -> [AccuracyRow] {
        try fetch(
            "SELECT \(AccuracyRow.columns) FROM accuracy WHERE run_id = ?", [runID], as: AccuracyRow.init)
    }

    /// The rows of the view `communication` for one run.
    ///
    /// - Throws: `RunLogError`.
    public func communication(run runID: Int64) throws -> [CommunicationRow] {
        try fetch(
            "SELECT \(CommunicationRow.columns) FROM communication WHERE run_id = ?", [runID],
            as: CommunicationRow.init)
    }

    /// The log hash computed anew from the rows in the file; it equals `run.log_sha256` unless a row was
    /// changed.
    ///
    /// - Throws: `RunLogError.noSuchRun`, or another `RunLogError`.
    public func recomputedHash(run runID: Int64) throws -> String {
        let run = try run(runID)
        return try reading { database in
            var digest = LogDigest()
            for table in LoggedTable.allCases {
                try Self.append(table, runID: runID, of: database, to: &digest)
            }
            return digest.hash(of: HashedRunColumns(run))
        }
    }

    private static func append(
        _ table: LoggedTable, runID: Int64, of database: Database, to digest: inout LogDigest
    ) throws {
        let columns = table.hashedColumns
        let statement = try database.cachedStatement(
            sql: """
                SELECT \(columns.joined(separator: ", ")) FROM \(table.rawValue)
                WHERE run_id = ? ORDER BY \(table.recordingOrder)
                """)
        let rows = try Row.fetchCursor(statement, arguments: [runID])
        while try rows.next() != nil {
            var reader = ColumnReader(statement)
            digest.append(try reader.hashedRow(of: table), to: table)
        }
    }

    /// Makes a value of each row that a query gives.
    ///
    /// - Throws: `RunLogError`.
    func fetch<Value>(
        _ query: String, _ arguments: StatementArguments = [],
        as make: (inout ColumnReader) throws -> Value
    ) throws -> [Value] {
        try reading(query) { database in
            let statement = try database.cachedStatement(sql: query)
            let rows = try Row.fetchCursor(statement, arguments: arguments)
            var values: [Value] = []
            while try rows.next() != nil {
                var columns = ColumnReader(statement)
                values.append(try make(&columns))
            }
            return values
        }
    }

    /// - Parameter query: the SQL that `body` uses; the tables that it names are checked first.
    func reading<Result>(_ query: String = "", _ body: (Database) throws -> Result) throws -> Result {
        do {
            return try translatingErrorsOfQueries(path: path) {
                try database.read { database in
                    for table in cells?.tables(of: query) ?? [] {
                        deadline?.start()
                        if let cell = try CellCheck.firstBadCell(of: table, in: database) {
                            throw RunLogError.badCell(path: path, cell)
                        }
                        cells?.passed(table)
                    }
                    deadline?.start()
                    return try body(database)
                }
            }
        } catch RunLogError.writeFailed(_, let detail) where cells != nil {
            // Whoever reads writes at most temporary files.
            throw RunLogError.readFailed(path: path, detail: detail)
        }
    }
}

extension HashedRunColumns {
    init(_ run: RunSummary) {
        self.init(
            name: run.name, method: run.method, seed: Int64(bitPattern: run.seed), clients: run.clients,
            status: run.status.rawValue, virtualSeconds: run.virtualSeconds ?? 0, scenario: run.scenario,
            modelSHA256: run.modelSHA256)
    }
}

extension ColumnReader {
    /// What the log hash sees of a row whose first columns are `table.hashedColumns`.
    mutating func hashedRow(of table: LoggedTable) throws -> [UInt8] {
        var encoder = CanonicalEncoder(reservingBytes: 96)
        try copy(table.hashedColumns.count, to: &encoder)
        return encoder.bytes
    }
}
