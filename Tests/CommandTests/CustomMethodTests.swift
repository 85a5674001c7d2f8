import Foundation
import Testing

/// The package in `Examples/CustomMethod`: a method, a policy and images that are not in this package.
@Suite("A package of its own")
struct CustomMethodTests {
    @Test("Its program runs and replays its method under its policy on its images")
    func runs() throws {
        let path = Program.temporaryPath("custom.sqlite")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let program = Program.executable.deletingLastPathComponent().appendingPathComponent("custom-method")
        let outcome = try Program.run(program, [path])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 4 && lines[0].hasPrefix("warm-up: accuracy "))
        #expect(lines.suffix(2) == ["run 1 replays whole", "run 2 replays whole"])
        // Two of four clients in each of four rounds.
        let uploads =
            "SELECT run_id, count(*) FROM transfer WHERE direction = 'up' GROUP BY run_id ORDER BY run_id"
        #expect(try Program.sqlite(path, uploads) == ["1|8", "2|8"])
        #expect(try Program.sqlite(path, "SELECT scenario LIKE '%set: stripes%' FROM run") == ["1", "1"])
        // More local epochs in the first two rounds: 4 · 2 images a step of 4.
        let steps = "SELECT DISTINCT flops FROM work WHERE kind = 'train' AND run_id = 1 ORDER BY flops"
        let flops = try Program.sqlite(path, steps).compactMap(Double.init)
        #expect(flops.count == 2 && flops[1] == 4 * flops[0])
        // Without its catalogue the program of this package knows none of them, and says so.
        let foreign = try Program.run(["replay", path])
        #expect(foreign.code == 65 && foreign.errors.contains("unknown method 'warm-up'"))
    }

    @Test("The package itself is one that the compiler's package manager understands")
    func manifest() throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Examples/CustomMethod").path
        let outcome = try Program.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            ["swift", "package", "--package-path", folder, "dump-package"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        for product in ["Scenarios", "RunLog", "Models", "TorchShim"] {
            #expect(outcome.output.contains("\"\(product)\""))
        }
    }
}
