import Scenarios

/// Half of the clients take part in each round, and the round waits for all of them.
struct Half: ParticipationPolicy {
    let name = "half"
    let summary = "half of the clients, and every one of them is waited for"
    let requiredKeys: [String] = []

    func plan(_ settings: Scenario.Participation, clients: Int) -> RoundPlan {
        RoundPlan(selected: (clients + 1) / 2)
    }
}
