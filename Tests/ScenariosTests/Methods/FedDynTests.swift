import Foundation
import Models
import RunLog
import Scenarios
import TestSupport
import Testing

/// FedDyn against PyTorch, and in federations.
@Suite("FedDyn")
struct FedDynTests {
    private let reference = MethodReference.shared

    @Test("Three rounds are those of the paper's algorithm in float64: models and the clients' gradients")
    func rounds() throws {
        let alpha = reference.alpha, expected = try #require(reference.rounds["feddyn"])
        var gradients: [[Float]?] = [nil, nil], memory: [[Float]]?
        var state = ReferenceModel.initial(reference)
        for number in 0..<3 {
            let start = try ModelVector(decoding: state)
            var averager = StateAverager()
            for client in 0..<2 {
                let correction = GradientCorrection(mu: alpha, offset: gradients[client]?.map { -$0 })
                let end = try ReferenceModel(state).train(
                    reference, client: client, momentum: 0, correction: correction)
                let next = DynamicGradient.next(
                    own: gradients[client], start: start.parameters,
                    end: try ModelVector(decoding: end).parameters,
                    alpha: alpha)
                try averager.add(end, weight: 1)
                gradients[client] = next
                let vector = ModelVector(
                    layout: start.layout.filter { $0.part == .parameters }, parameters: next)
                try expectReference(vector.encoded(), expected[number], prefix: "client\(client).")
            }
            var next = try ModelVector(decoding: averager.encodedMean())
            let change = Vectors.difference(next.parameters, start.parameters)
            var kept = memory ?? [[Float](repeating: 0, count: change.count)]
            next.parameters = start.parameters
            DynamicRule(alpha: alpha, share: 1).step(&next.parameters, change: change, memory: &kept)
            memory = kept
            state = next.encoded()
            try expectReference(state, expected[number])
        }
    }

    private static let scenario = """
        name: dyn
        seed: 3
        clients: 3
        methods: [feddyn, fedavg]
        data: { set: shapes, side: 16, train-per-class: 4, test-per-class: 2, partition: { kind: iid } }
        model: { kind: tiny }
        training: { rounds: 3, local-epochs: 1, batch: 4, learning-rate: 0.01 }
        participation: { policy: fraction, fraction: 0.67 }
        feddyn: { alpha: 0.1 }
        """

    @Test("It runs, the same for one worker and two, is timed alike without training, and replays")
    func play() throws {
        let paths = try [1, 2].map { try ExperimentTests.run(Self.scenario, jobs: $0) }
        let runs = try paths.map { try RunLogReader(path: $0).runs() }
        #expect(runs[0].map(\.logSHA256) == runs[1].map(\.logSHA256))
        #expect(runs[0].map(\.modelSHA256) == runs[1].map(\.modelSHA256))
        #expect(runs[0][0].modelSHA256 != runs[0][1].modelSHA256)
        let timed = try ExperimentTests.run(Self.scenario, overrides: ["training.mode=none"])
        #expect(
            try TimingOnlyTests.lines(timed, run: 1) == TimingOnlyTests.lines(paths[0], run: 1))
        let replay = try Replay(path: paths[0], run: 1)
        #expect(try replay.verify(replay.runs[0]).isWhole)
        let other = try ExperimentTests.run(Self.scenario, overrides: ["feddyn.alpha=1", "methods=[feddyn]"])
        #expect(try RunLogReader(path: other).runs()[0].modelSHA256 != runs[0][0].modelSHA256)
        // Nothing travels but models.
        let payloads = try RunTable.query(paths[0], "SELECT DISTINCT payload FROM transfer WHERE run_id = 1")
        #expect(payloads == [["weights"]])
    }

    @Test("Its settings are in scenarios that name it, or that set them, and in no others")
    func settings() throws {
        func resolved(_ text: String) throws -> String {
            let scenario = try Scenario.parse("name: a\n\(text)", file: "test.yaml")
            #expect(try Scenario.parse(scenario.resolvedYAML, file: "again") == scenario)
            return scenario.resolvedYAML
        }
        #expect(try resolved("methods: [feddyn]").contains("feddyn:\n  alpha: 0.01\n"))
        #expect(try !resolved("methods: [fedavg]").contains("feddyn"))
        #expect(try resolved("methods: [fedavg]\nfeddyn: { alpha: 1 }").contains("feddyn:\n  alpha: 1\n"))
        #expect(try resolved("methods: [feddyn]\nsweep: { feddyn.alpha: [0.1, 1] }").contains("feddyn.alpha"))
        let plain = try Scenario.parse("name: a\nmethods: [feddyn]", file: "test.yaml")
        let other = try Scenario.parse("name: a\nmethods: [feddyn]\nfeddyn: { alpha: 1 }", file: "test.yaml")
        #expect(plain != other && plain[FedDyn.Settings.self].alpha == 0.01)
        let variants = try Scenario.parse(
            "name: a\nmethods: [feddyn]\nsweep: { feddyn.alpha: [0.1, 1] }", file: "test.yaml"
        ).variants()
        #expect(variants.map { $0.scenario[FedDyn.Settings.self].alpha } == [0.1, 1])
        #expect {
            try Scenario.parse("name: a\nmethods: [feddyn]\nfeddyn: { alpha: 0 }", file: "test.yaml")
        } throws: { error in
            "\(error)"
                == "test.yaml:3:18: feddyn.alpha: 0 is not allowed; allowed: a number above 0, at most 1000"
        }
    }
}
