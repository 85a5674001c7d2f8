import RunLog

// Not specialized, as in RunContext+Work.swift.
extension RunContext {
    /// How another process does a piece of work; `nil` where it stays here.
    @_semantics("optimize.sil.specialize.generic.never")
    func parcel<Task: Work>(
        for work: Task, _ order: WorkOrder
    ) -> WorkParcel<WorkOutcome<Task.Output>>? {
        guard work is any TravellingWork, machinery.pool is EnginePool else { return nil }
        let content = WorkParcelContent(
            kind: order.kind, key: order.key.sha256, text: WorkMessage(work).text, inputs: order.inputs,
            scenario: scenarioText)
        let blobs = machinery.blobs
        return WorkParcel(content: content) { returned in
            try Self.outcome(of: returned, order, blobs)
        }
    }

    /// Takes what another process has done into the run's store.
    @_semantics("optimize.sil.specialize.generic.never")
    private static func outcome<Output: RecordableOutput>(
        of returned: ReturnedWork, _ order: WorkOrder, _ blobs: BlobStore
    ) throws -> WorkOutcome<Output> {
        let contents = try returned.blobs.map(blobs.store)
        let record = WorkRecord(
            sha256: returned.sha256 ?? "", fields: returned.fields.flatMap(JSONText.fields) ?? [:])
        guard let output = blobs.lending(contents, { Output(record: record, blobs: blobs) }) else {
            throw FederationError.unreadableRecord(what: "the result of '\(order.kind)' \(order.key.sha256)")
        }
        var outcome = WorkOutcome(output: output, sha256: returned.sha256)
        outcome.wallSeconds = returned.seconds
        outcome.isCached = returned.isCached
        outcome.performer = returned.performer
        return outcome
    }
}
