import GRDB
import RunLog
import Testing

@Suite("The words and exit codes of run-log errors")
struct RunLogErrorTests {
    @Test(
        "Every error is one line that names the file, what is wrong and what is allowed",
        arguments: [
            (
                RunLogError.cannotCreate(path: "a.sqlite", reason: "Permission denied"), 73,
                "a.sqlite: cannot create the run log: Permission denied"
            ),
            (
                .cannotOpen(path: "a.sqlite", reason: "No such file or directory"), 74,
                "a.sqlite: cannot open the run log: No such file or directory"
            ),
            (
                .notADatabase(path: "a.yaml"), 65,
                "a.yaml: not an SQLite database; a run log is a file that 'fgl-sim run' wrote"
            ),
            (
                .notADatabase(path: "a.gz", content: "a gzip file; unpack it"), 65,
                "a.gz: a gzip file; unpack it; a run log is a file that 'fgl-sim run' wrote"
            ),
            (
                .foreignDatabase(path: "a.sqlite", applicationID: 5), 65,
                "a.sqlite: an SQLite database of another program (application_id 5, "
                    + "a run log has 1179077747); it was left untouched"
            ),
            (
                .futureSchema(path: "a.sqlite", migrations: ["v8", "v9"]), 65,
                "a.sqlite: written by a later version of fgl-sim "
                    + "(unknown migrations: v8, v9); use that version"
            ),
            (
                .locked(path: "a.sqlite", processID: 12), 73,
                "a.sqlite: another fgl-sim process (12) is writing to this run log; "
                    + "wait for it or choose another --output"
            ),
            (
                .locked(path: "a.sqlite", processID: nil), 73,
                "a.sqlite: another fgl-sim process is writing to this run log; "
                    + "wait for it or choose another --output"
            ),
            (
                .busy(path: "a.sqlite"), 73,
                "a.sqlite: another program holds a write transaction on this run log; end it and try again"
            ),
            (
                .diskFull(path: "a.sqlite"), 73,
                "a.sqlite: no space left on the disk; what was committed before is still in the file"
            ),
            (
                .readOnly(path: "a.sqlite"), 73,
                "a.sqlite: the run log can be read but not written; "
                    + "check permissions or choose another --output"
            ),
            (
                .corrupt(path: "a.sqlite", detail: "database disk image is malformed"), 65,
                "a.sqlite: the run log is damaged (database disk image is malformed); "
                    + "'sqlite3 FILE .recover' may save its rows"
            ),
            (
                .writeFailed(path: "a.sqlite", detail: "disk I/O error"), 73,
                "a.sqlite: writing the run log failed: disk I/O error; "
                    + "what was committed before is still in the file"
            ),
            (
                .readFailed(path: "a.sqlite", detail: "disk I/O error"), 74,
                "a.sqlite: reading the run log failed: disk I/O error"
            ),
            (
                .noSuchRun(path: "a.sqlite", runID: 4), 64,
                "a.sqlite: no run 4; 'select run_id, name, method from run' lists the runs of a file"
            ),
            (
                .rejected(path: "a.sqlite", detail: "CHECK constraint failed"), 70,
                "a.sqlite: bug: the run log refused a statement: CHECK constraint failed"
            ),
            (
                .inconsistent(runID: 2, .bytesDiffer(direction: .up, messages: 9, transfers: 8)), 70,
                "run 2: bug: 9 bytes of messages were sent up, but transfers account for 8 bytes"
            ),
        ] as [(RunLogError, Int32, String)])
    func sentences(error: RunLogError, exitCode: Int32, sentence: String) {
        #expect(error.description == sentence)
        #expect(error.exitCode == exitCode)
    }

    @Test(
        "A contradiction is told with its values",
        arguments: [
            (
                .timeDecreased(kind: "round-end", from: .seconds(2), to: .seconds(1.5)),
                "event 'round-end' at 1.5 s was recorded after an event at 2 s"
            ),
            (
                .impossibleInterval(what: "transfer of weights", start: .seconds(2), end: .seconds(1)),
                "transfer of weights from 2 s to 1 s is not an interval of virtual time"
            ),
            (
                .impossibleBytes(moved: 11, message: 10, status: .lost),
                "a transfer moved 11 bytes of a message of 10 bytes with status 'lost'"
            ),
        ] as [(InconsistentRecord, String)])
    func contradictions(record: InconsistentRecord, sentence: String) {
        #expect(record.description == sentence)
    }

    @Test(
        "SQLite's result codes become the errors that a user can act on",
        arguments: [
            (.SQLITE_FULL, .diskFull(path: "a")),
            (.SQLITE_READONLY, .readOnly(path: "a")),
            (.SQLITE_READONLY_DBMOVED, .readOnly(path: "a")),
            (.SQLITE_NOTADB, .notADatabase(path: "a")),
            (.SQLITE_CORRUPT_INDEX, .corrupt(path: "a", detail: "m")),
            (.SQLITE_BUSY_SNAPSHOT, .busy(path: "a")),
            (.SQLITE_CANTOPEN, .cannotOpen(path: "a", reason: "m")),
            (.SQLITE_IOERR_WRITE, .writeFailed(path: "a", detail: "m")),
            (.SQLITE_IOERR_READ, .readFailed(path: "a", detail: "m")),
            (.SQLITE_CONSTRAINT_CHECK, .rejected(path: "a", detail: "m, in s")),
        ] as [(ResultCode, RunLogError)])
    func resultCodes(code: ResultCode, expected: RunLogError) {
        #expect(RunLogError(DatabaseError(resultCode: code, message: "m", sql: "s"), path: "a") == expected)
    }
}
