import GRDB

extension RunLogSchema {
    /// Lets `run.status` be `diverged`: a table's checks cannot be changed, so the table is made anew under
    /// its name.
    ///
    /// Views speak of the table and are made anew as they are, whatever migration has written them; so is
    /// what somebody has added to it. Migrations are made without foreign keys, which are checked at the end.
    static func admitDivergedRuns(to database: Database) throws {
        let views = try Row.fetchAll(
            database, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'view' ORDER BY rowid")
        let additions = try String.fetchAll(
            database,
            sql: """
                SELECT sql FROM sqlite_schema
                WHERE tbl_name = 'run' AND type IN ('index', 'trigger') AND sql IS NOT NULL ORDER BY rowid
                """)
        for view in views {
            let name: String = view["name"]
            try database.execute(sql: "DROP VIEW \(name.quotedDatabaseIdentifier)")
        }
        try database.execute(sql: runTableWithDiverged)
        for sql in views.map({ $0["sql"] as String }) + additions { try database.execute(sql: sql) }
    }

    private static let runTableWithDiverged =
        runTable.replacing("TABLE run (", with: "TABLE run_admitting_diverged (")
        .replacing("'finished', ", with: "'finished', 'diverged', ") + """

        INSERT INTO run_admitting_diverged
            SELECT run_id, name, method, seed, clients, status, started_at, finished_at, wall_s, virtual_s,
                scenario, scenario_sha256, build, log_sha256, model_sha256, error
            FROM run;
        DROP TABLE run;
        ALTER TABLE run_admitting_diverged RENAME TO run;
        """

    /// Which rules a run was made by. Not part of the log hash: the rows that follow from them are.
    static let rulesTable = """
        CREATE TABLE run_rules (
            run_id INTEGER PRIMARY KEY REFERENCES run (run_id),
            rules INTEGER NOT NULL CHECK (rules > 1)
        ) STRICT;
        """
}
