/// The rows that a run has in its file, against which what is recorded anew is compared.
///
/// A replay re-enacts a run and must come to the same rows; a resumed run must come to the same rows as far
/// as they go. Both ask here for every row they record.
struct StoredRows: Sendable {
    /// What a row that was recorded means.
    enum Meeting {
        /// The file has it.
        case met
        /// The file's rows are used up; it is to be added.
        case new
        /// It is not the one that the file has, or a difference was found before.
        case differs
    }

    /// Whether rows may come behind those of the file.
    let mayContinue: Bool
    /// The first difference.
    private(set) var divergence: RowDivergence?
    /// Why the file's rows cannot be read.
    private(set) var failure: RunLogError?
    /// How many recorded rows the file had.
    private(set) var metRows = 0
    private let path: String
    /// The last events that were met, at most three.
    private var context: [EventRow] = []
    private var clients: StoredTable<ClientRow>
    private var labelCounts: StoredTable<LabelCountRow>
    private var events: StoredTable<EventRow>
    private var transfers: StoredTable<TransferRow>
    private var metrics: StoredTable<MetricRow>
    private var prompts: StoredTable<PromptRow>
    private var works: StoredTable<WorkRow>

    init(of runID: Int64, in reader: RunLogReader, mayContinue: Bool) {
        self.mayContinue = mayContinue
        path = reader.path
        clients = StoredTable(reader.clients(run: runID))
        labelCounts = StoredTable(reader.labelCounts(run: runID))
        events = StoredTable(reader.events(run: runID))
        transfers = StoredTable(reader.transfers(run: runID))
        metrics = StoredTable(reader.metrics(run: runID))
        prompts = StoredTable(reader.prompts(run: runID))
        works = StoredTable(reader.works(run: runID))
    }

    mutating func meet(_ row: ClientRow) -> Meeting { meet(row, \.clients) }
    mutating func meet(_ row: LabelCountRow) -> Meeting { meet(row, \.labelCounts) }
    mutating func meet(_ row: TransferRow) -> Meeting { meet(row, \.transfers) }
    mutating func meet(_ row: MetricRow) -> Meeting { meet(row, \.metrics) }
    mutating func meet(_ row: PromptRow) -> Meeting { meet(row, \.prompts) }
    mutating func meet(_ row: WorkRow) -> Meeting { meet(row, \.works) }

    mutating func meet(_ row: EventRow) -> Meeting {
        let meeting = meet(row, \.events)
        guard meeting == .met else { return meeting }
        if context.count == 3 { context.removeFirst() }
        context.append(row)
        return meeting
    }

    private mutating func meet<Row: LoggedRow>(
        _ row: Row, _ table: WritableKeyPath<StoredRows, StoredTable<Row>>
    ) -> Meeting {
        guard divergence == nil, failure == nil else { return .differs }
        do {
            let stored = try self[keyPath: table].next()
            if stored == nil, mayContinue { return .new }
            guard let stored, stored.canonicalBytes == row.canonicalBytes else {
                note(
                    table: Row.table, stored: stored?.line, recorded: row.line,
                    at: self[keyPath: table].count)
                return .differs
            }
            metRows += 1
            return .met
        } catch {
            failure = RunLogError(error, path: path)
            return .differs
        }
    }

    /// Notes a row that the file has and that was not recorded, where there is one.
    mutating func close() {
        guard divergence == nil, failure == nil else { return }
        do {
            try closeTable(\.events)
            try closeTable(\.clients)
            try closeTable(\.labelCounts)
            try closeTable(\.transfers)
            try closeTable(\.metrics)
            try closeTable(\.prompts)
            try closeTable(\.works)
        } catch {
            failure = RunLogError(error, path: path)
        }
    }

    private mutating func closeTable<Row: LoggedRow>(
        _ table: WritableKeyPath<StoredRows, StoredTable<Row>>
    ) throws {
        guard divergence == nil, let left = try self[keyPath: table].next() else { return }
        note(table: Row.table, stored: left.line, recorded: nil, at: self[keyPath: table].count)
    }

    private mutating func note(table: LoggedTable, stored: String?, recorded: String?, at position: Int) {
        divergence = RowDivergence(
            table: table.rawValue, index: stored == nil ? position : position - 1, stored: stored,
            recorded: recorded, context: context.map(\.line))
    }
}

/// The rows of one table, until they are used up for good: what is added behind them later is not theirs.
private struct StoredTable<Row: LoggedRow>: Sendable {
    private var rows: RunRows<Row>
    private var isUsedUp = false
    /// How many rows were taken.
    private(set) var count = 0

    init(_ rows: RunRows<Row>) {
        self.rows = rows
    }

    mutating func next() throws -> Row? {
        guard !isUsedUp else { return nil }
        guard let row = try rows.next() else {
            isUsedUp = true
            return nil
        }
        count += 1
        return row
    }
}
