import Foundation
import Models
import RunLog
import Scenarios
import TestSupport
import Testing

/// Models that are written where a run ends (`RunReferenceTests` looks at what is in them).
@Suite("Models that are kept")
struct ModelKeepingTests {
    private static let text = """
        name: kept
        seed: 3
        clients: 2
        methods: [fedavg, local]
        data: { set: shapes, side: 16, train-per-class: 2, test-per-class: 1, partition: { kind: iid } }
        model: { kind: tiny }
        training: { rounds: 2, local-epochs: 1, batch: 4, learning-rate: 0.05 }
        """

    /// Runs into a new folder; returns the files there and what was warned of.
    private func keep(_ overrides: [String] = [], folder: String? = nil) throws -> (
        files: [String], warnings: [String], log: String
    ) {
        let scenario = try Scenario.parse(
            Self.text, file: "test.yaml", overrides: overrides, knownMethods: FederatedMethods.names)
        let log = TestFiles.path("kept.sqlite"), folder = folder ?? TestFiles.path("models")
        let warnings = NotANumberTests.Warnings()
        try Experiment(
            scenario, output: log, jobs: 1, build: "test", models: ModelKeeping(folder: URL(filePath: folder))
        ).run { _, _ in warnings }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        return (files, warnings.texts.withLock { $0 }, log)
    }

    @Test("One file for a global model, one for each client where they end with models of their own")
    func names() throws {
        let (files, warnings, _) = try keep()
        #expect(
            files == [
                "run-1-fedavg.safetensors", "run-2-local-client-0.safetensors",
                "run-2-local-client-1.safetensors",
            ])
        #expect(warnings.isEmpty)
    }

    @Test("A run that is timing only, or re-timed, says that it has no model to be kept")
    func withoutModel() throws {
        let timed = try keep(["training.mode=none", "methods=[fedavg]"])
        #expect(timed.files.isEmpty)
        #expect(timed.warnings == ["run-1-fedavg: no model to be kept: none was trained"])
        let swept = try keep(["methods=[fedavg]", "sweep={network.client.uplink: [10Mbps, 20Mbps]}"])
        #expect(swept.files == ["run-1-fedavg.safetensors"])
        let sha256 = try #require(try RunLogReader(path: swept.log).runs()[1].modelSHA256)
        #expect(
            swept.warnings == [
                "run-2-fedavg: its model is not kept: it was made by the run of which this one took the work "
                    + "(model_sha256 \(sha256.prefix(12)))"
            ])
    }

    @Test("A folder that cannot be made is an error before anything is run")
    func unwritable() throws {
        let file = TestFiles.path("file")
        try Data().write(to: URL(filePath: file))
        for (folder, reason) in [(file, "File exists"), ("/proc/none", "No such file or directory")] {
            let error = #expect(throws: FederationError.self) { _ = try keep(folder: folder) }
            #expect(error?.description == "\(folder): a model state cannot be written: \(reason)")
            #expect(error?.exitCode == 73)
        }
    }
}
