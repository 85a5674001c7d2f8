import Models

// How large an experiment may be. Each number of a scenario has its own bounds. Together they may still
// describe more than a machine can hold; such scenarios are refused here, before memory runs out.

/// The largest experiments.
enum SizeLimit {
    /// Training images of the built-in world, test images of it, and images of a synthetic set.
    static let images = 2_000_000
    /// Rounds times the clients that take part in each.
    static let clientRounds = 10_000_000
    /// Images that clients draw with `data.partition.per-client`, over all their rounds.
    static let drawnImages = 500_000_000
}

extension Scenario {
    /// The most runs of one experiment: variants times methods times seeds.
    public static let runLimit = 20_000

    /// The highest seed: a results file keeps seeds as SQLite's integers.
    public static let highestSeed = UInt64(Int64.max)

    /// How many runs a seed has: the methods of all variants.
    public var runCount: Int { variants().reduce(0) { $0 + $1.scenario.methods.count } }
}

extension ScenarioReader {
    /// Reports keys that are too large together.
    mutating func checkSize(of scenario: Scenario) {
        guard problems.isEmpty else { return }
        checkImages(of: scenario)
        for name in scenario.methods {
            guard let method = catalogue.method(name) else { continue }
            let rounds = method.plannedRounds(in: scenario) ?? 1
            let clients = method.clientsPerRound(in: scenario)
            checkDrawnImages(of: scenario, method, clientRounds: rounds * clients)
            guard rounds * clients > SizeLimit.clientRounds else { continue }
            let keys = [
                "clients", "asynchronous.buffer", "participation.fraction", "participation.select",
                method.roundsKey, "methods",
            ]
            let cause = lastGiven(among: keys)
            reportConflict(
                "\(name) of \(rounds) rounds with \(clients) clients each", with: "the size of one run",
                allowed:
                    "at most \(SizeLimit.clientRounds) client rounds; let fewer clients take part in a round "
                    + "(participation), or play fewer rounds",
                at: cause == "methods" ? method.roundsKey : cause, causedBy: cause)
            return
        }
    }

    private mutating func checkDrawnImages(
        of scenario: Scenario, _ method: any FederatedMethod, clientRounds: Int
    ) {
        let key = "data.partition.per-client"
        guard method.trainsAtClients, let each = scenario.data.partition.perClient,
            clientRounds <= SizeLimit.clientRounds, each * clientRounds > SizeLimit.drawnImages
        else { return }
        reportConflict(
            "\(each)", with: "\(clientRounds) client rounds of \(method.name)",
            allowed: "at most \(SizeLimit.drawnImages / clientRounds), "
                + "which is \(SizeLimit.drawnImages) images in all",
            at: key)
    }

    /// Reports more images than a set may have. How many classes a folder has is known when it is read.
    private mutating func checkImages(of scenario: Scenario) {
        guard scenario.data.set == .shapes else { return }
        let classes = scenario.data.worldObjects.count
        let sets = classes * (scenario.data.styles?.count ?? 1)
        var counts: [(key: String, count: Int?, sets: Int)] = [
            ("data.train-per-class", scenario.data.trainPerClass, sets),
            ("data.test-per-class", scenario.data.testPerClass, sets),
        ]
        let synthesizes = scenario.methods.contains { scenario.catalogue.method($0)?.needsFoundation == true }
        if synthesizes, scenario.synthesis.set == nil, scenario.synthesis.perPrompt == nil {
            counts.append(("synthesis.per-class", scenario.synthesis.perClass, classes))
        }
        for (key, count, sets) in counts {
            guard let count, count * sets > SizeLimit.images else { continue }
            reportConflict(
                "\(count)", with: "\(sets) classes\(sets > classes ? " of all styles" : "")",
                allowed: "at most \(SizeLimit.images / sets), which is \(SizeLimit.images) images", at: key)
        }
    }
}
