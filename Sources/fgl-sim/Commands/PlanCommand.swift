import ArgumentParser
import Core
import Foundation
import Scenarios

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "How much real work a scenario has, and how long it takes on some number of workers.",
        discussion: """
            Plays the scenario timing-only and measures this machine's speed on small pieces of the same \
            work. Workers are taken to be as fast as a thread of this machine.

            Example:
              fgl-sim plan scenarios/quickstart.yaml --workers 16
            """)

    @Argument(help: "The scenario file.", completion: .file(extensions: ["yaml", "yml"]))
    var scenario: String

    @Option(name: .customLong("set"), help: "Overrides a key of the scenario, any YAML value.")
    var overrides: [String] = []

    @Option(help: "How many pieces of work are done at a time. Default: one per processor.")
    var workers: Int?

    func validate() throws {
        if let workers, !(1...100_000).contains(workers) {
            throw ValidationError("--workers is \(workers); allowed are whole numbers from 1 to 100000.")
        }
    }

    func run() throws {
        let interrupts = InterruptHandler.clearingScratchFolders()
        defer { interrupts.stop() }
        let count = workers ?? ProcessInfo.processInfo.activeProcessorCount
        let scenario = try Scenario.load(path: scenario, overrides: overrides)
        let plan = try WorkPlan(scenario, workers: count)
        var lines = ["kind              pieces      operations    on one thread"]
        for kind in plan.kinds where kind.pieces > 0 {
            lines.append(
                kind.name.padding(toLength: 16, withPad: " ", startingAt: 0)
                    + String(format: "%8d  %14.3g  ", kind.pieces, kind.operations)
                    + Format.duration(kind.seconds))
        }
        lines += [
            "",
            "all, on one thread:     \(Format.duration(plan.totalSeconds))",
            "until work begins:      \(Format.duration(plan.startSeconds))",
            "longest chain:          \(Format.duration(plan.criticalSeconds))",
            "on \(count) worker\(count == 1 ? "" : "s"):".padding(toLength: 24, withPad: " ", startingAt: 0)
                + Format.duration(plan.seconds),
            "moved by an engine:     \(Format.bytes(Int(plan.movedBytes)))",
            "disk while it runs:     \(Format.bytes(Int(plan.diskBytes)))",
            "memory of a worker:     \(Format.bytes(Int(plan.workerMemoryBytes)))",
        ]
        let evaluation = scenario.evaluation
        let notCounted = [
            ("evaluation.clients", evaluation.clients == true),
            ("evaluation.membership", evaluation.membership),
            ("evaluation.retrieval", evaluation.retrieval), ("attack", scenario.attack.kind != .none),
        ].filter(\.1).map(\.0)
        if !notCounted.isEmpty {
            lines.append("not counted:            what \(notCounted.joined(separator: ", ")) asks of models")
        }
        Terminal.standardOutput.write(lines.joined(separator: "\n") + "\n")
    }
}
