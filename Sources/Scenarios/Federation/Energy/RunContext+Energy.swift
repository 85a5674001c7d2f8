import RunLog
import Simulator

extension RunContext {
    /// Joules that the run has taken; `nil` where none are counted.
    var energySoFar: Double? {
        energy.map { EnergyBook.Amount($0.activities(at: simulation.now).map(\.amount)).joules }
    }

    /// Logs the energy that the run has taken until an evaluation; nothing where none is counted.
    func logEnergySoFar(round: Int) {
        guard let joules = energySoFar else { return }
        log(soFar: joules, round: round, at: simulation.now)
    }

    /// The same for an instant of a training at the server during which nothing else happened, so that all
    /// powers were constant.
    ///
    /// - Parameters:
    ///   - drawn: the joules that the run had taken at the start of the training.
    ///   - instant: between the start and now.
    func logEnergySoFar(from drawn: Double?, at start: SimInstant, until instant: SimInstant, round: Int) {
        guard let drawn, let joules = energySoFar else { return }
        let span = (simulation.now - start).seconds
        let part = span > 0 ? (instant - start).seconds / span : 1
        log(soFar: drawn + part * (joules - drawn), round: round, at: instant)
    }

    private func log(soFar joules: Double, round: Int, at instant: SimInstant) {
        recorder.metric(
            at: instant, round: round, split: .energy(nil), name: .energySoFar, value: joules)
    }

    /// Logs the account of the whole run: by activity, then in all, then by client.
    func logEnergy() {
        guard let energy else { return }
        let now = simulation.now
        log(energy.activities(at: now), client: nil)
        energy.clients(at: now) { log($1, client: $0) }
    }

    private func log(_ activities: [(activity: EnergyActivity, amount: EnergyBook.Amount)], client: Int?) {
        for (activity, amount) in activities { log(amount, .energy(activity), client) }
        log(EnergyBook.Amount(activities.map(\.amount)), .energy(nil), client)
    }

    private func log(_ amount: EnergyBook.Amount, _ split: MetricSplit, _ client: Int?) {
        recorder.metric(
            at: simulation.now, client: client, split: split, name: .energy, value: amount.joules)
        guard let grams = amount.grams else { return }
        recorder.metric(at: simulation.now, client: client, split: split, name: .carbon, value: grams)
    }
}
