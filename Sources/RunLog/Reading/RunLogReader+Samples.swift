extension RunLogReader {
    /// The hashes of the sets that a run worked with; none in a file of a version that noted none.
    ///
    /// - Throws: `RunLogError`.
    public func imageSets(run runID: Int64) throws -> [ImageSource: String] {
        let rows = try fetch("SELECT source, set_sha256 FROM run_images WHERE run_id = ?", [runID]) {
            columns in
            (try columns.cases() as ImageSource, try columns.text() as String)
        }
        return Dictionary(rows) { first, _ in first }
    }

    /// The images that were kept of a set, by class.
    ///
    /// - Throws: `RunLogError`.
    public func samples(ofSet sha256: String) throws -> [SampleImage] {
        try fetch(
            """
            SELECT label, class, caption, jpeg FROM sample_image
            WHERE set_sha256 = ? ORDER BY label, position
            """, [sha256]
        ) { columns in
            SampleImage(
                label: try columns.integer(), className: try columns.text(), caption: try columns.text(),
                jpeg: try columns.blob())
        }
    }
}
