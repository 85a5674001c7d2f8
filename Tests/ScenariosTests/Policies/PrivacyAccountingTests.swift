import Foundation
import Models
import Scenarios
import Simulator
import TestSupport
import Testing

/// How ε is counted under each selection and policy.
@Suite("Accounting of privacy", .serialized)
struct PrivacyAccountingTests {
    /// The ε of so many Gaussian mechanisms without sampling, from the closed form of their Rényi divergence,
    /// T α / 2z², by the same conversion and orders as the accountant, written out again.
    static func composed(_ times: Int, noise: Double = 1, delta: Double = 1e-5) -> Double {
        let orders = (1..<100).map { 1 + Double($0) / 10 } + (12..<64).map(Double.init)
        return orders.map { order in
            Double(times) * order / (2 * noise * noise) - (log(delta) + log(order)) / (order - 1)
                + log1p(-1 / order)
        }.min()!
    }

    private struct Course {
        let epsilons: [Double]
        let most: [Int]
        let accounting: String
        let participations: Int
        let path: String
    }

    /// Twenty clients of unlike sizes, 20 rounds of four.
    private func course(_ participation: String, _ overrides: [String] = []) throws -> Course {
        let path = try PolicyTests.run(
            participation,
            [
                "clients=20", "training.rounds=20", "data.train-per-class=20", "privacy={clip: 1, noise: 1}",
                "data.partition={kind: dirichlet, beta: 0.3, minimum: 1}",
            ] + overrides)
        func values(_ name: String) throws -> [Double] {
            try RunTable.query(
                path, "SELECT value FROM metric WHERE split = 'privacy' AND name = '\(name)' ORDER BY rowid"
            ).map { Double($0[0])! }
        }
        let events = try RunTable.query(
            path, "SELECT detail ->> 'accounting' FROM event WHERE kind = 'privacy-accounting'")
        #expect(events.count == 1)
        let counts = try RunTable.query(
            path,
            """
            SELECT count(*) FROM transfer WHERE direction = 'up' AND status = 'complete' AND payload = \
            'weights'
            GROUP BY client_id ORDER BY 1 DESC LIMIT 1
            """)
        return Course(
            epsilons: try values("epsilon"), most: try values("most_participations").map { Int($0) },
            accounting: events.first?[0] ?? "", participations: Int(counts[0][0])!, path: path)
    }

    @Test("The closed form: 14 rounds of 50 at z = 1 are 23.7, 38 are 47.0; a tenth sampled uniformly 5.881")
    func closedForm() {
        #expect(abs(Self.composed(14) - 23.731) < 1e-3 && abs(Self.composed(38) - 47.045) < 1e-3)
        // Uniform selection of a tenth, with amplification.
        var sampled = RenyiAccountant()
        sampled.add(noise: 1, rate: 0.1, rounds: 50)
        #expect(abs(sampled.epsilon(delta: 1e-5) - 5.881) < 1e-3)
        for times in [1, 11, 50] {
            var accountant = RenyiAccountant()
            accountant.add(noise: 1, rate: 1, rounds: times)
            #expect(abs(accountant.epsilon(delta: 1e-5) - Self.composed(times)) < 1e-9)
        }
    }

    @Test(
        "Uniform selection gains from sampling; by data size and Oort each client's own updates count in full"
    )
    func selections() throws {
        let uniform = try course("{ policy: fraction, fraction: 0.2 }")
        var sampled = RenyiAccountant()
        sampled.add(noise: 1, rate: 0.2, rounds: 20)
        #expect(uniform.accounting == "sampled" && uniform.most.isEmpty && uniform.epsilons.count == 20)
        #expect(abs(uniform.epsilons.last! - sampled.epsilon(delta: 1e-5)) < 1e-9)
        for selection in ["data-size", "oort"] {
            let found = try course("{ policy: fraction, fraction: 0.2, selection: \(selection) }")
            #expect(found.accounting == "participations" && found.epsilons.count == 20, "\(selection)")
            // Every upload came in time, so the uploads of the most chosen client are its updates.
            #expect(found.most.last == found.participations, "\(selection)")
            for (epsilon, most) in zip(found.epsilons, found.most) {
                #expect(abs(epsilon - Self.composed(most)) < 1e-9)
            }
            #expect(found.epsilons.last! > 1.5 * uniform.epsilons.last!, "\(selection)")
        }
    }

    @Test(
        "k-of-m and a deadline count the clients selected; late updates, all clients and clients' noise count in full"
    )
    func policies() throws {
        func sampled(_ rate: Double, _ rounds: Int) -> Double {
            var accountant = RenyiAccountant()
            accountant.add(noise: 1, rate: rate, rounds: rounds)
            return accountant.epsilon(delta: 1e-5)
        }
        let short = ["training.rounds=6"]
        let many = try course("{ policy: k-of-m, select: 5, wait-for: 3 }", short)
        #expect(many.accounting == "sampled" && abs(many.epsilons.last! - sampled(0.25, 6)) < 1e-9)
        let deadline = try course("{ policy: deadline, deadline: 60s, fraction: 0.25 }", short)
        #expect(deadline.accounting == "sampled")
        #expect(abs(deadline.epsilons.last! - sampled(0.25, deadline.epsilons.count)) < 1e-9)
        let all = try course("{ policy: all }", short)
        #expect(all.accounting == "participations" && abs(all.epsilons.last! - Self.composed(6)) < 1e-9)
        let stale = try course("{ policy: k-of-m, select: 5, wait-for: 3, late: accept-stale }", short)
        #expect(stale.accounting == "participations")
        #expect(abs(stale.epsilons.last! - Self.composed(stale.most.last!)) < 1e-9)
        let local = try course("{ policy: fraction, fraction: 0.2 }", short + ["privacy.at=client"])
        #expect(local.accounting == "participations" && local.most == Array(1...local.most.count))
        for method in ["fedasync", "fedbuff"] {
            let found = try course(
                "{ policy: all }",
                short + ["methods=[\(method)]", "privacy.at=client", "asynchronous.buffer=2"])
            #expect(found.accounting == "participations", "\(method)")
            #expect(abs(found.epsilons.last! - Self.composed(found.most.last!)) < 1e-9, "\(method)")
        }
    }

    @Test("Where clients are away, those that are there are likelier to be chosen: the fraction is of them")
    func availability() throws {
        let there = try course(
            "{ policy: fraction, fraction: 0.2 }",
            [
                "training.rounds=3",
                "faults.listed=[\((10..<20).map { "{ at: 0s, client: \($0) }" }.joined(separator: ", "))]",
            ])
        var accountant = RenyiAccountant()
        accountant.add(noise: 1, rate: 0.4, rounds: 3)
        #expect(there.accounting == "sampled")
        #expect(abs(there.epsilons.last! - accountant.epsilon(delta: 1e-5)) < 1e-9, "\(there.epsilons)")
    }

    @Test("A client that uploads several times before the server's next update has other noise each time")
    func repeatedUploads() throws {
        let path = try ExperimentTests.run(
            AsynchronousTests.alike,
            overrides: [
                "methods=[fedbuff]", "clients=2", "training.rounds=2",
                "asynchronous={ concurrency: 2, buffer: 10 }",
                "privacy={ clip: 1, noise: 1, at: client }",
            ])
        let rows = try RunTable.query(
            path,
            "SELECT count(*), count(DISTINCT key), count(DISTINCT round) FROM work WHERE kind = 'privatize'")
        #expect(Int(rows[0][0])! >= 20 && rows[0][0] == rows[0][1] && rows[0][2] == "2")
    }

    @Test(
        "What Oort learns from losses is said not to be counted; the server cuts what a lossy form has lengthened"
    )
    func notCounted() throws {
        let (path, warnings) = try NotANumberTests.run(
            [
                "participation={ policy: fraction, fraction: 0.4, selection: oort }",
                "privacy={clip: 1, noise: 1}",
            ],
            text: PolicyTests.scenario)
        #expect(
            warnings.count == 1
                && warnings[0].hasPrefix("epsilon does not count what the selection oort learns"))
        let detail = try RunTable.query(
            path, "SELECT detail ->> 'not_counted' FROM event WHERE kind = 'privacy-accounting'")
        #expect(detail[0][0].contains("losses"))
        // Rounding to bytes lengthens a change by up to 18 %: decoded, it has the norm of the clip again.
        func work(_ overrides: [String]) throws -> [[String]] {
            let path = try PolicyTests.run(
                "{ policy: all }", ["training.rounds=1", "privacy={clip: 1, noise: 1}"] + overrides)
            return try RunTable.query(
                path, "SELECT DISTINCT round(flops / 11181642) FROM work WHERE kind = 'decompress'")
        }
        #expect(try work(["compression=int8"]) == [["12.0"]])
        #expect(try work(["compression=int8", "privacy.at=client"]) == [["6.0"]])
    }
}
