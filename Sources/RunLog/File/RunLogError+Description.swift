import Core

extension RunLogError: CustomStringConvertible {
    /// One line: what happened, to which file, and what to do or what is allowed.
    public var description: String {
        switch self {
        case .cannotCreate(let path, let reason):
            "\(path): cannot create the run log: \(reason)"
        case .cannotOpen(let path, let reason):
            "\(path): cannot open the run log: \(reason)"
        case .notADatabase(let path, let content):
            "\(path): \(content ?? "not an SQLite database"); a run log is a file that "
                + "'fgl-sim run' wrote"
        case .unbegun(let path):
            "\(path): it holds no run: it is empty, or the process that made it ended before its first run"
        case .foreignDatabase(let path, let applicationID):
            "\(path): an SQLite database of another program (application_id \(applicationID), "
                + "a run log has \(RunLogSchema.applicationID)); it was left untouched"
        case .futureSchema(let path, let migrations):
            "\(path): written by a later version of fgl-sim (unknown migrations: "
                + "\(migrations.joined(separator: ", "))); use that version"
        case .locked(let path, let processID):
            "\(path): another fgl-sim process\(processID.map { " (\($0))" } ?? "") is writing "
                + "to this run log; wait for it or choose another --output"
        case .busy(let path):
            "\(path): another program holds a write transaction on this run log; end it and try again"
        case .diskFull(let path):
            "\(path): no space left on the disk; what was committed before is still in the file"
        case .readOnly(let path):
            "\(path): the run log can be read but not written; check permissions or choose another --output"
        case .corrupt(let path, let detail):
            "\(path): the run log is damaged (\(detail)); 'sqlite3 FILE .recover' may save its rows"
        case .alteredSchema(let path, let finding):
            "\(path): altered by another program: \(TerminalText.line(finding, limit: 200)); only tables and "
                + "views as fgl-sim makes them are read"
        case .badCell(let path, let cell):
            "\(path): table \(cell.table), \(TerminalText.line(cell.row, limit: 200)): \(cell.column) is "
                + "\(TerminalText.line(cell.value)); allowed are \(cell.allowed)"
        case .tooSlow(let path, let seconds):
            "\(path): a query took longer than \(seconds) s; FGL_QUERY_SECONDS=\(10 * seconds) allows more"
        case .cannotLock(let path, let reason):
            "\(path): the file system does not lock it (\(reason)); a run log needs a file system with "
                + "locks, such as a local disk"
        case .writeFailed(let path, let detail):
            "\(path): writing the run log failed: \(detail); what was committed before is still in the file"
        case .readFailed(let path, let detail):
            "\(path): reading the run log failed: \(detail)"
        case .noSuchRun(let path, let runID):
            "\(path): no run \(runID); 'select run_id, name, method from run' lists the runs of a file"
        case .diverged(let path, let runID, let divergence):
            "\(path): run \(runID) diverges from its log: \(divergence)"
        case .inconsistent(let runID, let record):
            "run \(runID): bug: \(record)"
        case .rejected(let path, let detail):
            "\(path): bug: the run log refused a statement: \(detail)"
        }
    }
}

extension RowDivergence: CustomStringConvertible {
    /// Where, and both sides, on lines of their own.
    public var description: String {
        let before = context.map { "\n  both      \($0)" }.joined()
        return "row \(index) of \(table)\(before)\n  log       \(stored ?? "no more rows")"
            + "\n  re-enacted \(recorded ?? "no more rows")"
    }
}

extension InconsistentRecord: CustomStringConvertible {
    /// The contradiction with its values, in one line.
    public var description: String {
        switch self {
        case .timeDecreased(let kind, let from, let to):
            "event '\(kind)' at \(to) was recorded after an event at \(from)"
        case .impossibleInterval(let what, let start, let end):
            "\(what) from \(start) to \(end) is not an interval of virtual time"
        case .impossibleBytes(let moved, let message, let status):
            "a transfer moved \(moved) bytes of a message of \(message) bytes "
                + "with status '\(status.rawValue)'"
        case .bytesDiffer(let direction, let messages, let transfers):
            "\(messages) bytes of messages were sent \(direction.rawValue), "
                + "but transfers account for \(transfers) bytes"
        case .timelessWork(let kind, let flops, let start, let end):
            "'\(kind)' of \(flops) FLOPs took from \(start) to \(end)"
        }
    }
}
