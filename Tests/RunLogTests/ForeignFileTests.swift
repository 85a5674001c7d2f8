import Foundation
import GRDB
import RunLog
import Simulator
import TestSupport
import Testing

/// Results files that other programs have altered.
@Suite("Foreign results files")
struct ForeignFileTests {
    let folder: RunLogFolder
    private let path: String

    init() throws {
        folder = try RunLogFolder()
        path = folder.path()
        let log = try RunLog(path: path)
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        try recorder.finish(.finished, at: .seconds(2))
        try log.close()
    }

    private func alter(_ sql: String) throws {
        try onDatabase(path) { database in
            try database.execute(sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
            try database.execute(sql: sql)
        }
    }

    private static let endless =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS run_id FROM n"

    @Test("Views of the file that never end are not used", .endsAtAll)
    func endlessViews() throws {
        for view in ["comparison", "accuracy", "communication", "run_variant", "run_group", "run_setting"] {
            try alter("DROP VIEW \(view); CREATE VIEW \(view) AS \(Self.endless)")
        }
        let reader = try RunLogReader(path: path)
        #expect(try reader.comparison().map(\.finalAccuracy) == [0])
        #expect(try reader.accuracy(run: 1).count == 1 && reader.communication(run: 1).count == 1)
        #expect(try reader.query("SELECT seeds FROM run_group").rows == [[.integer(1)]])
    }

    @Test(
        "A table that is none is refused with its name, for reading and for writing",
        arguments: [
            ("ALTER TABLE event RENAME TO e; CREATE VIEW event AS \(endless)", "'event' is a view"),
            (
                "DROP TABLE metric; CREATE VIRTUAL TABLE metric USING fts5(run_id, t, round)",
                "'metric' is a virtual table"
            ),
            ("DROP VIEW comparison; CREATE TABLE comparison (a)", "'comparison' is a table"),
            ("DROP TABLE prompt", "'prompt' is missing"),
            (
                "DROP VIEW comparison; DROP VIEW run_group; ALTER TABLE work RENAME COLUMN flops TO f",
                "no column 'flops'"
            ),
            (
                "ALTER TABLE client ADD COLUMN x TEXT AS (hex(zeroblob(1000)))",
                "'client' has a computed column"
            ),
            ("ALTER TABLE metric ADD COLUMN rowid TEXT", "'metric' has a column 'rowid'"),
            (
                "ALTER TABLE grdb_migrations RENAME TO g; CREATE VIEW grdb_migrations AS SELECT * FROM g",
                "'grdb_migrations' is no table"
            ),
        ])
    func altered(sql: String, words: String) throws {
        try alter(sql)
        for open in [{ _ = try RunLogReader(path: $0) }, { _ = try RunLog(path: $0) }]
            as [(String) throws -> Void]
        {
            let error = #expect(throws: RunLogError.self) { try open(path) }
            #expect(error?.exitCode == 65 && "\(error!)".contains(words), "\(error!)")
        }
    }

    @Test("A trigger does not keep a file from being read, but from being written to")
    func trigger() throws {
        try alter("CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM run; END")
        #expect(try RunLogReader(path: path).runs().count == 1)
        let error = #expect(throws: RunLogError.self) { try RunLog(path: path) }
        #expect("\(error!)".contains("trigger 't'"))
    }

    @Test("A mean of accuracies that rounds to more than 1, and the end of virtual time, are no bad cells")
    func edges() throws {
        try alter(
            "UPDATE metric SET value = 1.0000000000000002 WHERE name = 'accuracy'; "
                + "UPDATE event SET t = 9223372036.8547758 WHERE seq = 0")
        let reader = try RunLogReader(path: path)
        #expect(try reader.comparison().count == 1)
        #expect(
            try reader.query("SELECT max(t) FROM event").rows == [[.real(SimInstant.distantFuture.seconds)]])
    }

    @Test("Tables, views and columns that users have added do no harm")
    func additions() throws {
        try alter(
            "CREATE TABLE note (a); CREATE VIEW mine AS \(Self.endless); ALTER TABLE run ADD COLUMN comment "
                + "TEXT"
        )
        #expect(try RunLogReader(path: path).comparison().count == 1)
        try RunLog(path: path).close()
    }

    @Test(
        "A cell that no run log holds is told with table, row, column, value and what is allowed",
        arguments: [
            (
                "UPDATE metric SET value = 2 WHERE name = 'accuracy'",
                "table metric, run_id 1, rowid 1: value is 2.0; allowed are fractions"
            ),
            ("UPDATE metric SET value = -1 WHERE name = 'accuracy'", "value is -1.0; allowed are fractions"),
            (
                "UPDATE metric SET t = 1e300",
                "t is 1.0e+300; allowed are numbers from 0.0 to 9223372036.854776"
            ),
            ("UPDATE metric SET t = 9e999", "t is Inf"), ("UPDATE metric SET t = -1", "t is -1.0"),
            (
                "UPDATE metric SET round = 9223372036854775807",
                "round is 9223372036854775807; allowed are NULL and whole numbers from 0 to 1000000000"
            ),
            (
                "UPDATE transfer SET bytes = 9223372036854775807",
                "table transfer, run_id 1, transfer_id 0: bytes is 9223372036854775807"
            ),
            ("UPDATE transfer SET t_start = 1, t_end = 0", "t_end is 0.0; allowed are times from t_start on"),
            ("UPDATE event SET round = -3", "table event, run_id 1, seq 0: round is -3"),
            ("UPDATE event SET bytes = -1", "bytes is -1"),
            ("UPDATE run SET clients = -9", "table run, run_id 1: clients is -9"),
            ("UPDATE run SET virtual_s = 1e99", "virtual_s is 1.0e+99"),
            ("UPDATE run SET wall_s = -9e999", "wall_s is -Inf"),
            ("UPDATE client SET slowdown = -1", "slowdown is -1.0; allowed are NULL and numbers from 0.0"),
            ("UPDATE label_count SET samples = 1 << 60", "samples is 1152921504606846976"),
            ("UPDATE label_count SET label = -1", "label is -1"),
            ("UPDATE work SET flops = 9e999", "flops is Inf"),
            ("UPDATE prompt SET bytes = -5", "bytes is -5"),
            (
                "UPDATE run SET name = replace(hex(zeroblob(600000)), '0', 'x')",
                "allowed are texts of at most 1048576 characters"
            ),
        ])
    func badCells(sql: String, words: String) throws {
        try alter(sql)
        let reader = try RunLogReader(path: path)
        let error = #expect(throws: RunLogError.self) {
            for table in ["run", "client", "label_count", "event", "transfer", "metric", "prompt", "work"] {
                _ = try reader.query("SELECT count(*) FROM \(table)")
            }
        }
        #expect(
            error?.exitCode == 65 && "\(error!)".hasPrefix(path) && "\(error!)".contains(words), "\(error!)")
        #expect("\(error!)".count < 600)
    }

    @Test(
        "Cells are checked whatever the case and the quotes that a query names their table with",
        arguments: [
            "SELECT * FROM Event", "select * from EVENT", #"SELECT * FROM "eVeNt""#, "SELECT * FROM [Event]",
            "SELECT * FROM main.Event",
        ])
    func caseOfNames(query: String) throws {
        try alter("UPDATE event SET bytes = -1")
        let error = #expect(throws: RunLogError.self) { try RunLogReader(path: path).query(query) }
        #expect("\(error!)".contains("table event, run_id 1, seq 0: bytes is -1"), "\(error!)")
    }

    @Test(
        "A view stands for all tables that it is made of, other views' among them",
        arguments: [
            ("communication", "run transfer"), ("accuracy", "metric transfer"), ("participants", "metric"),
            ("comparison", "input metric run run_identity run_input run_rules setting transfer"),
            ("run_group", "input metric run run_identity run_input run_rules setting transfer"),
            ("run_variant", "input run run_identity run_input run_rules setting"),
            ("run_setting", "run run_identity setting"),
            ("COMPARISON", "input metric run run_identity run_input run_rules setting transfer"),
            ("note", ""),
        ])
    func tablesOfViews(view: String, tables: String) {
        #expect(CellCheck.tablesRead(by: "SELECT * FROM \(view)").sorted().joined(separator: " ") == tables)
    }

    @Test("Control characters of a cell are not printed")
    func controlCharacters() throws {
        try alter(
            "UPDATE work SET flops = NULL; UPDATE metric SET round = -1, split = char(27) || ']0;x' || "
                + "char(7)"
        )
        let error = #expect(throws: RunLogError.self) {
            try RunLogReader(path: path).query("SELECT * FROM metric")
        }
        #expect("\(error!)".unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 })
    }

    @Test("Bytes beyond 64 bits in all are refused")
    func overflow() throws {
        try alter("UPDATE transfer SET bytes = 1 << 53")
        try alter(
            """
            INSERT INTO transfer SELECT 1, i, 1, 0, 'up', 'w', 1 << 53, 0, 1, 'complete'
            FROM (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) SELECT i \
            FROM n)
            """)
        let error = #expect(throws: RunLogError.self) { try RunLogReader(path: path).comparison() }
        #expect("\(error!)".contains("4e18 bytes in all"), "\(error!)")
    }

    @Test("A query that does not end is ended", .endsAtAll)
    func deadline() async {
        await #expect(processExitsWith: .success) {
            setenv("FGL_QUERY_SECONDS", "0.3", 1)
            let folder = try RunLogFolder()
            try RunLog(path: folder.path()).close()
            let error = #expect(throws: RunLogError.self) {
                try RunLogReader(path: folder.path()).query(
                    "SELECT max(run_id) FROM (\(ForeignFileTests.endless))")
            }
            exit(error?.exitCode == 74 && "\(error!)".contains("FGL_QUERY_SECONDS=") ? 0 : 1)
        }
    }

    @Test("A named pipe, a folder, a device or a loop of links is no results file", .endsAtAll)
    func specialFiles() throws {
        let pipe = folder.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        try FileManager.default.createSymbolicLink(atPath: folder.path("loop"), withDestinationPath: "loop")
        for path in [pipe, folder.path("loop"), folder.url.path, "/dev/zero", "/proc/self/status"] {
            let error = #expect(throws: RunLogError.self) { try RunLogReader(path: path) }
            #expect([65, 74].contains(error?.exitCode), "\(path): \(error!)")
        }
        for suffix in ["-journal", "-wal", "-shm"] {
            #expect(mkfifo(path + suffix, 0o600) == 0)
            let error = #expect(throws: RunLogError.self) { try RunLogReader(path: path) }
            #expect("\(error!)".contains("\(suffix) is not a regular file"))
            unlink(path + suffix)
        }
    }

    @Test(
        "A file system that refuses locks is told as such",
        arguments: [
            (ResultCode.SQLITE_IOERR_LOCK, "disk I/O error"), (.SQLITE_IOERR_SHMLOCK, "disk I/O error"),
            (.SQLITE_IOERR_RDLOCK, "disk I/O error"), (.SQLITE_PROTOCOL, "locking protocol"),
            (.SQLITE_ERROR, "could not activate WAL Mode at path: x"),
        ])
    func locks(code: ResultCode, message: String) {
        let error = RunLogError(DatabaseError(resultCode: code, message: message), path: "x")
        #expect(error == .cannotLock(path: "x", reason: message) && error.exitCode == 73)
        #expect("\(error)".contains("the file system does not lock it"))
    }
}
