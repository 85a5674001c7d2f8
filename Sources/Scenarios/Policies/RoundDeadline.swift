import Simulator

/// A round ends at its deadline, or with the last update if that comes before.
///
/// An update counts if its last byte arrives before the deadline: with nobody else on the links, exactly
/// those clients count whose download, training and upload together take less.
public struct RoundDeadline: ParticipationPolicy {
    public let name = "deadline"
    public let summary = "all or a fraction of the clients, until the deadline"
    public let requiredKeys = ["deadline"]
    public let usedKeys = ["deadline", "fraction"]

    public func plan(_ settings: Scenario.Participation, clients: Int) -> RoundPlan {
        guard let seconds = settings.deadlineSeconds else {
            preconditionFailure("a valid scenario lacks participation.deadline")
        }
        return RoundPlan(selected: settings.count(of: clients), deadline: .seconds(seconds))
    }
}
