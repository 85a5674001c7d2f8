import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Populations whose clients are made when they are first needed, and the scenarios of the repository.
@Suite("Large populations", .serialized)
struct LargePopulationTests {
    static func run(_ overrides: [String]) throws -> String {
        let text = try String(contentsOfFile: scenarioPath("million-clients.yaml"), encoding: .utf8)
        return try ExperimentTests.run(text, overrides: overrides)
    }

    @Test("A million are registered, a thousand take part, and only those are made and logged")
    func participantsOnly() throws {
        let path = try Self.run(["participation.fraction=0.001"])
        let runs = try RunLogReader(path: path).comparison()
        #expect(runs.map(\.clients) == [1_000_000, 1_000_000] && runs.allSatisfy { $0.status == .finished })
        for run in 1...2 {
            let rows = try RunTable.query(
                path,
                """
                SELECT (SELECT count(*) FROM client WHERE run_id = \(run)),
                    (SELECT count(DISTINCT client_id) FROM transfer WHERE run_id = \(run)),
                    (SELECT sum(samples) FROM label_count WHERE run_id = \(run))
                """)
            #expect(rows == [["1000", "1000", "20000"]])
        }
    }

    @Test("What a client is does not depend on how many others are registered or take part")
    func sameClients() throws {
        func clients(_ overrides: [String]) throws -> [[String]] {
            let path = try Self.run(
                overrides + ["devices.stragglers.fraction=0", "methods=[fedavg]", "participation=all"])
            return try RunTable.query(
                path,
                """
                SELECT client.client_id, uplink_Bps, latency_s, flops_per_s, group_concat(label || ':' || \
                l.samples)
                FROM client JOIN label_count l USING (run_id, client_id) WHERE client_id < 20 GROUP BY 1 \
                ORDER BY 1
                """)
        }
        let few = try clients(["clients=20"]), many = try clients(["clients=500"])
        #expect(few == many && few.count == 20)
    }

    @Test(
        "Clients that draw their images have as many as told, skewed by beta",
        arguments: ["iid", "dirichlet"])
    func skew(kind: String) throws {
        let path = try Self.run([
            "clients=300", "participation=all", "methods=[fedavg]",
            "data.partition={kind: \(kind), beta: 0.1, per-client: 50}",
        ])
        let classes = try RunTable.query(
            path, "SELECT count(*), sum(samples) FROM label_count GROUP BY client_id")
        #expect(classes.count == 300 && classes.allSatisfy { $0[1] == "50" })
        let mean = classes.map { Double($0[0])! }.reduce(0, +) / 300
        // IID: 10 classes less 10 · 0.9^50 = 9.95. Dirichlet 0.1: a few of them.
        if kind == "iid" { #expect(mean > 9.8) } else { #expect(mean < 6 && mean > 1.5) }
    }

    @Test("The repository's scenarios are valid, and so is every variant, resolved again")
    func scenarioFiles() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: scenarioFolder.path())
            .filter { $0.hasSuffix(".yaml") }.sorted()
        #expect(Set(["stragglers.yaml", "churn.yaml", "million-clients.yaml"]).isSubset(of: names))
        for name in names {
            let scenario = try Scenario.load(
                path: scenarioPath(name), knownMethods: FederatedMethods.names)
            #expect(name == "\(scenario.name).yaml")
            for variant in [scenario] + scenario.variants().map(\.scenario) {
                let again = try Scenario.parse(
                    variant.resolvedYAML, file: name, knownMethods: FederatedMethods.names)
                #expect(again == variant, "\(name)")
            }
        }
    }

    @Test(
        "The stragglers scenario, timing only: deadlines and over-selection shorten rounds, FedBuff waits for nobody"
    )
    func stragglers() throws {
        let text = try String(contentsOfFile: scenarioPath("stragglers.yaml"), encoding: .utf8)
        let path = try ExperimentTests.run(
            text, overrides: ["training.mode=none", "training.rounds=10", "methods=[fedavg, fedbuff]"])
        let runs = try RunLogReader(path: path).comparison()
        #expect(runs.allSatisfy { $0.status == .finished && $0.rounds == 10 })
        let averaging = runs.filter { $0.method == "fedavg" }.map(\.virtualSeconds)
        let buffered = runs.first { $0.method == "fedbuff" }!.virtualSeconds
        #expect(averaging.count == 3 && averaging[1] < averaging[0] && averaging[2] < averaging[0])
        #expect(buffered < averaging[0])
    }
}
