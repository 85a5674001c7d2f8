import Models

extension Server {
    /// The updates received since they were last asked for, decoded, in the order of clients whatever the
    /// order of arrival: a sum of floating-point numbers depends on it.
    public func receivedUpdates() async throws -> [ReceivedUpdate] {
        let pending = takeUpdates().map { client, update in (client, update, beginDecoding(update)) }
        if context.rules >= .third {
            for (client, update, _) in pending { context.memories.keep(of: update, client: client) }
        }
        var received: [ReceivedUpdate] = []
        for (client, update, work) in pending {
            received.append(try await finish(update, from: client, work))
        }
        return received
    }

    /// One update, decoded.
    func decode(_ update: ModelUpdate, from client: Int) async throws -> ReceivedUpdate {
        try await finish(update, from: client, beginDecoding(update))
    }

    private func beginDecoding(_ update: ModelUpdate) -> PendingWork<DerivedBytes>? {
        guard !update.form.isPlain, let base = update.model.base else { return nil }
        let bytes = context.machinery.sizes.bytes(of: update.model, context.classifier)
        return context.begin(
            UpdateDecompression(
                context.classifier, update.bytes, base: base, as: update.form,
                clip: limitAfterDecoding(update.form), sizes: DerivedSizes(main: bytes)))
    }

    /// The norm to which the server cuts a decoded change, where it adds the noise and the form is lossy:
    /// rounding may have lengthened what the client has clipped, and error feedback adds to it.
    private func limitAfterDecoding(_ form: UploadForm) -> Double? {
        let settings = context.scenario.privacy
        guard form.codec != nil, settings.place == .server, context.rules >= .second else { return nil }
        return settings.clip
    }

    private func finish(
        _ update: ModelUpdate, from client: Int, _ work: PendingWork<DerivedBytes>?
    ) async throws -> ReceivedUpdate {
        var state = update.bytes
        if let work { state = try await context.join(work, on: device).output.main }
        return ReceivedUpdate(
            client: client, state: state, base: update.model.base, samples: update.model.samples,
            steps: update.model.steps,
            control: update.control)
    }
}
