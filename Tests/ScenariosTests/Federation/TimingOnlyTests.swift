import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// `training: none` plays the same federation without a tensor.
@Suite("Timing only", .serialized)
struct TimingOnlyTests {
    /// Everything that is logged of a run's course, a line each.
    static func lines(_ path: String, run: Int64 = 1) throws -> [String] {
        let reader = try RunLogReader(path: path)
        return try reader.events(run: run, limit: 1_000_000).map { "\($0)" }
            + reader.transfers(run: run, limit: 1_000_000).map { "\($0)" }
    }

    @Test(
        "Events, transfers and bytes are those of real training, to the nanosecond",
        arguments: ["fedavg", "fgl-one-shot", "fgl-5-round-syn", "centralized"])
    func sameCourse(method: String) throws {
        let paths = try ["real", "none"].map { mode in
            try ExperimentTests.run(
                GenerativeTests.tiny, overrides: ["methods=[\(method)]", "training.mode=\(mode)"])
        }
        let real = try Self.lines(paths[0]), none = try Self.lines(paths[1])
        #expect(real == none && real.count > 1)
        // Pieces of work, their keys apart, and what clients sent, too.
        let columns = "kind, round, client_id, flops"
        let works = try paths.map {
            try RunTable.query($0, "SELECT \(columns) FROM work WHERE kind <> 'evaluate'")
        }
        #expect(works[0] == works[1])
        let prompts = try paths.map { try RunTable.query($0, "SELECT client_id, text, bytes FROM prompt") }
        #expect(prompts[0] == prompts[1])
    }

    @Test("Clients whose models are equal bit by bit, since they make no step, change no time")
    func equalModels() throws {
        // One image each: batch norm has no variance of one, and nobody makes a step.
        let text = """
            name: same
            clients: 2
            methods: [fedbuff]
            data: { side: 8, classes: [star, ring], train-per-class: 1, test-per-class: 1, \
            partition: { kind: iid } }
            model: { kind: tiny }
            training: { rounds: 1, local-epochs: 1 }
            """
        let lines = try ["real", "none"].map {
            try Self.lines(ExperimentTests.run(text, overrides: ["training.mode=\($0)"]))
        }
        #expect(lines[0] == lines[1] && lines[0].contains { $0.contains("mix") })
    }

    @Test("A piece of synthesis has a hundred images, or as many as a thread draws in some minutes")
    func pieces() throws {
        func pieces(_ overrides: [String]) throws -> [[String]] {
            let path = try ExperimentTests.run(
                GenerativeTests.tiny,
                overrides: [
                    "training=none", "methods=[fgl-one-shot]", "synthesis.per-class=195",
                    "synthesis.foundation=builtin-large", "data.classes=[star, ring]",
                ] + overrides)
            return try RunTable.query(
                path,
                """
                SELECT count(*) / 2, max(flops) < 2e14 FROM work WHERE kind = 'synthesize'
                """)
        }
        #expect(try pieces(["synthesis.steps=1000"]) == [["2", "1"]])
        // Heun asks the network twice a step, so 97 images have no more than 2e14 operations.
        #expect(try pieces(["synthesis.steps=1000", "synthesis.scheduler=heun"]) == [["3", "1"]])
        // What goes through the network together stays together.
        let batches = try pieces([
            "synthesis.steps=1000", "synthesis.scheduler=heun", "synthesis.batch-images=100",
        ])
        #expect(batches == [["2", "0"]])
    }

    @Test("There is no accuracy, no model and no output of work, and nothing is said to have taken time")
    func nothingPretended() throws {
        let path = try ExperimentTests.run(
            GenerativeTests.tiny, overrides: ["training=none", "methods=[fedavg, fgl-5-round-syn]"])
        #expect(try RunTable.query(path, "SELECT count(*) FROM accuracy") == [["0"]])
        #expect(try RunTable.query(path, "SELECT count(*) FROM metric WHERE name = 'loss'") == [["0"]])
        #expect(
            try RunTable.query(path, "SELECT count(*) FROM run WHERE model_sha256 IS NOT NULL") == [["0"]])
        #expect(
            try RunTable.query(
                path, "SELECT count(*) FROM work WHERE kind = 'train' AND output_sha256 IS NOT NULL") == [
                    ["0"]
                ])
        let comparison = try RunLogReader(path: path).comparison()
        #expect(comparison.map(\.rounds) == [2, 3])
        #expect(comparison.allSatisfy { $0.finalAccuracy == nil && $0.status == .finished })
    }

    @Test("Pieces of work are told apart by what they depend on, also where nobody does them")
    func keys() throws {
        let path = try ExperimentTests.run(ExperimentTests.tiny, overrides: ["training=none"])
        let rows = try RunTable.query(
            path, "SELECT count(*), count(DISTINCT key) FROM work WHERE kind = 'train'")
        #expect(rows == [["6", "6"]])
    }

    @Test("A thousand rounds of a hundred clients are a matter of seconds")
    func manyRounds() throws {
        let path = try ExperimentTests.run(
            ExperimentTests.resNet,
            overrides: [
                "training=none", "clients=100", "data.train-per-class=100", "data.partition={kind: iid}",
                "training.rounds=200",
            ])
        let run = try RunLogReader(path: path).comparison()[0]
        #expect(run.rounds == 200 && run.status == .finished)
        #expect(run.uplinkBytes == 200 * 100 * 44_775_976)
    }

    @Test("One word or a section: the same scenario; an override keeps the section's other keys")
    func spellings() throws {
        let word = try parseScenario(minimalScenario + "training: none\n")
        let section = try parseScenario(minimalScenario + "training: { mode: none }\n")
        #expect(word == section && word.training.mode == .none)
        let overridden = try parseScenario(
            minimalScenario + "training: { rounds: 7 }\n", set: ["training=none"])
        #expect(overridden.training.mode == .none && overridden.training.rounds == 7)
        let widened = try parseScenario(minimalScenario + "training: none\n", set: ["training.rounds=7"])
        #expect(widened == overridden)
        #expect(try parseScenario(widened.resolvedYAML) == widened)
        let swept = try parseScenario(
            minimalScenario + "sweep: { training.mode: [none, real] }\n")
        #expect(swept.variants().map(\.scenario.training.mode) == [.none, .real])
    }

    @Test("A word that the section does not know is refused")
    func unknownWord() {
        #expect(
            scenarioSentences(minimalScenario + "training: off\n") == [
                "test.yaml:3:11: training: off is not allowed; allowed: a mapping of key: value pairs"
            ])
        #expect(
            scenarioSentences(minimalScenario + "training: { mode: off }\n") == [
                "test.yaml:3:19: training.mode: off is not allowed; allowed: real, none"
            ])
    }
}
