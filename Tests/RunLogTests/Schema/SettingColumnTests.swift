import Foundation
import RunLog
import Simulator
import TestSupport
import Testing

@Suite("Settings of a sweep")
struct SettingColumnTests {
    /// A file with a sweep of two keys, a what-if of one of its runs, and another scenario.
    private func file() throws -> String {
        let path = TestFiles.path("sweep.sqlite")
        let log = try RunLog(path: path)
        func run(_ label: String, _ scenario: String, origin: RunOrigin? = nil) throws {
            let recorder = try log.begin(
                RunDescription(
                    name: label, method: "fedavg", seed: 1, clients: 1, scenario: scenario, build: ""),
                origin: origin)
            try recorder.finish(.finished, at: .start + .seconds(1))
        }
        for beta in ["0.1", "0.5"] {
            for rounds in [2, 3] {
                try run(
                    "s beta=\(beta), rounds=\(rounds)",
                    "name: s\nseed: 1\nbeta: \(beta)\ntraining:\n  rounds: \(rounds)\n  batch: 8\n")
            }
        }
        try run(
            "s beta=0.1, rounds=2",
            "name: s\nseed: 1\nbeta: 0.1\ntraining:\n  rounds: 2\n  batch: 8\nuplink: 1\n",
            origin: RunOrigin(parent: 1, changes: ["uplink=1"]))
        try run("other", "name: other\nseed: 1\nbeta: 9\ntraining:\n  rounds: 9\n  batch: 9\n")
        try log.close()
        return path
    }

    @Test("Every key that differs between the variants of a sweep is a row, and no other")
    func rows() throws {
        let path = try file()
        let rows = try RunTable.query(path, "SELECT run_id, key, value FROM run_setting ORDER BY run_id, key")
        #expect(
            rows == [
                ["1", "beta", "0.1"], ["1", "training.rounds", "2"],
                ["2", "beta", "0.1"], ["2", "training.rounds", "3"],
                ["3", "beta", "0.5"], ["3", "training.rounds", "2"],
                ["4", "beta", "0.5"], ["4", "training.rounds", "3"],
                ["5", "beta", "0.1"], ["5", "training.rounds", "2"], ["5", "uplink", "1"],
            ])
    }

    @Test("Of a section that only some variants have, what the sweep names is shown, and what differs")
    func sections() throws {
        let path = TestFiles.path("sections.sqlite")
        let log = try RunLog(path: path)
        func add(_ name: String, _ rest: String) throws {
            let text = "name: \(name.split(separator: " ")[0])\nseed: 1\n\(rest)"
            let recorder = try log.begin(
                RunDescription(
                    name: name, method: "fedavg", seed: 1, clients: 1, scenario: text, build: ""))
            try recorder.finish(.finished, at: .start + .seconds(1))
        }
        let attack = "attack:\n  kind: "
        try add("s kind=none", "a: 1\n")
        try add("s kind=flip", "a: 1\n\(attack)flip\n  fraction: 0.2\n  size: 3\n")
        try add("s kind=scale", "a: 1\n\(attack)scale\n  fraction: 0.2\n  size: 4\n  flood: 9\n")
        // Nothing in the names says what was swept: all is shown.
        try add("t", "a: 1\n")
        try add("t", "a: 1\n\(attack)flip\n  fraction: 0.2\n")
        try log.close()
        let rows = try RunTable.query(path, "SELECT run_id, key, value FROM run_setting ORDER BY run_id, key")
        #expect(
            rows == [
                ["2", "attack.kind", "flip"], ["2", "attack.size", "3"],
                ["3", "attack.kind", "scale"], ["3", "attack.size", "4"],
                ["5", "attack.fraction", "0.2"], ["5", "attack.kind", "flip"],
            ])
    }

    @Test("A file whose view is that of an earlier version gets the new one when it is written to")
    func migration() throws {
        let path = try file()
        _ = try RunTable.change(
            path,
            "DROP VIEW run_setting; CREATE VIEW run_setting AS SELECT 1 AS run_id, 'x' AS key, 'y' AS value; "
                + "DELETE FROM grdb_migrations WHERE identifier LIKE 'v9%'")
        #expect(try RunLogReader(path: path).query("SELECT * FROM run_setting").rows.count == 11)
        try RunLog(path: path).close()
        #expect(try RunTable.query(path, "SELECT count(*) FROM run_setting") == [["11"]])
    }
}
