import Foundation
import RunLog
import Scenarios
import Testing

/// What `fgl-sim plan` says of a scenario's work; its seconds depend on the machine, and are compared with
/// real runs in docs/cluster.md.
@Suite("Plan of the work")
struct WorkPlanTests {
    private func plan(_ methods: String, workers: Int = 2, and overrides: [String] = []) throws -> WorkPlan {
        let scenario = try Scenario.parse(
            GenerativeTests.resNet, file: "test.yaml",
            overrides: ["methods=[\(methods)]", "training.mode=none", "synthesis.foundation=builtin-small"]
                + overrides,
            knownMethods: FederatedMethods.names)
        return try WorkPlan(scenario, workers: workers)
    }

    private func pieces(_ plan: WorkPlan, _ kind: WorkKind) -> Int? {
        plan.kinds.first { $0.name == kind.rawValue }?.pieces
    }

    @Test("What several methods ask for alike is counted once, and what each does for itself is not")
    func shared() throws {
        let one = try plan("fgl-one-shot"), rounds = try plan("fgl-5-round")
        let both = try plan("fgl-one-shot, fgl-5-round")
        #expect(pieces(one, .synthesize) == 10)
        #expect(pieces(both, .synthesize) == 10)
        // The server trains once on the images of both; clients train in the rounds of one of them.
        #expect(pieces(one, .train) == 1)
        #expect(pieces(both, .train) == pieces(rounds, .train))
    }

    @Test("More workers are no slower, and none is faster than the longest chain")
    func workers() throws {
        let plan = try plan("fedavg", workers: 1)
        #expect(plan.criticalSeconds > 0 && plan.totalSeconds >= plan.criticalSeconds)
        #expect(plan.seconds >= plan.totalSeconds)
        #expect(plan.movedBytes > 0 && plan.diskBytes > 0 && plan.workerMemoryBytes > 0)
    }

    @Test("A training that evaluates on its way takes as long as its evaluations, too, whatever the method")
    func evaluations() throws {
        for method in ["centralized", "fgl-one-shot", "dense"] {
            let small = ["dense={local-epochs: 1, epochs: 2, generator-steps: 1, batch: 2}"]
            let few = try plan(method, and: small + ["data.test-per-class=1"])
            let many = try plan(method, and: small + ["data.test-per-class=20000"])
            func work(_ plan: WorkPlan) throws -> WorkPlan.Kind {
                try #require(plan.kinds.first { $0.name == (method == "dense" ? "distill" : "train") })
            }
            #expect(try work(few).operations == work(many).operations)
            #expect(try work(few).seconds * 3 < work(many).seconds, "\(method)")
        }
    }

    @Test("As many epochs are evaluated as are said to be, a dozen at most")
    func evaluatedEpochs() {
        for epochs in 1...200 {
            let count = (1...epochs).count { EvaluatedEpochs.contain($0, of: epochs) }
            #expect(count == EvaluatedEpochs.count(of: epochs))
            #expect((1...12).contains(count))
        }
    }

    @Test("What is measured leaves the thread as it was: keys of tiny settings are not those of zero")
    func tinyNumbers() throws {
        _ = try plan("fedavg", workers: 1)
        #expect(CanonicalText.of(Double.leastNonzeroMagnitude) == "5e-324")
    }
}
