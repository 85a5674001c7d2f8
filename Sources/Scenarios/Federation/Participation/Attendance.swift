/// How many clients' updates the rounds of a run had, against what its participation asks for.
struct Attendance {
    /// Rounds that have ended.
    private(set) var rounds = 0
    /// Those with updates of fewer than half of the clients asked for.
    private(set) var thinRounds = 0
    /// The fewest updates, and the first round that had so few.
    private(set) var fewest: (updates: Int, round: Int)?

    /// Notes the end of a round.
    mutating func ended(round: Int, updates: Int, of asked: Int) {
        rounds += 1
        if 2 * updates < asked { thinRounds += 1 }
        if updates < fewest?.updates ?? .max { fewest = (updates, round) }
    }

    /// The warning's sentence; `nil` without thin rounds.
    func warning(asked: Int) -> String? {
        guard thinRounds > 0, let fewest else { return nil }
        return
            "\(thinRounds) of \(rounds) round\(rounds == 1 ? "" : "s") had updates of fewer than half of the "
            + "\(asked) clients that participation asks for (the fewest: \(fewest.updates), in round "
            + "\(fewest.round))"
    }
}

extension RunContext {
    /// How many updates a round is meant to have.
    var askedUpdates: Int { min(participation.plan.goal ?? participation.plan.selected, scenario.clients) }

    /// Warns at the end of a run about rounds with updates of fewer than half of the clients asked for.
    func warnAboutThinRounds() {
        if let text = participation.attendance.warning(asked: askedUpdates) { progress.warned(text) }
    }
}
