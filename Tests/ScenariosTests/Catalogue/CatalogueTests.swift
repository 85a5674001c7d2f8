import Models
import RunLog
import Scenarios
import TestSupport
import Testing

/// Methods, policies, selections and sources that come from outside.
struct CatalogueTests {
    private struct Named: FederatedMethod {
        let name: String
        var keys: [ScenarioKey] = []
        let summary = "FedAvg under another name"

        func run(on federation: Federation) async throws {
            try await federation.playRounds(from: federation.server.initialModel()) { updates, _ in
                try await federation.server.average(updates)
            }
        }
    }

    private struct Everybody: ParticipationPolicy {
        let name: String
        let summary = "all clients"
        let requiredKeys: [String] = []

        func plan(_ settings: Scenario.Participation, clients: Int) -> RoundPlan {
            RoundPlan(selected: clients)
        }
    }

    private struct Squares: DataSource {
        let name: String
        let summary = "nothing"
        var needsPath = false

        func images(for settings: Scenario.Data) -> any LabelledImageSource {
            preconditionFailure("images that no test reads")
        }
    }

    private struct Settings: MethodSettings {
        static let section = "mine"
        var rate = 0.5
    }

    private func error(_ body: () throws -> Catalogue) -> String {
        do {
            _ = try body()
            return ""
        } catch { return "\(error)" }
    }

    @Test("Two of one name, or a name that is no plain word, are refused in one sentence")
    func names() {
        #expect(
            error { try Catalogue(adding: [Named(name: "fedavg")]) }
                == "a catalogue has two methods called 'fedavg'; allowed: one of each name")
        #expect(
            error { try Catalogue(adding: [Named(name: "a"), Named(name: "a")]) }
                == "a catalogue has two methods called 'a'; allowed: one of each name")
        #expect(
            error { try Catalogue(policies: [Everybody(name: "all")]) }
                == "a catalogue has two policies called 'all'; allowed: one of each name")
        #expect(
            error { try Catalogue(selections: [UniformSelection()]) }
                == "a catalogue has two selections called 'uniform'; allowed: one of each name")
        #expect(
            error { try Catalogue(sources: [Squares(name: "cifar10")]) }
                == "a catalogue has two sources of images called 'cifar10'; allowed: one of each name")
        let key = ScenarioKey("mu", of: "x", at: \Other.mu, .number(from: 0, to: 1), "A number.")
        #expect(
            error { try Catalogue(adding: [Named(name: "x", keys: [key])]) }
                == "a catalogue has two keys called 'fedprox.mu'; allowed: one of each name")
        for name in ["", "two words", "a:b", "ä"] {
            #expect(
                error { try Catalogue(adding: [Named(name: name)]) }
                    == "a catalogue has methods called '\(name)'; allowed: letters, digits, '-', '_' and '.'")
        }
    }

    private struct Other: MethodSettings {
        static let section = "fedprox"
        var mu = 0.5
    }

    @Test("What is added can be named where the catalogue is given, and nowhere else")
    func parsing() throws {
        let key = ScenarioKey("rate", of: "mine", at: \Settings.rate, .number(from: 0, to: 1), "A rate.")
        let catalogue = try Catalogue(
            adding: [Named(name: "mine", keys: [key])], policies: [Everybody(name: "everybody")],
            sources: [Squares(name: "squares"), Squares(name: "files", needsPath: true)])
        let text =
            "name: a\nmethods: [mine]\ndata: { set: squares }\nparticipation: { policy: everybody }\nmine: { "
                + "rate: 0.25 }\n"
        let scenario = try Scenario.parse(text, file: "a", catalogue: catalogue)
        #expect(scenario[Settings.self].rate == 0.25 && scenario.data.set.rawValue == "squares")
        #expect(try Scenario.parse(scenario.resolvedYAML, file: "b", catalogue: catalogue) == scenario)
        func problems(_ text: String, _ catalogue: Catalogue) -> [String] {
            do throws(ScenarioError) {
                _ = try Scenario.parse(text, file: "a", catalogue: catalogue)
                return []
            } catch { return error.description.split(separator: "\n").map(String.init) }
        }
        #expect(problems(text, .standard).count == 4)
        #expect(
            problems("name: a\nmethods: [mine]\nmine: { rate: 2 }", catalogue)
                == ["a:3:15: mine.rate: 2 is not allowed; allowed: a number from 0 to 1"])
        #expect(
            problems("name: a\nmethods: [fedavg]\ndata: { set: files }", catalogue)
                == ["a:3:14: data.path: this key is missing; data.set: files needs the path of the images"])
        let variants = try Scenario.parse(
            "name: a\nmethods: [mine]\nsweep: { mine.rate: [0, 1] }", file: "a",
            catalogue: catalogue
        ).variants()
        #expect(variants.map { $0.scenario[Settings.self].rate } == [0, 1])
        let set = try Scenario.parse(
            "name: a\nmethods: [mine]", file: "a", overrides: ["mine.rate=0.125"], catalogue: catalogue)
        #expect(set[Settings.self].rate == 0.125)
    }

    @Test("An added method is resumed and replayed with its catalogue, and not without")
    func playing() throws {
        let catalogue = try Catalogue(adding: [Named(name: "mine")])
        let scenario = try Scenario.parse(
            ExperimentTests.tiny, file: "a",
            overrides: ["methods=[mine]", "training.mode=none", "clients=2"], catalogue: catalogue)
        let path = TestFiles.path("catalogue.sqlite")
        try Experiment(scenario, output: path, jobs: 1, build: "test").run { _, _ in SilentProgress() }
        let replay = try Replay(path: path, catalogue: catalogue)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let other = try Replay(path: path)
        #expect(throws: FederationError.notReplayable(runID: 1, reason: "unknown method 'mine'")) {
            try other.verify(other.runs[0])
        }
    }
}
