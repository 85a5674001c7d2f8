import Models

extension Federation {
    /// Plays the rounds of a weight-based method: in each, the clients that take part make something of the
    /// global model, and the server makes the next one of their updates.
    ///
    /// A round with too few updates leaves the model as it was.
    ///
    /// - Parameters:
    ///   - initial: the model of the first round.
    ///   - rounds: how many; `training.rounds` unless given.
    ///   - local: what a client does with the global model; it ends with an upload. FedAvg's unless given.
    ///   - ended: ends a round with its model; where it is not given, the model is evaluated.
    ///   - aggregate: the next global model, from the updates that came and the model before.
    /// - Returns: the last global model.
    /// - Throws: what the closures and the federation's activities throw.
    @discardableResult
    public func playRounds(
        from initial: ModelState, rounds: Int? = nil,
        local: @escaping (Client, ModelState) async throws -> Void = Federation.trainAndUpload,
        ended: ((Int, ModelState) throws -> Void)? = nil,
        aggregate: ([ReceivedUpdate], ModelState) async throws -> ModelState
    ) async throws -> ModelState {
        var global = initial
        for round in 1...(rounds ?? scenario.training.rounds) {
            begin(round: round)
            global = try await update(global, local: local, aggregate: aggregate)
            if let ended { try ended(round, global) } else { try end(round: round, global: global) }
        }
        return global
    }

    /// Plays the only round of a one-shot method: clients train the server's initial model and upload it, the
    /// server makes the final model of the uploads, and that goes to the clients.
    ///
    /// - Parameters:
    ///   - training: how clients train.
    ///   - aggregate: the final model.
    func playSingleRound(
        training: LocalTraining, aggregate: ([ReceivedUpdate]) async throws -> ModelState
    ) async throws {
        begin(round: 1)
        let initial = try await server.initialModel()
        let model = try await update(initial) { client, global in
            try await client.obtain(global)
            try await client.upload(client.train(training))
        } aggregate: { updates, _ in
            try await aggregate(updates)
        }
        try await deliver(model, isFinal: true)
        try end(round: 1, global: model)
    }

    /// The inner part of a round: what the clients that take part make of a model, and what the server makes
    /// of that.
    ///
    /// - Returns: the new model, still at the server; the same model as before where too few updates came.
    func update(
        _ global: ModelState,
        local: @escaping (Client, ModelState) async throws -> Void = Federation.trainAndUpload,
        aggregate: ([ReceivedUpdate], ModelState) async throws -> ModelState
    ) async throws -> ModelState {
        clients.release(besides: global, keeping: context.participation.busy)
        try await atParticipants { client in try await local(client, global) }
        let count = server.updateCount
        guard isEnough(updates: count) else {
            _ = server.takeUpdates()
            return global
        }
        return try await aggregate(server.receivedUpdates(), global)
    }

    /// What FedAvg's clients do: fetch the global model if they do not hold it, train it, upload the result.
    public static func trainAndUpload(_ client: Client, _ global: ModelState) async throws {
        try await client.obtain(global)
        try await client.upload(client.train())
    }

    /// Each update's part in an average, as the scenario weighs clients; they add up to 1.
    func shares(of updates: [ReceivedUpdate]) -> [Double] {
        switch scenario.training.averaging {
        case .uniform:
            return updates.map { _ in 1 / Double(updates.count) }
        case .samples:
            let total = updates.reduce(0) { $0 + $1.samples }
            // Without any images, states have equal weight.
            return updates.map { total > 0 ? Double($0.samples) / Double(total) : 1 / Double(updates.count) }
        }
    }
}

// MARK: - Models of single clients

extension Federation {
    /// Ends a round of a method whose clients have models of their own, which are evaluated on the test
    /// images, each by itself; the round's accuracy is their mean.
    ///
    /// - Throws: `RunLogError` where the log cannot be written.
    func end(round: Int, personal models: [PersonalModel], shared: ModelState? = nil) throws {
        endWithoutModel(round: round)
        context.results.finalModel = shared
        context.results.finalPersonalModels = models
        context.results.finalModelIsMeasured = round % scenario.training.evaluateEvery == 0
        if context.results.finalModelIsMeasured { try context.measure(models) }
    }
}

/// The model of one client.
struct PersonalModel: Sendable {
    let client: Int
    let weights: ModelStart
}
