import Foundation
import RunLog
import Scenarios

/// Runs a small federation with a method, a policy and images that fgl-sim does not have.
@main
struct Main {
    static let scenario = """
        name: custom
        clients: 4
        methods: [warm-up, fedavg]
        data: { set: stripes, side: 16, train-per-class: 16, test-per-class: 8, partition: { kind: iid } }
        model: { kind: tiny }
        training: { rounds: 4, local-epochs: 1, batch: 4, learning-rate: 0.05 }
        participation: half
        warm-up: { rounds: 2, epochs: 4 }
        """

    /// Writes the results file that the first argument names, `custom.sqlite` without one.
    static func main() {
        do {
            try run()
        } catch {
            FileHandle.standardError.write(Data("custom-method: \(error)\n".utf8))
            exit(65)
        }
    }

    private static func run() throws {
        let path = CommandLine.arguments.dropFirst().first ?? "custom.sqlite"
        let catalogue = try Catalogue(adding: [WarmUp()], policies: [Half()], sources: [Stripes()])
        let scenario = try Scenario.parse(scenario, file: "custom", catalogue: catalogue)
        try Experiment(scenario, output: path, jobs: 2, build: "custom-method").run { _, _ in
            SilentProgress()
        }
        for row in try RunLogReader(path: path).comparison() {
            print("\(row.method): accuracy \(row.finalAccuracy.map { "\($0)" } ?? "none")")
        }
        // The recorded runs need the same catalogue.
        let replay = try Replay(path: path, catalogue: catalogue)
        for run in replay.runs {
            print("run \(run.runID) replays \(try replay.verify(run).isWhole ? "whole" : "in part")")
        }
    }
}
