import Foundation
import GRDB
import RunLog
import Testing

/// Which runs are seeds of one another.
@Suite("Identity of runs")
struct RunIdentityTests {
    let folder: RunLogFolder

    init() throws { folder = try RunLogFolder() }

    private static func scenario(_ seed: Int, rounds: Int = 2, uplink: String = "20Mbps") -> String {
        """
        name: x
        seed: \(seed)
        methods: [fedavg]
        training:
          rounds: \(rounds)
        network:
          client:
            uplink: \(uplink)

        """
    }

    /// Adds a run that ends with an accuracy.
    @discardableResult
    private func add(
        _ log: RunLog, seed: Int, accuracy: Double, scenario: String? = nil, method: String = "fedavg",
        inputs: [RunInput] = [], origin: RunOrigin? = nil, outcome: RunOutcome = .finished,
        rules: Int? = nil
    ) throws -> Int64 {
        let recorder = try log.begin(
            RunDescription(
                name: "x", method: method, seed: UInt64(seed), clients: 1,
                scenario: scenario ?? Self.scenario(seed), build: "", rules: rules),
            inputs: inputs, origin: origin)
        recorder.client(ClientRow(client: 0, samples: 1))
        recorder.metric(at: .seconds(1), round: 1, split: "test", name: "accuracy", value: accuracy)
        try recorder.finish(outcome, at: .seconds(1))
        return recorder.runID
    }

    /// Two seeds, the first once more, other settings with two seeds, a what-if, two imports, a failed run.
    private func file() throws -> String {
        let log = try RunLog(path: folder.path())
        try add(log, seed: 1, accuracy: 0.25)
        try add(log, seed: 2, accuracy: 0.75)
        try add(log, seed: 1, accuracy: 0.25)
        try add(log, seed: 1, accuracy: 0.5, scenario: Self.scenario(1, rounds: 3))
        try add(log, seed: 2, accuracy: 0.5, scenario: Self.scenario(2, rounds: 3))
        try add(
            log, seed: 1, accuracy: 1, scenario: Self.scenario(1, uplink: "1Mbps"),
            origin: RunOrigin(parent: 1, changes: ["network.client.uplink=1Mbps"]))
        for hash in ["a", "b"] {
            try add(
                log, seed: 1, accuracy: 0,
                inputs: [RunInput(kind: .outcomes, settings: "", sha256: hash, facts: "{}")])
        }
        try add(log, seed: 3, accuracy: 0, outcome: .failed(reason: "x"))
        try add(log, seed: 1, accuracy: 0, outcome: .failed(reason: "x"))
        try log.close()
        return folder.path()
    }

    private static let variants = [
        "", "", "", "training.rounds=3", "training.rounds=3", "what-if: network.client.uplink=1Mbps",
        "imported", "imported, inputs 2", "", "",
    ]

    private func checkVariants(_ path: String) throws {
        let rows = try RunLogReader(path: path).comparison()
        #expect(rows.map(\.variant) == Self.variants)
        #expect(rows.map(\.repeats) == [nil, nil, 1, nil, nil, nil, nil, nil, nil, 1])
        #expect(rows[5].origin == "what-if" && rows[6].origin == "import" && rows[0].origin == "run")
        let groups = try RunLogReader(path: path).query(
            "SELECT variant, seeds, unfinished, final_accuracy, final_accuracy_sd FROM run_group"
        ).rows
        #expect(groups[0] == [.text(""), .integer(2), .integer(1), .real(0.5), .real(0.125.squareRoot())])
        #expect(groups[1] == [.text("training.rounds=3"), .integer(2), .integer(0), .real(0.5), .real(0)])
        #expect(groups.dropFirst(2).allSatisfy { $0[1] == .integer(1) && $0[4] == .null })
    }

    @Test("Seeds are averaged; what-ifs, imports, other settings and the same run again are not")
    func variants() throws {
        try checkVariants(file())
    }

    @Test("A file of version 0.1 is grouped in the same way, read as it is and after it was written to")
    func earlierVersion() throws {
        let path = try file()
        try onDatabase(path) { database in
            for view in [
                "run_group", "comparison", "run_variant", "run_setting", "participants", "energy",
            ] {
                try database.execute(sql: "DROP VIEW \(view)")
            }
            try database.execute(
                sql: """
                    DROP TABLE run_identity; DROP TABLE setting; DROP TABLE run_rules;
                    DROP TABLE identity_version; DROP TABLE worker;
                    ALTER TABLE work DROP COLUMN worker; ALTER TABLE work DROP COLUMN attempts;
                    ALTER TABLE work DROP COLUMN began_s; ALTER TABLE work DROP COLUMN waited_s;
                    CREATE VIEW comparison AS SELECT run_id, name FROM run;
                    DELETE FROM grdb_migrations WHERE identifier NOT LIKE 'v1 %'
                        AND identifier NOT LIKE 'v2 %' AND identifier NOT LIKE 'v3 %'
                        AND identifier NOT LIKE 'v4 %';
                    PRAGMA wal_checkpoint(TRUNCATE)
                    """)
        }
        let content = try fileContent(path)
        try checkVariants(path)
        #expect(try fileContent(path) == content, "a reader changes nothing")
        try RunLog(path: path).close()
        try checkVariants(path)
        #expect(try column("SELECT variant FROM comparison", of: path) == Self.variants)
    }

    @Test(
        "Runs by the rules of version 0.1 are neither averaged with those by later ones nor found as the same"
    )
    func rules() throws {
        let log = try RunLog(path: folder.path())
        let rounds = Self.scenario(1, rounds: 3)
        let old = try add(log, seed: 1, accuracy: 0.25)
        let new = try add(log, seed: 1, accuracy: 0.5, rules: 2)
        try add(log, seed: 2, accuracy: 1, rules: 2)
        try add(log, seed: 1, accuracy: 1, scenario: rounds)
        func found(_ rules: Int?) throws -> Int64? {
            try log.reader.storedRuns().completed[
                RunKey(
                    RunDescription(
                        name: "x", method: "fedavg", seed: 1, clients: 1, scenario: Self.scenario(1),
                        build: "", rules: rules), inputs: [], origin: .run)]
        }
        #expect(try found(nil) == old && found(2) == new && found(3) == nil)
        try log.close()
        let rows = try RunLogReader(path: folder.path()).comparison()
        #expect(
            rows.map(\.variant) == [
                "rules of version 0.1", "", "", "training.rounds=3, rules of version 0.1",
            ])
        #expect(rows.allSatisfy { $0.repeats == nil })
        let groups = try RunLogReader(path: folder.path()).query(
            "SELECT seeds, final_accuracy FROM run_group")
        #expect(
            groups.rows == [
                [.integer(1), .real(0.25)], [.integer(2), .real(0.75)], [.integer(1), .real(1)],
            ])
    }

    @Test("Seeds of runs on other data are a variant of their own, whichever seeds they are")
    func otherData() throws {
        let log = try RunLog(path: folder.path())
        let inputs = ["a", "b"].map { [RunInput(kind: .images, settings: "", sha256: $0, facts: "{}")] }
        try add(log, seed: 1, accuracy: 0, inputs: inputs[0])
        try add(log, seed: 2, accuracy: 0, inputs: inputs[1])
        try add(log, seed: 3, accuracy: 0, inputs: inputs[0])
        try add(log, seed: 1, accuracy: 0, inputs: inputs[1])
        for (seed, hash) in [(1, "c"), (2, "d")] {
            try add(
                log, seed: seed, accuracy: 0,
                inputs: [RunInput(kind: .outcomes, settings: "", sha256: hash, facts: "{}")])
        }
        try log.close()
        #expect(
            try RunLogReader(path: folder.path()).comparison().map(\.variant) == [
                "", "inputs 2", "", "inputs 2", "imported", "imported",
            ])
    }

    @Test("The same run is found again whatever its build, and no other")
    func again() throws {
        let log = try RunLog(path: folder.path())
        let input = RunInput(kind: .images, settings: "s", sha256: "h", facts: "{}")
        let id = try add(log, seed: 1, accuracy: 0, inputs: [input])
        func found(_ seed: Int, _ scenario: String, _ inputs: [RunInput], method: String = "fedavg") throws
            -> Int64?
        {
            try log.reader.storedRuns().completed[
                RunKey(
                    RunDescription(
                        name: "x", method: method, seed: UInt64(seed), clients: 1, scenario: scenario,
                        build: "later"), inputs: inputs, origin: .run)]
        }
        #expect(try found(1, Self.scenario(1), [input]) == id)
        #expect(try found(2, Self.scenario(2), [input]) == nil)
        #expect(try found(1, Self.scenario(1, rounds: 9), [input]) == nil)
        #expect(try found(1, Self.scenario(1), []) == nil)
        #expect(try found(1, Self.scenario(1), [input], method: "fedprox") == nil)
        let failed = try add(log, seed: 5, accuracy: 0, outcome: .failed(reason: "x"))
        #expect(try found(5, Self.scenario(5), []) == nil)
        let description = RunDescription(
            name: "x", method: "fedavg", seed: 5, clients: 1, scenario: Self.scenario(5), build: "")
        let key = RunKey(description, inputs: [], origin: .run)
        #expect(try log.reader.storedRuns().unfinished[key] == failed)
        // Of equal runs the first counts; what another origin has made is another run.
        let repeated = try add(log, seed: 1, accuracy: 0, inputs: [input])
        #expect(try repeated != id && found(1, Self.scenario(1), [input]) == id)
        #expect(
            try log.reader.storedRuns().unfinished[RunKey(description, inputs: [], origin: .whatIf)] == nil)
        try log.close()
    }

    @Test("A status is either in SQL's list of unfinished ones or whole", arguments: RunStatus.allCases)
    func wholeInSQL(status: RunStatus) {
        #expect(RunStatus.unfinishedInSQL.contains("'\(status.rawValue)'") == !status.isWhole)
    }

    @Test("Settings are the keys of a scenario's text without seed and methods")
    func settings() {
        let settings = RunSettings(ofScenario: Self.scenario(1))
        #expect(settings.entries.map(\.key) == ["name", "training.rounds", "network.client.uplink"])
        #expect(settings.entries.map(\.value) == ["x", "2", "20Mbps"])
        #expect(settings.sha256 == RunSettings(ofScenario: Self.scenario(77)).sha256)
        #expect(settings.sha256 != RunSettings(ofScenario: Self.scenario(1, rounds: 4)).sha256)
        let lists = RunSettings(
            ofScenario: "methods:\n- fedavg\nfaults:\n  listed:\n  - {a: 1}\n  - {b: 2}\nlast: 1\n")
        #expect(lists.entries.map(\.key) == ["faults.listed", "last"])
        #expect(lists.entries.map(\.value) == [" - {a: 1} - {b: 2}", "1"])
        #expect(RunSettings(ofScenario: "").entries.isEmpty)
        #expect(RunSettings(ofScenario: "just text\r\n\u{0}").entries.map(\.key) == [""])
        #expect(
            RunSettings(ofScenario: String(repeating: "a: 1\n", count: 100_000)).entries.count == 2000 - 1)
    }

    @Test("The keys that differ are listed for SQL")
    func differing() throws {
        let rows = try RunLogReader(path: file()).query("SELECT * FROM run_setting WHERE run_id IN (1, 4, 6)")
            .rows
        #expect(
            rows == [
                [.integer(1), .text("network.client.uplink"), .text("20Mbps")],
                [.integer(1), .text("training.rounds"), .text("2")],
                [.integer(4), .text("network.client.uplink"), .text("20Mbps")],
                [.integer(4), .text("training.rounds"), .text("3")],
                [.integer(6), .text("network.client.uplink"), .text("1Mbps")],
                [.integer(6), .text("training.rounds"), .text("2")],
            ])
    }
}
