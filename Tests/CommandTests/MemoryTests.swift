import Foundation
import TestSupport
import Testing

/// Memory that is short in the middle of a computation. `FGL_TENSOR_BYTES_LIMIT` makes libtorch's calls fail
/// where a tensor is larger, as they do where a device has no room.
@Suite("Short memory")
struct MemoryTests {
    private func run(_ arguments: [String], limit: Int?) throws -> Program.Outcome {
        var environment = ["FGL_CACHE_LIMIT": "0B"]
        if let limit { environment["FGL_TENSOR_BYTES_LIMIT"] = "\(limit)" }
        return try Program.run(Program.executable, arguments, environment: environment)
    }

    @Test("fewer images are drawn at a time, a line says so, and they are the same images")
    func smallerBatches() throws {
        func draw(limit: Int?) throws -> (outcome: Program.Outcome, file: Data) {
            let path = TestFiles.path("sheet.png")
            let outcome = try run(
                [
                    "synthesize", "A photo of a star", "--foundation", "builtin-small", "--count", "4",
                    "--steps", "1", "--output", path,
                ], limit: limit)
            return (outcome, try Data(contentsOf: URL(filePath: path)))
        }
        let whole = try draw(limit: nil), parts = try draw(limit: 700_000)
        #expect(whole.outcome.code == 0 && !whole.outcome.errors.contains("memory"))
        #expect(parts.outcome.code == 0)
        #expect(
            parts.outcome.errors.contains("memory is short for 4 images to draw at a time: 2 are tried\n"),
            "\(parts.outcome.errors)")
        // Rounding may move a byte, which the size of a compressed sheet shows but little.
        #expect(abs(whole.file.count - parts.file.count) < 200)
    }

    @Test("where not even the weights find room, one sentence says so")
    func noRoom() throws {
        let path = TestFiles.path("none.png")
        let outcome = try run(
            ["synthesize", "A star", "--foundation", "builtin-small", "--output", path], limit: 20_000)
        #expect(outcome.code == 65)
        #expect(outcome.errors.hasPrefix("fgl-sim: no memory on cpu: a tensor of "), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    private static let scenario = """
        name: short
        methods: [fedavg]
        clients: 2
        data: { side: 64, train-per-class: 26, test-per-class: 2, partition: { kind: iid } }
        training: { rounds: 1, local-epochs: 1, batch: 64 }
        """

    @Test("a training is not made with another batch: the sentence names it")
    func training() throws {
        let file = try TestFiles.write(Self.scenario, "short.yaml"), output = TestFiles.path("short.sqlite")
        let outcome = try run(
            ["run", file, "--quiet", "--no-cache", "--jobs", "1", "--output", output], limit: 10_000_000)
        #expect(outcome.code == 65)
        #expect(
            outcome.errors.contains(
                "(work: train); its batch (training.batch, synthesis.batch or centralized.batch) is 64; "
                    + "allowed: a smaller batch, which is another training, or a device with more memory"),
            "\(outcome.errors)")
    }
}
