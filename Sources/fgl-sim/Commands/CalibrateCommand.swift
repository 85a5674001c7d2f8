import ArgumentParser
import Core
import Foundation
import Models
import Scenarios

struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Measures how fast this machine trains, as a devices: section.",
        discussion: """
            Trains the scenario's model at the scenario's image side and batch on one thread, and prints the \
            speed that gives the same time in a simulation. The speed is what training reaches, not the \
            machine's peak. Without a scenario: ResNet-18 at the defaults.

            Examples:
              fgl-sim calibrate scenarios/quickstart.yaml
              fgl-sim calibrate
            """)

    @Argument(help: "The scenario file.", completion: .file(extensions: ["yaml", "yml"]))
    var scenario: String?

    @Option(help: "Steps of training that are timed at once; the median of five such windows counts.")
    var steps = 5

    func validate() throws {
        guard (1...1000).contains(steps) else {
            throw ValidationError("--steps must be from 1 to 1000.")
        }
    }

    func run() throws {
        let scenario =
            if let path = self.scenario {
                try Scenario.load(path: path)
            } else {
                try Scenario.parse(
                    "name: defaults\nmethods: [fedavg]\n", file: "defaults", overrides: [])
            }
        if let notice = scenario.leavesSweepOut { Terminal.standardError.write("\(notice)\n") }
        let side = scenario.data.side, batch = scenario.training.optimizer.batch
        guard let architecture = scenario.model.builtInArchitecture(classes: 10, side: side) else {
            throw ValidationError("model.kind: \(scenario.model.kind.rawValue) cannot be measured.")
        }
        try Torch.use(scenario.device)
        let precision = scenario.training.precision ?? .float32
        let pool = WorkerThreads(workers: 1)
        defer { pool.close() }
        let windowSteps = steps
        let rate = try pool.submit {
            try TrainingBenchmark.run(
                architecture, side: side, batch: batch, precision: precision, stepsPerWindow: windowSteps
            ).imagesPerSecond
        }.wait()
        let speed = rate * Double(architecture.trainingOperations(side: side))
        Terminal.standardOutput.write(
            """
            # \(scenario.model.kind.rawValue) at \(side) px, batch \(batch), one thread: \
            \(String(format: "%.1f", rate)) images/s
            devices:
              client: \(String(format: "%.4g", speed / 1e9))GFLOPS

            """)
    }
}
