import Foundation
import TestSupport
import Testing

/// What the program says where the system, or the folder it is in, lacks what it needs: a line and an exit
/// code.
@Suite("Scarcity")
struct ScarcityTests {
    private static let scenario = """
        name: scarce
        methods: [fedavg]
        clients: 2
        data: { train-per-class: 4, test-per-class: 2, partition: { minimum: 0 } }
        training: { rounds: 1, local-epochs: 1, batch: 4 }
        """

    /// A run of a scenario in a shell, with the program at a path.
    private func run(
        _ shell: String, program: String = Program.executable.path, _ overrides: [String] = []
    ) throws -> Program.Outcome {
        let file = try TestFiles.write(Self.scenario, "scarce.yaml"), output = TestFiles.path("scarce.sqlite")
        let sets = overrides.map { "--set '\($0)'" }.joined(separator: " ")
        return try Program.run(
            URL(filePath: "/bin/bash"),
            [
                "-c",
                "\(shell) exec '\(program)' run '\(file)' --quiet --no-cache --jobs 1 --output '\(output)' "
                    + "\(sets)",
            ])
    }

    #if os(Linux)
        @Test("Memory that the system refuses is told in one line")
        func memory() throws {
            // A million clients take more than a gigabyte.
            let outcome = try run(
                "ulimit -v 700000;",
                ["training.mode=none", "clients=1000000", "data.partition.per-client=4"])
            #expect(outcome.code == 74)
            #expect(
                outcome.errors.hasPrefix("fgl-sim: out of memory: the system refuses "), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }

        @Test("Memory that real work would not find is told before it begins")
        func estimate() throws {
            // 614 GB of pixels where 6 GB may be taken.
            let outcome = try run("ulimit -v 6000000;", ["data.side=1024", "data.train-per-class=20000"])
            #expect(outcome.code == 74)
            #expect(
                outcome.errors.contains(" of memory are needed with 1 worker, and 5.72 GiB are there; "),
                "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
    #endif

    @Test("A program without its library of tensors says so, and does what needs none")
    func library() throws {
        let folder = URL(filePath: TestFiles.path("alone"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let program = folder.appending(path: "fgl-sim")
        do { try FileManager.default.linkItem(at: Program.executable, to: program) } catch {
            try FileManager.default.copyItem(at: Program.executable, to: program)
        }
        let outcome = try run("", program: program.path)
        #expect(outcome.code == 74)
        #expect(outcome.errors.hasPrefix("fgl-sim: libtorch cannot be loaded: "), "\(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(try run("", program: program.path, ["training.mode=none"]).code == 0)
    }

    @Test("A pipe as a scenario is not waited for, and a thousand overrides are enough")
    func pipesAndFloods() throws {
        let pipe = TestFiles.path("pipe.yaml")
        try #require(mkfifo(pipe, 0o600) == 0)
        for command in ["validate", "run"] {
            let outcome = try Program.run(command, pipe)
            #expect(outcome.code == (command == "run" ? 74 : 65))
            #expect(outcome.errors == "\(pipe): the file cannot be read: it is a pipe\n")
        }
        let sets = (1...1001).flatMap { ["--set", "training.rounds=\($0)"] }
        let outcome = try Program.run(["validate", "scenarios/quickstart.yaml"] + sets)
        #expect(outcome.code == 64)
        #expect(
            outcome.errors
                == "Error: 1001 times --set; allowed: at most 1000. Write the values into the scenario "
                    + "file.\n"
        )
    }

    @Test("A name in an error does nothing to the terminal")
    func controlCharacters() throws {
        let outcome = try Program.run("validate", "\u{1B}[2Jnone.yaml", "--set", "tr\u{1B}]0;x\u{7}=1")
        #expect(outcome.code == 65)
        #expect(!outcome.errors.unicodeScalars.contains("\u{1B}") && outcome.errors.contains("\\u{1B}"))
    }
}
