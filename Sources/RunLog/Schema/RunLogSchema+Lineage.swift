extension RunLogSchema {
    /// What a run came from: the experiment it was planned in, the inputs it read, the run it is a variation
    /// of. It is not part of the log hash: two runs that came about in different ways can be the same run.
    static let lineageTables = """
        CREATE TABLE experiment (
            experiment_id INTEGER PRIMARY KEY,
            created_at TEXT NOT NULL,
            build TEXT NOT NULL
        ) STRICT;
        CREATE TABLE planned_run (
            experiment_id INTEGER NOT NULL REFERENCES experiment (experiment_id),
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            method TEXT NOT NULL,
            seed INTEGER NOT NULL,
            clients INTEGER NOT NULL,
            scenario TEXT NOT NULL,
            run_id INTEGER REFERENCES run (run_id),
            PRIMARY KEY (experiment_id, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE input (
            input_id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            settings TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            facts TEXT NOT NULL CHECK (json_valid(facts)),
            UNIQUE (kind, settings, sha256)
        ) STRICT;
        CREATE TABLE run_input (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            input_id INTEGER NOT NULL REFERENCES input (input_id),
            PRIMARY KEY (run_id, input_id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE what_if (
            run_id INTEGER PRIMARY KEY REFERENCES run (run_id),
            parent_run_id INTEGER NOT NULL REFERENCES run (run_id),
            changes TEXT NOT NULL CHECK (json_valid(changes))
        ) STRICT;
        """

    /// Which worker of an engine did a piece of work, and on what machine. Not part of the log hash: it is
    /// the same result.
    static let workerColumns = """
        ALTER TABLE work ADD COLUMN worker TEXT;
        ALTER TABLE work ADD COLUMN attempts INTEGER;
        CREATE TABLE worker (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            worker TEXT NOT NULL,
            machine TEXT NOT NULL,
            PRIMARY KEY (run_id, worker)
        ) STRICT, WITHOUT ROWID;
        """

    /// When a worker of an engine began a piece of work, and how long that had waited. Not part of the log
    /// hash.
    static let waitingColumns = """
        ALTER TABLE work ADD COLUMN began_s REAL;
        ALTER TABLE work ADD COLUMN waited_s REAL;
        """

    /// Work whose result an earlier run had left in a cache. Not part of the log hash either: it is the same
    /// result.
    static let cachedWorkTable = """
        CREATE TABLE cached_work (
            run_id INTEGER NOT NULL,
            work_id INTEGER NOT NULL,
            PRIMARY KEY (run_id, work_id),
            FOREIGN KEY (run_id, work_id) REFERENCES work (run_id, work_id)
        ) STRICT, WITHOUT ROWID;
        """
}
