import GRDB

/// The tables of a run log and the migrations that make them.
///
/// The columns and their order are a contract with users' queries (docs/schema.md). The
/// schema changes only by a further named migration; one that has shipped is never edited.
package enum RunLogSchema {
    /// `PRAGMA application_id` of every run log: the letters "FGLs" as a big-endian integer.
    package static let applicationID: Int32 = 0x4647_4C73

    /// Makes an empty database a run log, or brings one of an earlier version up to date.
    package static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1 tables and views") { database in
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: runTable)
            try database.execute(sql: populationTables)
            try database.execute(sql: timelineTables)
            try database.execute(sql: resultTables)
            try database.execute(sql: RunLogViews.communication)
            try database.execute(sql: RunLogViews.accuracy)
            try database.execute(sql: RunLogViews.comparison)
        }
        migrator.registerMigration("v2 plans, inputs and what-ifs") { database in
            try database.execute(sql: lineageTables)
        }
        migrator.registerMigration("v3 cached work") { database in
            try database.execute(sql: cachedWorkTable)
        }
        migrator.registerMigration("v4 sample images") { database in
            try database.execute(sql: sampleTables)
        }
        migrator.registerMigration("v5 diverged runs and rules") { database in
            try admitDivergedRuns(to: database)
            try database.execute(sql: rulesTable)
            try database.execute(sql: RunLogViews.participants)
        }
        migrator.registerMigration("v6 settings of runs") { database in
            try database.execute(sql: identityTables())
            try RunIdentity.fill(database)
            try database.execute(sql: "DROP VIEW IF EXISTS comparison")
            for view in ["run_setting", "run_variant", "comparison", "run_group"] {
                try database.execute(sql: views[view]!)
            }
        }
        migrator.registerMigration("v7 versions of identities") { database in
            try database.execute(sql: identityVersionTable)
        }
        migrator.registerMigration("v8 workers") { database in
            try database.execute(sql: workerColumns)
        }
        migrator.registerMigration("v9 settings across variants") { database in
            try database.execute(sql: "DROP VIEW IF EXISTS run_setting")
            try database.execute(sql: RunLogViews.runSetting)
        }
        migrator.registerMigration("v10 energy") { database in
            try database.execute(sql: RunLogViews.energy)
        }
        migrator.registerMigration("v11 waiting for workers") { database in
            try database.execute(sql: waitingColumns)
        }
        migrator.registerMigration("v12 settings that a sweep gives") { database in
            try database.execute(sql: "DROP VIEW IF EXISTS run_setting")
            try database.execute(sql: RunLogViews.runSetting)
        }
        return migrator
    }

    /// The views of the present version by name.
    static let views = [
        "communication": RunLogViews.communication, "accuracy": RunLogViews.accuracy,
        "run_setting": RunLogViews.runSetting, "run_variant": RunLogViews.runVariant,
        "comparison": RunLogViews.comparisonWithVariants, "run_group": RunLogViews.runGroup,
        "participants": RunLogViews.participants, "energy": RunLogViews.energy,
    ]

    /// The tables that a file of any version has.
    static let firstTables = Set(LoggedTable.allCases.map(\.rawValue) + ["run"])

    static let runTable = """
        CREATE TABLE run (
            run_id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            method TEXT NOT NULL,
            seed INTEGER NOT NULL,
            clients INTEGER NOT NULL CHECK (clients >= 0),
            status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'interrupted', 'failed')),
            started_at TEXT NOT NULL,
            finished_at TEXT,
            wall_s REAL,
            virtual_s REAL,
            scenario TEXT NOT NULL,
            scenario_sha256 TEXT NOT NULL,
            build TEXT NOT NULL,
            log_sha256 TEXT,
            model_sha256 TEXT,
            error TEXT
        ) STRICT;
        """

    private static let populationTables = """
        CREATE TABLE client (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            client_id INTEGER NOT NULL,
            domain TEXT,
            samples INTEGER NOT NULL CHECK (samples >= 0),
            uplink_Bps REAL,
            downlink_Bps REAL,
            latency_s REAL,
            flops_per_s REAL,
            slowdown REAL,
            PRIMARY KEY (run_id, client_id)
        ) STRICT;
        CREATE TABLE label_count (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            client_id INTEGER NOT NULL,
            label INTEGER NOT NULL,
            class TEXT NOT NULL,
            samples INTEGER NOT NULL CHECK (samples >= 0),
            PRIMARY KEY (run_id, client_id, label),
            FOREIGN KEY (run_id, client_id) REFERENCES client (run_id, client_id)
        ) STRICT;
        """

    // Without rowid the primary key is the table: no second tree, 43 bytes an event, and a run's rows lie
    // together.
    private static let timelineTables = """
        CREATE TABLE event (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            seq INTEGER NOT NULL,
            t REAL NOT NULL,
            kind TEXT NOT NULL,
            round INTEGER,
            client_id INTEGER,
            bytes INTEGER,
            detail TEXT CHECK (detail IS NULL OR json_valid(detail)),
            PRIMARY KEY (run_id, seq)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE transfer (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            transfer_id INTEGER NOT NULL,
            round INTEGER,
            client_id INTEGER NOT NULL,
            direction TEXT NOT NULL CHECK (direction IN ('up', 'down')),
            payload TEXT NOT NULL,
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            t_start REAL NOT NULL,
            t_end REAL NOT NULL CHECK (t_end >= t_start),
            status TEXT NOT NULL CHECK (status IN ('complete', 'lost', 'aborted')),
            PRIMARY KEY (run_id, transfer_id),
            FOREIGN KEY (run_id, client_id) REFERENCES client (run_id, client_id)
        ) STRICT, WITHOUT ROWID;
        """

    private static let resultTables = """
        CREATE TABLE metric (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            t REAL NOT NULL,
            round INTEGER,
            client_id INTEGER,
            split TEXT NOT NULL,
            name TEXT NOT NULL,
            value REAL,
            FOREIGN KEY (run_id, client_id) REFERENCES client (run_id, client_id)
        ) STRICT;
        CREATE INDEX metric_by_run ON metric (run_id);
        CREATE TABLE prompt (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            client_id INTEGER NOT NULL,
            label INTEGER NOT NULL,
            text TEXT NOT NULL,
            bytes INTEGER NOT NULL CHECK (bytes >= 0),
            FOREIGN KEY (run_id, client_id) REFERENCES client (run_id, client_id)
        ) STRICT;
        CREATE INDEX prompt_by_run ON prompt (run_id);
        CREATE TABLE work (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            work_id INTEGER NOT NULL,
            kind TEXT NOT NULL,
            round INTEGER,
            client_id INTEGER,
            key TEXT NOT NULL,
            output_sha256 TEXT,
            flops REAL,
            wall_s REAL,
            metrics TEXT CHECK (metrics IS NULL OR json_valid(metrics)),
            PRIMARY KEY (run_id, work_id),
            FOREIGN KEY (run_id, client_id) REFERENCES client (run_id, client_id)
        ) STRICT, WITHOUT ROWID;
        """
}
