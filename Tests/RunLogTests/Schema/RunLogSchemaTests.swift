import Foundation
import GRDB
import RunLog
import Testing

@Suite("The schema of a run log")
struct RunLogSchemaTests {
    /// The contract with users' queries: docs/schema.md.
    static let contract = [
        "run": "run_id name method seed clients status started_at finished_at wall_s virtual_s scenario "
            + "scenario_sha256 build log_sha256 model_sha256 error",
        "client": "run_id client_id domain samples uplink_Bps downlink_Bps latency_s flops_per_s slowdown",
        "label_count": "run_id client_id label class samples",
        "event": "run_id seq t kind round client_id bytes detail",
        "transfer": "run_id transfer_id round client_id direction payload bytes t_start t_end status",
        "metric": "run_id t round client_id split name value",
        "prompt": "run_id client_id label text bytes",
        "work": "run_id work_id kind round client_id key output_sha256 flops wall_s metrics worker "
            + "attempts began_s waited_s",
        "worker": "run_id worker machine",
        "experiment": "experiment_id created_at build",
        "planned_run": "experiment_id position name method seed clients scenario run_id",
        "input": "input_id kind settings sha256 facts",
        "run_input": "run_id input_id",
        "what_if": "run_id parent_run_id changes",
        "cached_work": "run_id work_id",
        "sample_image": "set_sha256 label position class caption jpeg",
        "run_images": "run_id source set_sha256",
        "run_rules": "run_id rules",
        "identity_version": "run_id version",
        "run_identity": "run_id settings_sha256 origin inputs_sha256",
        "setting": "settings_sha256 key value",
    ]

    let folder: RunLogFolder

    init() throws {
        folder = try RunLogFolder()
        try RunLog(path: folder.path()).close()
    }

    @Test("Every table has the contract's columns in the contract's order", arguments: contract.keys.sorted())
    func columns(table: String) throws {
        let names = try onDatabase(folder.path()) {
            try String.fetchAll($0, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
        }
        #expect(names == Self.contract[table]?.split(separator: " ").map(String.init))
    }

    @Test("Every column that the migrations make has a rule for what its cells may hold, and no other has")
    func rules() throws {
        let columns = try onDatabase(folder.path()) { database in
            let names = try String.fetchAll(
                database,
                sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'grdb_%'")
            return try Dictionary(
                uniqueKeysWithValues: names.map { ($0, try database.columns(in: $0).map(\.name)) })
        }
        #expect(TableRules.columns == columns)
    }

    @Test("A run may have every status that there is")
    func statuses() throws {
        let log = try RunLog(path: folder.path())
        let runID = try log.begin(.sample()).runID
        try log.close()
        for status in RunStatus.allCases {
            let stored = try onDatabase(folder.path()) { database in
                try database.execute(
                    sql: "UPDATE run SET status = ? WHERE run_id = ?", arguments: [status.rawValue, runID])
                return try String.fetchAll(database, sql: "SELECT status FROM run")
            }
            #expect(stored == [status.rawValue])
        }
        let tables = try onDatabase(folder.path()) {
            try String.fetchAll($0, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        }
        #expect(tables.contains("run") && !tables.contains("run_admitting_diverged"))
    }

    @Test("All tables of the contract are STRICT, and there is no other but the migrator's")
    func strictTables() throws {
        let strict = try onDatabase(folder.path()) {
            try String.fetchAll(
                $0, sql: "SELECT name FROM pragma_table_list WHERE strict AND schema = 'main' ORDER BY name")
        }
        let loose = try onDatabase(folder.path()) {
            try String.fetchAll(
                $0,
                sql: """
                    SELECT name FROM pragma_table_list
                    WHERE NOT strict AND type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite_%'
                    """)
        }
        #expect(strict == Self.contract.keys.sorted())
        #expect(loose == ["grdb_migrations"])
    }

    @Test("The views have their documented columns")
    func viewColumns() throws {
        let columns = try onDatabase(folder.path()) { database in
            try [
                "communication", "accuracy", "comparison", "run_setting", "run_variant", "run_group",
                "energy",
            ].map {
                view in
                try String.fetchAll(database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [view])
                    .joined(separator: " ")
            }
        }
        #expect(
            columns == [
                "run_id name method direction payload messages bytes MiB undelivered",
                "run_id round t uplink_bytes downlink_bytes bytes value",
                "run_id name method seed status rounds uplink_bytes downlink_bytes uplink_bytes_per_client "
                    + "virtual_s best_accuracy final_accuracy best_round clients wall_s error "
                    + "origin variant settings_sha256 repeats",
                "run_id key value",
                "run_id name method seed status origin variant label settings_sha256 repeats",
                "name method variant origin seeds unfinished rounds uplink_bytes downlink_bytes virtual_s "
                    + "best_accuracy final_accuracy final_accuracy_sd",
                "run_id name method client_id activity energy_J carbon_g",
            ])
    }

    @Test("The file is in WAL mode and carries our application id")
    func fileSettings() throws {
        #expect(try column("PRAGMA journal_mode", of: folder.path()) == ["wal"])
        #expect(try column("PRAGMA application_id", of: folder.path()) == [RunLogSchema.applicationID])
        #expect(try column("PRAGMA integrity_check", of: folder.path()) == ["ok"])
    }

    @Test(
        "A row that breaks the contract is refused by SQLite itself",
        arguments: [
            "UPDATE run SET status = 'done'",
            "UPDATE run SET clients = -1",
            "UPDATE run SET seed = 'seven'",
            "INSERT INTO event (run_id, seq, t, kind) VALUES (99, 0, 0, 'no such run')",
            "INSERT INTO event (run_id, seq, t, kind, detail) VALUES (1, 0, 0, 'x', 'not JSON')",
            "INSERT INTO event (run_id, seq, t, kind) VALUES (1, 0, 'noon', 'x')",
            "INSERT INTO transfer VALUES (1, 0, 1, 0, 'sideways', 'weights', 1, 0, 1, 'complete')",
            "INSERT INTO transfer VALUES (1, 0, 1, 0, 'up', 'weights', 1, 2, 1, 'complete')",
            "INSERT INTO transfer VALUES (1, 0, 1, 0, 'up', 'weights', -1, 0, 1, 'complete')",
            "INSERT INTO transfer VALUES (1, 0, 1, 0, 'up', 'weights', 1, 0, 1, 'perhaps')",
            "INSERT INTO transfer VALUES (1, 0, 1, 42, 'up', 'weights', 1, 0, 1, 'complete')",
            "INSERT INTO prompt VALUES (1, 42, 0, 'A photo of a star', 17)",
            "INSERT INTO client (run_id, client_id, samples) VALUES (1, 0, 5)",
        ])
    func constraints(statement: String) throws {
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample())
        recorder.client(ClientRow(client: 0, samples: 1))
        try recorder.flush()
        try onDatabase(folder.path()) { database in
            try database.execute(sql: "PRAGMA foreign_keys = ON")
            #expect(throws: DatabaseError.self) { try database.execute(sql: statement) }
        }
        try log.close()
    }
}
