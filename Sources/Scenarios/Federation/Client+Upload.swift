import Models

extension Client {
    /// Uploads what it has made of the model it holds: clipped, noised and compressed where the scenario asks
    /// for it. The server takes it as an update of this round.
    ///
    /// - Parameters:
    ///   - local: the result of its training.
    ///   - control: a change of its control variate, which is sent first.
    ///   - kept: what it keeps for later rounds if the server takes the update, by name; whoever's update
    ///     came too late, or in a round that was abandoned, goes on from what it had before.
    public func upload(
        _ local: ModelState, control: StoredBytes? = nil, keeping kept: [String: StoredBytes] = [:]
    ) async throws {
        try arrived(await send(local, control: control), keeping: kept)
    }

    @inline(never)
    private func arrived(_ update: ModelUpdate, keeping kept: [String: StoredBytes]) throws {
        var update = update
        update.kept.merge(kept) { _, new in new }
        // Before rules 3, whatever became of the update.
        if context.rules < .third { context.memories.keep(of: update, client: id) }
        try server.receive(Message(payload: .weights, body: .update(update)), from: id)
    }

    /// As `upload`, without telling the server: whoever awaits the update there is told by the caller.
    func send(_ local: ModelState, control: StoredBytes? = nil) async throws -> ModelUpdate {
        let (message, residual) = try await prepared(local)
        if let control { try await transmit(.control(control)) }
        try await transmit(message)
        return Self.update(in: message, control: control, residual: residual)
    }

    /// The update of a message that has arrived.
    @inline(never)
    private static func update(
        in message: Message, control: StoredBytes?, residual: StoredBytes?
    ) -> ModelUpdate {
        guard case .update(var update) = message.body else { preconditionFailure("no update was sent") }
        // What was lost on the way was not sent: the residual stays as it was.
        if let residual { update.kept["residual"] = residual }
        update.control = control
        return update
    }

    /// The message of a model, and what its form leaves for the next one.
    private func prepared(_ local: ModelState) async throws -> (Message, residual: StoredBytes?) {
        let (update, residual) = try await compressed(privatized(poisoned(local)))
        return (Message(payload: .weights, body: .update(update)), residual)
    }

    /// The upload in the scenario's form, and what that leaves for the next one.
    private func compressed(_ local: ModelState) async throws -> (ModelUpdate, residual: StoredBytes?) {
        let form = context.scenario.uploadForm
        func update(_ bytes: StoredBytes) -> ModelUpdate {
            ModelUpdate(bytes: bytes, form: form, model: local)
        }
        guard !form.isPlain else { return (update(local.bytes), nil) }
        guard let base = local.base else { preconditionFailure("client \(id) uploads a change of no model") }
        let work = UpdateCompression(
            context.classifier, local.bytes, base: base,
            residual: form.codec?.hasFeedback == true ? context.memories[id, "residual"] : nil, as: form,
            seed: context.workSeed("rounding", client: id, round: context.round),
            sizes: context.machinery.sizes.bytes(of: form, for: local, context.classifier))
        let made = try await context.perform(work, client: id, on: device).output
        return (update(made.main), made.kept)
    }
}
