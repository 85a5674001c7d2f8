extension RunContext {
    /// Records finished work.
    @_semantics("optimize.sil.specialize.generic.never")
    func logWork<Output: RecordableOutput>(_ order: WorkOrder, _ outcome: WorkOutcome<Output>) {
        let row = formerRow(of: order.occasion)
        if let record = row?.record { machinery.supply.upgrade?.note(order.key, record) }
        if machinery.supply.former != nil { results.recordedWork[order.occasion, default: 0] += 1 }
        recorder.work(
            kind: order.kind, round: order.round == 0 ? nil : order.round, client: order.client,
            key: row?.key ?? order.key.sha256, outputSHA256: outcome.sha256, flops: order.flops,
            wallSeconds: outcome.wallSeconds, metrics: outcome.metrics, isCached: outcome.isCached,
            performer: outcome.performer.map {
                ($0.name, $0.machine, $0.attempts, $0.beganSeconds, $0.waitedSeconds)
            })
        progress.finished(
            FinishedWork(
                order.occasion, operations: order.flops, evaluations: order.evaluations,
                seconds: outcome.wallSeconds, share: order.isShared ? order.key.sha256 : nil))
        // The inputs must not go before the row is recorded.
        withExtendedLifetime(order) {}
    }

    /// The former row of the next piece of work of an occasion.
    func formerRow(of occasion: WorkOccasion) -> FormerRecords.Row? {
        machinery.supply.former?.row(recorded(occasion), of: occasion)
    }

    /// How many pieces of work of an occasion are in the log.
    func recorded(_ occasion: WorkOccasion) -> Int { results.recordedWork[occasion, default: 0] }

    /// Commits what was recorded, then removes the files of bytes that the run had let go of before.
    ///
    /// - Throws: `RunLogError`.
    func flush() throws {
        // Without states beside the log nobody depends on the instant of a commit: the simulation goes on.
        if isTimingOnly { return try recorder.flush(waits: false) }
        let mark = machinery.blobs.mark()
        try recorder.flush()
        try recorder.synchronize()
        machinery.blobs.committed(upTo: mark)
    }
}
