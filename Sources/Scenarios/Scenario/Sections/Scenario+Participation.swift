extension Scenario {
    /// The section `participation`: who takes part in a round, and when it ends.
    public struct Participation: Sendable, Equatable {
        /// The name of a policy in `ParticipationPolicies.all`.
        public var policy: String = "all"
        /// The fraction of the clients that a round selects, in `0...1`; `nil` is all of them.
        public var fraction: Double?
        /// How many clients an over-selected round selects: M.
        public var select: Int?
        /// After how many updates an over-selected round ends: K.
        public var waitFor: Int?
        /// How long a round lasts at most, in seconds.
        public var deadlineSeconds: Double?
        /// What becomes of clients that are still at work when their round ends.
        public var late: LateUpdates = .drop
        /// A round with fewer updates is abandoned.
        public var minimum: Int = 1
        /// The name of a rule in `ClientSelections.all`.
        public var selection: String = "uniform"
        /// After how many rounds Oort leaves a client out; `nil` never.
        public var mostRounds: Int?
    }

    /// What becomes of clients that are still at work when their round ends.
    public enum LateUpdates: String, Sendable, CaseIterable {
        /// They are cut: their work and their transfer end there.
        case drop
        /// They go on, and their updates count in the round that is going on when they arrive.
        case acceptStale = "accept-stale"
    }
}

extension Scenario.Participation {
    /// The keys of policies that have a value.
    var givenKeys: [String] {
        [
            ("fraction", fraction != nil), ("select", select != nil), ("wait-for", waitFor != nil),
            ("deadline", deadlineSeconds != nil),
        ].filter(\.1).map(\.0)
    }
}

extension ScenarioKeys {
    static func participation(
        policies: [any ParticipationPolicy], selections: [any ClientSelection]
    ) -> [ScenarioKey] {
        [
            ScenarioKey(
                "participation.policy", \.participation.policy, .word(among: policies.map(\.name)),
                "Who takes part in a round of a synchronous method, and when it ends: "
                    + policies.map { "\($0.name) - \($0.summary)" }.joined(separator: "; ")
                    + ". participation: all says the same as participation: { policy: all }."),
            ScenarioKey(
                "participation.fraction", optional: \.participation.fraction,
                .number(above: 0, atMost: 1),
                absent: "all clients; required by policy: fraction",
                "The fraction of the clients that each round selects (policies fraction and deadline)."),
            ScenarioKey(
                "participation.select", optional: \.participation.select, .integer(1...1_000_000),
                absent: "required by policy: k-of-m", "How many clients each round selects (policy k-of-m)."),
            ScenarioKey(
                "participation.wait-for", optional: \.participation.waitFor, .integer(1...1_000_000),
                absent: "required by policy: k-of-m",
                "After how many updates a round ends; the other clients are late (policy k-of-m)."),
            ScenarioKey(
                "participation.deadline", optional: \.participation.deadlineSeconds, .span(),
                absent: "required by policy: deadline",
                "How long after its beginning a round ends; an update counts if it arrives before (policy "
                    + "deadline)."
            ),
            ScenarioKey(
                "participation.late", \.participation.late, .choice,
                "What becomes of clients still at work when their round ends: drop cuts them and loses what "
                    + "they "
                    + "were sending; accept-stale lets them finish, and their update counts when it "
                    + "arrives."),
            ScenarioKey(
                "participation.minimum", \.participation.minimum, .integer(1...1_000_000),
                "A round that ends with fewer updates is abandoned: they are dropped and the model stays."),
            ScenarioKey(
                "participation.selection", \.participation.selection, .word(among: selections.map(\.name)),
                "How the clients of a round are chosen: "
                    + selections.map { "\($0.name) - \($0.summary)" }.joined(separator: "; ") + "."),
            ScenarioKey(
                "participation.most-rounds", optional: \.participation.mostRounds, .integer(1...1_000_000),
                absent: "clients are never left out",
                "After how many rounds with an update of it the selection oort leaves a client out, so that "
                    + "none "
                    + "is over-used; at most three in ten of the known clients, and none where a round would "
                    + "lack "
                    + "clients."),
        ]
    }
}

extension ScenarioReader {
    /// Reports what a participation policy lacks, and numbers that contradict each other.
    mutating func checkParticipation(of scenario: Scenario) {
        let settings = scenario.participation, section = "participation"
        guard let policy = catalogue.policy(settings.policy) else { return }
        let given = settings.givenKeys
        var isComplete = true
        for key in policy.requiredKeys where !given.contains(key) {
            isComplete = false
            report(
                .missingFor("participation.policy: \(policy.name)"), at: "\(section).\(key)",
                causedBy: culprit("\(section).policy"))
        }
        // In a sweep some variants may have another selection, which ignores the number.
        if let most = settings.mostRounds, !isSwept,
            catalogue.selection(settings.selection)?.leavesClientsOut == false
        {
            let others = catalogue.selections.filter(\.leavesClientsOut).map(\.name)
            reportConflict(
                "\(most)", with: "participation.selection: \(settings.selection)",
                allowed: "none: only the selection \(others.joined(separator: ", ")) leaves clients out",
                at: "\(section).most-rounds")
        }
        guard isComplete else { return }
        let plan = policy.plan(settings, clients: scenario.clients)
        func conflict(_ key: String, _ value: Int, with other: String, _ allowed: String) {
            reportConflict(
                "\(value)", with: other, allowed: allowed, at: "\(section).\(key)")
        }
        if plan.selected > scenario.clients {
            conflict(
                "select", plan.selected, with: "clients: \(scenario.clients)", "at most \(scenario.clients)")
        } else if let goal = plan.goal, goal > plan.selected {
            conflict(
                "select", plan.selected, with: "\(section).wait-for: \(goal)",
                "at least \(goal), so that a round can end")
        } else if settings.minimum > plan.goal ?? plan.selected {
            let most = plan.goal ?? plan.selected
            conflict(
                "minimum", settings.minimum, with: "rounds that end with \(most) updates", "at most \(most)")
        }
    }
}
