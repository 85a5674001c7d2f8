import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Clients that hold no image, as a Dirichlet partition with `minimum: 0` leaves some: they tell nothing.
@Suite("Clients without images", .serialized)
struct EmptyClientTests {
    private static let text = """
        name: empty
        seed: 1
        clients: 6
        methods: [fgl-one-shot]
        data: { set: shapes, classes: [star, ring], side: 16, train-per-class: 3, test-per-class: 2, \
        partition: { kind: dirichlet, beta: 0.1, minimum: 0 } }
        model: { kind: tiny }
        synthesis: { foundation: builtin-small, per-class: 2, steps: 1, epochs: 1, batch: 2 }
        fgl-lora: { rank: 1, steps: 1, batch: 1 }
        feddeo: { steps: 1, batch: 1 }
        fedbip: { steps: 1, batch: 1 }
        private-evolution: { candidates: 2, rounds: 1 }
        """

    private static let cases: [String: [String]] = [
        "class prompts": [], "captions": ["synthesis.prompts=instance"],
        "embeddings": ["synthesis.prompts=embeddings"],
        "words": ["synthesis.prompts=tailored", "synthesis.tailoring={steps: 1, batch: 1}"],
        "oscar": ["methods=[oscar]"], "feddeo": ["methods=[feddeo]"], "fedbip": ["methods=[fedbip]"],
        "fgl-lora": ["methods=[fgl-lora]"], "private-evolution": ["methods=[private-evolution]"],
        "features": ["methods=[fedcgs, fedpft]"],
    ]

    @Test(
        "They send no description, the others theirs; alike without training", arguments: cases.keys.sorted()
    )
    func forms(name: String) throws {
        let path = try ExperimentTests.run(Self.text, overrides: Self.cases[name]!)
        let runs = try RunLogReader(path: path).runs()
        #expect(runs.allSatisfy { $0.status == .finished }, "\(runs.map { $0.error ?? "" })")
        let empty = try RunTable.query(
            path, "SELECT client_id FROM client WHERE run_id = 1 AND samples = 0 ORDER BY 1")
        #expect(!empty.isEmpty && empty.count < 6)
        for run in runs { #expect(try Replay(path: path).verify(run).isWhole) }
        // Captions depend on pixels, and votes and features are of images, of which there may be none.
        guard name != "captions" else { return }
        let timed = try ExperimentTests.run(
            Self.text, overrides: Self.cases[name]! + ["training.mode=none"])
        #expect(try TimingOnlyTests.lines(timed) == TimingOnlyTests.lines(path))
        guard !["private-evolution", "features"].contains(name) else { return }
        let sent = try RunTable.query(
            path,
            """
            SELECT DISTINCT client_id, sum(bytes) FROM transfer WHERE direction = 'up' GROUP BY 1 ORDER BY 1
            """)
        #expect(sent.filter { $0[1] == "0" }.map { $0[0] } == empty.map { $0[0] })
    }
}
