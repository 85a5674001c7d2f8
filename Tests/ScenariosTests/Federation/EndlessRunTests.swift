import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Runs that would never end, or only after all that a disk holds: they stop with a sentence.
@Suite("Endless runs")
struct EndlessRunTests {
    private static let base = """
        name: endless
        clients: 3
        methods: [fedavg]
        training.mode: none
        training.rounds: 100000
        data: { train-per-class: 3, test-per-class: 1, partition: { minimum: 0 } }

        """

    /// The error that a run ends with, and how its file says it has ended.
    private func outcome(_ keys: String, method: String = "fedavg") throws -> (
        error: any Error, status: RunStatus?, rows: Int
    ) {
        let scenario = try Scenario.parse(
            Self.base + keys, file: "test.yaml", overrides: ["methods=[\(method)]"],
            knownMethods: FederatedMethods.names)
        let path = TestFiles.path("endless.sqlite")
        do {
            try Experiment(scenario, output: path, jobs: 1, build: "test").run { _, _ in SilentProgress() }
        } catch {
            let reader = try RunLogReader(path: path)
            let rows =
                try RunTable.query(path, "SELECT count(*) FROM event").first.flatMap { Int($0[0]) } ?? 0
            return (error, try reader.runs().first?.status, rows)
        }
        struct Ended: Error {}
        throw Ended()
    }

    @Test(
        "Where nobody ever brings an update, a run ends after 20,000 attempts",
        arguments: ["fedavg", "fedasync", "fedbuff", "scaffold", "feddyn"],
        ["before-training", "during-upload"])
    func nobody(method: String, stage: String) throws {
        let (error, status, rows) = try outcome("faults.dropout.\(stage): 1\n", method: method)
        guard case FederationError.noProgress(attempts: 20_000, _)? = error as? FederationError else {
            Issue.record("\(error)")
            return
        }
        #expect(status == .failed && rows < 500_000)
        #expect(
            "\(error)".contains("clients have taken part 20000 times since the server last got the updates"))
    }

    @Test("A transfer that waits for the server through a hundred thousand outages ends as told, in seconds")
    func outagesWithinOutage() throws {
        let begin = ContinuousClock.now
        let (error, status, rows) = try outcome(
            "faults: { client-outages: { every: 1s, for: 20ms }, when-away: pause, "
                + "server-restarts: { every: 10ms, for: 1000h } }\ndevices.client: 1kFLOPS\n")
        #expect("\(error)".contains("in which no transfer and no work was completed"), "\(error)")
        #expect(status == .failed && rows > 50_000)
        // A second; it was a minute and more while each event looked through all those before it.
        #expect(ContinuousClock.now - begin < .seconds(40))
    }

    @Test("Rounds to which only late updates bring anything go on")
    func acceptedLate() throws {
        let path = try ExperimentTests.run(
            Self.base,
            overrides: [
                "clients=200", "data.train-per-class=100", "training.rounds=400",
                "participation={ policy: deadline, deadline: 10ms, late: accept-stale }",
            ])
        let reader = try RunLogReader(path: path)
        #expect(try reader.runs()[0].status == .finished)
        let updates = try RunTable.query(
            path, "SELECT count(*) FROM event WHERE kind = 'update-stale'")[0][0]
        #expect(Int(updates)! > 10_000)
    }

    @Test("A transfer that is stopped again and again ends the run")
    func stoppedTransfers() throws {
        let (error, status, _) = try outcome(
            "faults: { availability: { windows: [ { from: 0s, to: 1ns } ], period: 1s }, when-away: pause }\n"
        )
        guard case SimulatorError.noProgress(_, events: 200_060, _)? = error as? SimulatorError else {
            Issue.record("\(error)")
            return
        }
        #expect(status == .failed)
    }

    @Test("Outages that are too many to be followed end the run")
    func outages() throws {
        let (error, status, _) = try outcome(
            "faults: { client-outages: { every: 1ms, for: 1ms }, when-away: pause }\ndevices.client: 1FLOPS\n"
        )
        guard case SimulatorError.tooManyOutages? = error as? SimulatorError else {
            Issue.record("\(error)")
            return
        }
        #expect(status == .failed)
    }

    @Test("Work and transfers beyond the end of virtual time are told with what is too slow")
    func endOfTime() throws {
        for keys in ["devices.client: 1FLOPS\ntraining.local-epochs: 100000\n", "devices.server: 1FLOPS\n"] {
            let (error, status, _) = try outcome(
                keys, method: keys.contains("server") ? "centralized" : "fedavg")
            guard case SimulatorError.endOfTime? = error as? SimulatorError else {
                Issue.record("\(keys): \(error)")
                continue
            }
            #expect(status == .failed)
        }
    }

    @Test("A draw from a tail beyond all numbers, and a part of the longest span, are times")
    func longTails() throws {
        let tail = "{ pareto: { minimum: 1000000h, shape: 0.001 } }"
        let scenario = try Scenario.parse(
            Self.base
                + "faults.availability: { windows: [ { from: 0h, to: 6h } ], period: 24h, shift: \(tail) }\n",
            file: "test.yaml", overrides: ["training.rounds=1"], knownMethods: FederatedMethods.names)
        try Experiment(scenario, output: TestFiles.path("tail.sqlite"), jobs: 1, build: "test").run { _, _ in
            SilentProgress()
        }
        let longest = SimDuration(nanoseconds: .max)
        #expect(
            longest.part(1) == longest && longest.part(0) == .zero
                && longest.part(0.999_999_999_999_999_9) <= longest)
        #expect(SimDuration.seconds(10).part(0.25) == .seconds(2.5))
    }
}
