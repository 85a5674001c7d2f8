import Foundation
import GRDB
import RunLog
import Simulator
import Testing

@Suite("Reading a run's rows back")
struct RunRowsTests {
    let folder: RunLogFolder
    let log: RunLog

    init() throws {
        folder = try RunLogFolder()
        log = try RunLog(path: folder.path())
    }

    @Test("Every row of every table comes back as it was recorded", arguments: 0..<12)
    func roundTrip(seed: UInt64) throws {
        let random = RandomLog(seed: seed, count: 300)
        // Another run is open at the same time: its rows lie between ours in the tables with a rowid.
        let other = try log.begin(.sample(seed: 1))
        let recorder = try log.begin(.sample(seed: seed))
        for (number, entry) in random.entries.enumerated() {
            entry.record(on: recorder)
            entry.record(on: other)
            if number % 37 == 0 { try recorder.flush() }
            if number % 41 == 0 { try other.flush() }
        }
        let hash = try recorder.finish(.finished, at: random.end)
        let expected = random.entries.enumerated().sorted {
            ($0.element.table, $0.offset) < ($1.element.table, $1.offset)
        }.map(\.element)
        #expect(try log.reader.entries(run: recorder.runID) == expected)
        #expect(try log.reader.recomputedHash(run: recorder.runID) == hash)
    }

    @Test(
        "Rows and positions beyond one page come in order, each once",
        arguments: [0, 1, 1023, 1024, 1025, 5000])
    func pages(count: Int) throws {
        let recorder = try log.begin(.sample())
        recorder.client(ClientRow(client: 0, samples: 1))
        for number in 0..<count {
            recorder.event(at: .seconds(Double(number)), kind: "tick", bytes: number)
            recorder.metric(at: .start, split: "test", name: "loss", value: Double(number))
            recorder.prompt(client: 0, label: number, text: "star")
            recorder.work(kind: "train", key: "\(number)")
        }
        try recorder.flush()
        let reader = log.reader
        #expect(try all(reader.events(run: recorder.runID)).map(\.bytes) == Array(0..<count))
        #expect(try all(reader.metrics(run: recorder.runID)).map(\.value) == (0..<count).map(Double.init))
        #expect(try all(reader.prompts(run: recorder.runID)).map(\.label) == Array(0..<count))
        let works = try all(reader.works(run: recorder.runID))
        #expect(works.map(\.work) == Array(0..<count))
        #expect(works.map(\.key) == (0..<count).map { "\($0)" })
    }

    @Test("Instants come back to the nanosecond, also where a product with 10⁹ lies halfway between two")
    func instants() throws {
        let recorder = try log.begin(.sample())
        var random = SystemRandomNumberGenerator()
        // From 48.5 to 97 days doubles of seconds are 0.93 ns apart: each nanosecond still has its own.
        let critical: Int64 = 4_194_304_000_000_000
        let drawn = (0..<4000).map { number in
            Int64.random(in: (number % 2 == 0 ? critical : 0)...2 * critical - 1, using: &random)
        }
        let instants = ([4_218_073_677_875_836] + drawn).sorted().map { SimInstant(nanoseconds: $0) }
        for instant in instants { recorder.event(at: instant, kind: "tick") }
        try recorder.flush()
        #expect(try all(log.reader.events(run: recorder.runID)).map(\.instant) == instants)
    }

    @Test("The rows of a run that goes on can be followed")
    func following() throws {
        let recorder = try log.begin(.sample())
        var rows = log.reader.events(run: recorder.runID)
        #expect(try rows.next() == nil)
        for round in 1...3 {
            recorder.event(at: .seconds(Double(round)), kind: "round-start", round: round)
            try recorder.flush()
            #expect(try rows.next()?.round == round)
            #expect(try rows.next() == nil)
        }
    }

    @Test("A run that the file does not have has no rows")
    func noSuchRun() throws {
        try log.begin(.sample()).finish(.finished, at: .start)
        #expect(try all(log.reader.clients(run: 2)).isEmpty)
        #expect(try log.reader.entries(run: 2).isEmpty)
    }

    @Test("Not-a-number comes back as such where it was measured, and as nothing where it was no figure")
    func notANumber() throws {
        let recorder = try log.begin(.sample())
        recorder.client(ClientRow(client: 0, samples: 0, latencySeconds: .nan))
        recorder.metric(at: .start, split: "test", name: "loss", value: .nan)
        recorder.metric(at: .start, split: "test", name: "loss", value: -.infinity)
        recorder.work(kind: "train", key: "", flops: .nan, wallSeconds: 0.125)
        try recorder.flush()
        #expect(try all(log.reader.clients(run: 1)).map(\.latencySeconds) == [nil])
        let values = try all(log.reader.metrics(run: 1)).map(\.value)
        #expect(values[0].isNaN && values[1] == -.infinity)
        let work = try #require(try all(log.reader.works(run: 1)).first)
        #expect(work.flops == nil && work.wallSeconds == 0.125)
    }

    @Test("A text with U+0000 is stored, read and hashed whole, also in the run's own row")
    func zeroCharacter() throws {
        let text = "a\0b"
        let recorder = try log.begin(
            RunDescription(
                name: text, method: "fedavg", seed: 1, clients: 1, scenario: "name: \(text)\n",
                build: "test"))
        recorder.client(ClientRow(client: 0, domain: text, samples: 1))
        recorder.event(at: .start, kind: EventKind(rawValue: text))
        recorder.prompt(client: 0, label: 0, text: text)
        let hash = try recorder.finish(.finished, at: .start)
        #expect(try log.reader.recomputedHash(run: 1) == hash)
        let run = try log.reader.run(1)
        #expect(run.name == text)
        #expect(run.scenario == "name: \(text)\n")
        #expect(try log.reader.comparison().map(\.name) == [text])
        #expect(try all(log.reader.clients(run: 1)).map(\.domain) == [text])
        #expect(try all(log.reader.events(run: 1)).map(\.kind) == [text])
        let prompt = try #require(try all(log.reader.prompts(run: 1)).first)
        #expect(prompt.text == text && prompt.bytes == 3)
        try onDatabase(folder.path()) {
            try $0.execute(sql: "UPDATE prompt SET text = 'a' || char(0) || 'c'")
        }
        #expect(try log.reader.recomputedHash(run: 1) != hash)
    }

    @Test(
        "A value that a column cannot have is damage, not a trap",
        arguments: [
            ("event", "t", "9e18", "t is 9.0e+18; allowed are numbers from 0.0"),
            ("event", "t", "-9e999", "t is -Inf; allowed are numbers from 0.0"),
            ("event", "kind", "x'6162'", "kind is X'6162'; allowed are texts"),
            ("event", "kind", "NULL", "kind is NULL; allowed are texts"),
            ("event", "round", "'one'", "round is 'one'; allowed are NULL and whole numbers"),
            ("metric", "value", "'much'", "value is 'much'; allowed are NULL and numbers"),
            ("transfer", "status", "'perhaps'", "status is 'perhaps'"),
            ("run", "seed", "0.5", "seed is 0.5; allowed are whole numbers"),
        ])
    func impossibleValues(table: String, column: String, value: String, sentence: String) throws {
        let recorder = try log.begin(.sample())
        recorder.recordSample()
        try recorder.finish(.finished, at: .seconds(2))
        try log.close()
        // What a damaged file may hold, made by taking the rules out of the schema.
        try onDatabase(folder.path()) { database in
            try database.execute(sql: "PRAGMA writable_schema = ON; PRAGMA ignore_check_constraints = ON")
            try database.execute(
                sql: """
                    UPDATE sqlite_schema SET sql = replace(replace(replace(replace(replace(
                        sql, ') STRICT, WITHOUT', ') WITHOUT'), ') STRICT', ')'), ' NOT NULL', ''),
                        ' ' || ? || ' INTEGER', ' ' || ? || ' BLOB'),
                        ' ' || ? || ' REAL', ' ' || ? || ' BLOB')
                    WHERE type = 'table' AND name = ?
                    """, arguments: [column, column, column, column, table])
        }
        try onDatabase(folder.path()) { database in
            try database.execute(sql: "PRAGMA ignore_check_constraints = ON")
            try database.execute(sql: "UPDATE \(table) SET \(column) = \(value)")
        }
        let reader = try RunLogReader(path: folder.path())
        let error = #expect(throws: RunLogError.self) {
            _ = try reader.run(1)
            _ = try reader.entries(run: 1)
        }
        #expect(error?.exitCode == 65 && "\(error!)".contains(sentence), "\(error!)")
    }

    @Test("A table that is missing is damage")
    func missingTable() throws {
        try log.begin(.sample()).finish(.finished, at: .start)
        try log.close()
        try onDatabase(folder.path()) { try $0.execute(sql: "DROP TABLE prompt") }
        let expected = RunLogError.alteredSchema(path: folder.path(), finding: "table 'prompt' is missing")
        #expect(throws: expected) { try RunLogReader(path: folder.path()) }
    }
}
