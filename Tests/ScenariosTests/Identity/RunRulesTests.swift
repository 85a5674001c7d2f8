import Foundation
import RunLog
import Scenarios
import TestSupport
import Testing

/// What runs made by rules 3 do that those of earlier rules did not.
@Suite("Rules 3")
struct RunRulesTests {
    private static let text = """
        name: rules
        seed: 4
        clients: 2
        data: { set: shapes, classes: [mug, star], side: 8, train-per-class: 6, test-per-class: 2, \
        partition: { kind: iid } }
        model: { kind: tiny }
        training: { rounds: 2, local-epochs: 1, batch: 2 }
        synthesis: { foundation: builtin-small, per-class: 4, steps: 1, epochs: 1, batch: 2 }
        """

    private static let forms = [
        "scaffold": ["methods=[scaffold]"], "feddyn": ["methods=[feddyn]"],
        "top-k": ["methods=[fedavg]", "compression.kind=top-k"],
    ]

    @Test(
        "Whoever's update was thrown away with its round goes on as if it had not taken part",
        arguments: forms.keys.sorted())
    func abandoned(form: String) throws {
        // In the first round, clients that go away for a moment are without an update, and two are needed.
        func run(away: [Int]) throws -> String {
            let faults = away.map { "{at: 0.5s, client: \($0), for: 0.1s}" }.joined(separator: ", ")
            return try ExperimentTests.run(
                Self.text,
                overrides: Self.forms[form]! + [
                    "participation={policy: all, minimum: 2}", "network.client.latency=1s",
                    "faults={listed: [\(faults)]}",
                ])
        }
        let one = try run(away: [1]), both = try run(away: [0, 1])
        for path in [one, both] {
            let abandoned = try RunTable.query(path, "SELECT round FROM event WHERE kind = 'round-abandoned'")
            #expect(abandoned == [["1"]])
        }
        let uploads = "SELECT count(*) FROM event WHERE kind = 'upload-end' AND client_id = 0 AND round = 1"
        #expect(try RunTable.query(one, uploads) != [["0"]])
        #expect(try RunTable.query(both, uploads) == [["0"]])
        let work =
            "SELECT kind, key, output_sha256 FROM work WHERE client_id = 0 AND round = 2 ORDER BY work_id"
        let rows = try RunTable.query(one, work)
        #expect(try rows == RunTable.query(both, work) && rows.count >= 2)
    }

    @Test("Of clients whose updates come at one instant, every one is first in some rounds")
    func ties() throws {
        let path = try ExperimentTests.run(
            Self.text,
            overrides: [
                "methods=[fedavg]", "clients=4", "training.mode=none", "training.rounds=80",
                "participation={policy: k-of-m, select: 4, wait-for: 1}",
            ])
        let rounds = try RunTable.query(
            path,
            """
            SELECT count(*) FROM event AS upload WHERE kind = 'upload-end' AND NOT EXISTS (
                SELECT * FROM event WHERE kind = 'update-late' AND round = upload.round
                AND client_id = upload.client_id) GROUP BY client_id
            """
        ).compactMap { Int($0[0]) }
        // Binomial with p = 1/4 in 80 rounds: 20, four deviations of 3.9.
        #expect(rounds.count == 4 && rounds.reduce(0, +) == 80)
        #expect(rounds.allSatisfy { (5...35).contains($0) }, "\(rounds)")
    }

    @Test("The metric `updates` counts the late updates that were accepted")
    func acceptedUpdates() throws {
        let path = try ExperimentTests.run(
            Self.text,
            overrides: [
                "methods=[fedavg]", "clients=3", "training.mode=none", "training.rounds=6",
                "participation={policy: k-of-m, select: 2, wait-for: 1, late: accept-stale}",
                "devices.client={uniform: {from: 1GFLOPS, to: 9GFLOPS}}",
            ])
        let counted = try RunTable.query(
            path, "SELECT CAST(sum(value) AS INTEGER) FROM metric WHERE name = 'updates'")
        let stale = try RunTable.query(path, "SELECT count(*) FROM event WHERE kind = 'update-stale'")
        let number = try #require(Int(stale[0][0]))
        #expect(number > 0 && counted == [["\(6 + number)"]])
    }

    @Test("Equal prompts under two labels show different images")
    func equalPrompts() throws {
        let path = try ExperimentTests.run(
            Self.text, overrides: ["methods=[fgl-one-shot]", "attack={kind: wrong-label, clients: [1]}"])
        let prompts = try RunTable.query(
            path, "SELECT count(DISTINCT label) FROM prompt GROUP BY text ORDER BY 1 DESC")
        #expect(prompts.first == ["2"])
        let images = try RunTable.query(
            path,
            """
            SELECT count(*), count(DISTINCT jpeg) FROM sample_image JOIN run_images USING (set_sha256)
            WHERE source = 'synthetic'
            """)
        #expect(images == [["8", "8"]])
    }

    @Test("A selection that leaves out clients without images says so where a round lacks some")
    func withoutImages() throws {
        let error = #expect(throws: FederationError.self) {
            try ExperimentTests.run(
                Self.text,
                overrides: [
                    "methods=[fedavg]", "clients=10", "training.mode=none",
                    "data.partition={kind: dirichlet, beta: 0.01, minimum: 0}",
                    "participation={policy: fraction, fraction: 0.9, selection: data-size, minimum: 9}",
                ])
        }
        guard case .tooFewChosen(1, "data-size", let chosen, 10, 9)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect((1..<9).contains(chosen))
        let sentence = FederationError.tooFewChosen(
            round: 1, selection: "data-size", chosen: 2, available: 4, minimum: 3)
        #expect(
            "\(sentence)"
                == "round 1: participation.selection data-size chooses 2 of the 4 clients that are there, "
                + "and participation.minimum is 3; allowed: a smaller minimum, another selection, or images "
                + "for more clients (data-size chooses none without)")
    }
}
