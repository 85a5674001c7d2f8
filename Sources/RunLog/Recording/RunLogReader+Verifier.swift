extension RunLogReader {
    /// A recorder that writes nothing: what is recorded is compared with the rows of a run.
    ///
    /// `flush` and `finish` throw `RunLogError.diverged` at the first difference.
    ///
    /// - Throws: `RunLogError.noSuchRun`, or another `RunLogError`.
    public func verifier(run runID: Int64) throws -> RunRecorder {
        RunRecorder(
            verifying: try run(runID), path: path,
            stored: StoredRows(of: runID, in: self, mayContinue: false))
    }
}
