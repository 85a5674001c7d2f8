extension RunLogSchema {
    /// A few images of the sets that runs worked with. Like the lineage they are no part of the log hash;
    /// they are kept once per set, whatever the number of runs.
    static let sampleTables = """
        CREATE TABLE sample_image (
            set_sha256 TEXT NOT NULL,
            label INTEGER NOT NULL,
            position INTEGER NOT NULL,
            class TEXT NOT NULL,
            caption TEXT,
            jpeg BLOB NOT NULL,
            PRIMARY KEY (set_sha256, label, position)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE run_images (
            run_id INTEGER NOT NULL REFERENCES run (run_id),
            source TEXT NOT NULL CHECK (source IN ('real', 'synthetic')),
            set_sha256 TEXT NOT NULL,
            PRIMARY KEY (run_id, source)
        ) STRICT, WITHOUT ROWID;
        """
}
