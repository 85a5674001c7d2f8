import Models
import RunLog
import Simulator

/// One run of one method: a server and its clients on a virtual clock.
///
/// What a method works with. Its code reads like the algorithm in the paper; every activity below takes
/// modelled
/// virtual time, does the real work and is logged.
public final class Federation {
    /// The experiment.
    public let scenario: Scenario
    /// The coordinator.
    public let server: Server
    /// The registered clients, by number.
    public let clients: RegisteredClients
    let context: RunContext

    init(server: Server, clients: RegisteredClients, context: RunContext) {
        scenario = context.scenario
        self.server = server
        self.clients = clients
        self.context = context
    }

    /// Sends a global model to the clients and returns when the last has it.
    ///
    /// Where everybody takes part in every round, all clients get each model. Otherwise those selected next
    /// fetch it when their round begins, and only the final model goes out at once: to the clients that took
    /// part in the last round.
    public func deliver(_ model: ModelState, isFinal: Bool) async throws {
        let participation = context.participation
        if participation.plan.selected == clients.count {
            clients.release(besides: model, keeping: participation.busy)
            try await server.send(
                model, to: (0..<clients.count).filter(context.isAvailable).map { clients[$0] })
        } else if isFinal {
            let participants = participation.participants.filter(context.isAvailable)
            try await server.send(model, to: participants.map { clients[$0] })
        }
    }

    /// Begins a round, counted from 1.
    public func begin(round: Int) {
        context.results.round = round
        context.log(.roundStart)
        context.progress.began(round: round, at: context.simulation.now)
    }

    /// Ends a round with the global model it has led to, which is evaluated on the test images.
    ///
    /// - Throws: `RunLogError` where the log cannot be written.
    public func end(round: Int, global: ModelState) throws {
        endWithoutModel(round: round)
        context.noteRoundEnd(with: global)
        context.results.finalModel = global
        context.results.finalPersonalModels = []
        context.results.finalModelIsMeasured = round % scenario.training.evaluateEvery == 0
        if context.results.finalModelIsMeasured { try context.measure(global) }
    }

    /// Ends a round, without a word about its model.
    func endWithoutModel(round: Int) {
        precondition(round == context.round, "round \(round) ends in round \(context.round)")
        context.log(.roundEnd)
    }

    /// Evaluates the last global model where its round was not one of those evaluated, asks of it what else
    /// the scenario's `evaluation` wants to know, and completes the log.
    func finish() throws {
        if !context.results.finalModelIsMeasured {
            if !context.results.finalPersonalModels.isEmpty {
                try context.measure(context.results.finalPersonalModels)
            } else if let model = context.results.finalModel {
                try context.measure(model)
            }
        }
        try context.completeMeasurements()
        let measurements = context.beginFinalMeasurements(of: clients)
        try context.complete(measurements, of: clients)
        context.logEnergy()
    }

    /// Evaluates a model that is not the outcome of a round, under a name of its own.
    ///
    /// - Throws: `RunLogError` where the log cannot be written.
    public func measure(_ model: ModelState, name: MetricName) throws {
        try context.measure(model, name: name)
    }
}
