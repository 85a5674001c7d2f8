import ArgumentParser
import Core
import Models
import Scenarios

struct ValidateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Checks a scenario file: every error with line, key, value and what is allowed.",
        discussion: """
            Also estimates the memory of a run, and `run` refuses what this machine cannot hold.

            Example:
              fgl-sim validate scenarios/quickstart.yaml
            """)

    @Argument(help: "The scenario file.", completion: .file(extensions: ["yaml", "yml"]))
    var scenario: String

    @Option(name: .customLong("set"), help: "Overrides a key of the scenario, as for `run`.")
    var overrides: [String] = []

    @OptionGroup
    var workers: WorkerOptions

    @OptionGroup
    var words: StrictOption

    func run() throws {
        let scenario: Scenario
        do {
            scenario = try .load(
                path: self.scenario, overrides: overrides)
            try scenario.checkPaths(file: self.scenario)
            for notice in scenario.notices {
                Terminal.standardError.write("\(notice)\n")
            }
            try scenario.checkTraces()
            try scenario.checkPartitions()
            for sentence in try scenario.notLearntWords() { try words.note(sentence) }
        } catch {
            // A file that is not there is not valid either: this command knows 0 and 65 alone.
            Terminal.standardError.write(TerminalText.lines("\(error)") + "\n")
            throw ExitCode(ExitStatus.badInput)
        }
        let runs = scenario.runCount
        Terminal.standardOutput.write("\(self.scenario): valid; \(runs) run\(runs == 1 ? "" : "s") a seed\n")
        if let memory = memory(of: scenario) { Terminal.standardOutput.write("memory: \(memory)\n") }
    }

    /// What the real work takes at most; `nil` of scenarios that are timing only.
    private func memory(of scenario: Scenario) -> String? {
        let estimate: MemoryEstimate
        do { estimate = try MemoryEstimate(scenario) } catch {
            // `run` says it, too, and ends with it.
            return "not known: \(TerminalText.line("\(error)", limit: 2000))"
        }
        guard estimate.workerBytes > 0 else { return nil }
        func text(_ bytes: Double) -> String { Format.bytes(Format.whole(bytes)) }
        let count = workers.count
        var parts = [
            (estimate.weightBytes, "of weights for all workers"),
            (Double(count) * estimate.workerBytes, "for work in progress"),
        ]
        parts.removeAll { $0.0 == 0 }
        let work = parts.map { "\(text($0.0)) \($0.1)" }, images = "\(text(estimate.imageBytes)) of images"
        let total = text(estimate.bytes(workers: count)), plural = count == 1 ? "" : "s"
        guard estimate.device == .cpu else {
            return "about \(total), \(images) among it; on \(estimate.device.text) with \(count) "
                + "worker\(plural): " + work.joined(separator: ", ")
        }
        let line =
            "about \(total) with \(count) worker\(plural): "
            + (work + (estimate.imageBytes > 0 ? [images] : [])).joined(separator: ", ")
        let fitting = estimate.workers(in: Double(MachineMemory.limit))
        guard fitting < count else { return line }
        return line
            + "; this machine has \(text(Double(MachineMemory.limit))), "
            + (fitting > 0 ? "enough for --jobs \(fitting)" : "too little for one worker")
    }
}
