import Foundation
import Models
import Testing

/// libtorch, which takes 0.3 s to load, is loaded by those commands alone that need it.
@Suite("Loading of libtorch")
struct LibraryTests {
    private static let shim = "libTorchShim.so"

    /// The program in a folder of its own, with the shim or without; `body` gets its place.
    private func withCopy(ofShim: Bool, _ body: (URL) throws -> Void) throws {
        // Beside the build: hard links need the same file system.
        let built = Program.executable.deletingLastPathComponent()
        let folder = built.appendingPathComponent("copy-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for file in ["fgl-sim"] + (ofShim ? [Self.shim] : []) {
            // A link would not do: a program is where its real path says.
            try FileManager.default.linkItem(
                at: built.appendingPathComponent(file), to: folder.appendingPathComponent(file))
        }
        try body(folder.appendingPathComponent("fgl-sim"))
    }

    @Test("Commands without tensors work where there is no libtorch")
    func notNeeded() throws {
        let path = Program.temporaryPath("missing.sqlite")
        try withCopy(ofShim: false) { program in
            for (arguments, code) in [
                (["--help"], 0), (["validate", "scenarios/quickstart.yaml"], 0), (["compare", path], 74),
                (["report", path, "--output", path + ".html"], 74), (["replay", path], 74),
            ] {
                let outcome = try Program.run(program, arguments)
                #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
            }
        }
    }

    @Test("A federation whose models are only timed is run and replayed without libtorch")
    func timingOnly() throws {
        let path = Program.temporaryPath("timing.sqlite")
        defer { try? FileManager.default.removeItem(atPath: path) }
        try withCopy(ofShim: false) { program in
            let played = try Program.run(
                program,
                [
                    "run", "scenarios/quickstart.yaml", "--quiet", "--output", path, "--set",
                    "methods=[fedavg]",
                    "--set", "training.mode=none", "--set", "compression=int8",
                ])
            #expect(played.code == 0, "\(played.errors)")
            let replayed = try Program.run(program, ["replay", path])
            #expect(replayed.code == 0, "\(replayed.errors)")
            #expect(try Program.sqlite(path, "SELECT count(*) >= 100 FROM transfer") == ["1"])
        }
    }

    @Test(
        "Where libtorch is missing, a command that needs it says so in one line, with exit code 74",
        arguments: [
            ["run", "scenarios/quickstart.yaml", "--quiet", "--output"],
            ["synthesize", "A photo of a star", "--count", "1", "--output"],
            ["caption"], ["bench", "train"],
        ])
    func missing(arguments: [String]) throws {
        let path = Program.temporaryPath("missing.png")
        try withCopy(ofShim: false) { program in
            let takesPath = arguments.last == "--output" || arguments == ["caption"]
            let outcome = try Program.run(program, arguments + (takesPath ? [path] : []))
            #expect(outcome.code == 74)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.hasPrefix("fgl-sim: libtorch cannot be loaded: \(Self.shim): "))
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("The shim is found beside a program that was moved")
    func moved() throws {
        let path = Program.temporaryPath("sheet.png")
        defer { try? FileManager.default.removeItem(atPath: path) }
        try withCopy(ofShim: true) { program in
            let outcome = try Program.run(
                program,
                ["synthesize", "A photo of a star", "--count", "1", "--steps", "1", "--output", path])
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(FileManager.default.fileExists(atPath: path))
        }
    }

    @Test("The version is known, and libtorch is there after its loading")
    func lazy() throws {
        #expect(Torch.version.split(separator: ".").count == 3)
        try Torch.load()
        #expect(Torch.isLoaded)
        #expect(Tensor([1, 2, 3]).count == 3)
    }

    /// What a short training comes to with an environment: hash of the model, mean loss of the last epoch,
    /// build.
    private func training(
        _ environment: [String: String]
    ) throws -> (model: String, loss: Double, build: String) {
        let path = Program.temporaryPath("kernels.sqlite")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let outcome = try Program.run(
            Program.executable,
            [
                "run", "scenarios/quickstart.yaml", "--quiet", "--output", path,
                "--set", "methods=[centralized]", "--set", "centralized.epochs=2",
                "--set", "data.train-per-class=8", "--set", "data.test-per-class=2",
            ], environment: environment)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let model = try Program.sqlite(path, "SELECT model_sha256 FROM run")
        let build = try Program.sqlite(path, "SELECT build FROM run")
        let loss = try Program.sqlite(
            path, "SELECT value FROM metric WHERE split = 'train' AND name = 'loss' ORDER BY t DESC LIMIT 1")
        return (
            try #require(model.first), try #require(loss.first.flatMap(Double.init)),
            try #require(build.first)
        )
    }

    @Test("Kernels are chosen by the processor, not by what the environment says to the libraries")
    func foreignVariables() throws {
        let plain = try training([:])
        let foreign = try training([
            "OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_L2_SIZE": "64", "ONEDNN_MAX_CPU_ISA": "SSE41",
            "DNNL_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default",
        ])
        #expect(foreign == plain)
        #expect(plain.build.contains("libtorch's kernels for \(Torch.capability)"))
        if let kernels = Torch.kernels { #expect(plain.build.contains("; \(kernels);")) }
    }

    @Test(
        "Training is the same within rounding with all kernels that the processor has, and the build names them",
        .enabled(if: Torch.kernels?.contains(" as ") == true), arguments: Torch.processorKernels)
    func chosenKernels(_ kernels: String) throws {
        let plain = try training([:])
        let chosen = try training(["FGL_OPENBLAS_CORETYPE": kernels])
        #expect(chosen.build.contains(" as \(kernels);"))
        #expect(abs(chosen.loss - plain.loss) < 0.05 * abs(plain.loss), "\(chosen.loss), \(plain.loss)")
    }

    @Test("libtorch's narrowest kernels can be asked for, and the build names them")
    func chosenCapability() throws {
        let plain = try training([:])
        let narrow = try training(["FGL_ATEN_CPU_CAPABILITY": "default"])
        #expect(narrow.build.hasSuffix("libtorch's kernels for default"))
        #expect(abs(narrow.loss - plain.loss) < 0.05 * abs(plain.loss), "\(narrow.loss), \(plain.loss)")
    }

    @Test(
        "Kernels that nobody knows are refused in one line",
        .enabled(if: Torch.kernels?.contains(" as ") == true))
    func unknownKernels() throws {
        let path = Program.temporaryPath("unknown.png")
        let outcome = try Program.run(
            Program.executable,
            ["synthesize", "A photo of a star", "--count", "1", "--steps", "1", "--output", path],
            environment: ["FGL_OPENBLAS_CORETYPE": "Pentium"])
        #expect(outcome.code == 74)
        #expect(outcome.errors.contains(" has no kernels that compute right on this processor"))
        #expect(outcome.errors.contains("(Pentium: this OpenBLAS has none)"))
    }

    @Test("--version tells the version in its first line, and libtorch and the kernels below")
    func version() throws {
        let output = try Program.run(Program.executable, ["--version"]).output
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines.first?.wholeMatch(of: /[0-9]+\.[0-9]+\.[0-9]+\S*/) != nil)
        #expect(lines.contains("  libtorch \(Torch.version)"))
        #expect(lines.contains("  libtorch's kernels for \(Torch.capability)"))
        if let kernels = Torch.kernels { #expect(lines.contains("  \(kernels)")) }
        #expect(lines.contains("  devices: \(Torch.devices)") && Torch.devices.hasPrefix("cpu"))
    }

    @Test("The error says what is missing and what helps")
    func sentence() {
        #expect(
            "\(TorchError.unavailable(reason: "libtorch.so: cannot open"))"
                == "libtorch cannot be loaded: libtorch.so: cannot open; libTorchShim belongs beside the "
                + "program, and libtorch where the system looks for libraries (apt-get install libtorch-dev) "
                + "or where LIBTORCH said in the build")
    }

    @Test("A device that is not there is an error of one line, with exit code 65 and without a run")
    func device() throws {
        let path = Program.temporaryPath("device.sqlite")
        defer { try? FileManager.default.removeItem(atPath: path) }
        func run(_ device: String) throws -> Program.Outcome {
            try Program.run(
                "run", "scenarios/quickstart.yaml", "--set", "device=\(device)", "--output", path, "--quiet")
        }
        let unknown = try run("gpu")
        #expect(unknown.code == 65)
        #expect(unknown.errors.contains("device: gpu") && unknown.errors.contains("allowed: cpu, cuda"))

        do {
            try Torch.use(.cuda)
            // A machine with a GPU: its own suite would run there.
        } catch {
            let missing = try run("cuda")
            #expect(missing.code == 65)
            #expect(missing.errors == "fgl-sim: \(error)\n", "\(missing.errors)")
            #expect(
                "\(error)".hasPrefix("device: cuda is not there: libtorch \(Torch.version) sees no GPU; "))
            #expect(
                "\(error)".hasSuffix(
                    "allowed here: cpu (docs/gpu.md: a GPU needs NVIDIA's driver and a libtorch with CUDA)"))
            #expect(try run("cuda:1").errors.hasPrefix("fgl-sim: device: cuda:1 is not there: "))
            #expect(!FileManager.default.fileExists(atPath: path))
        }
        try Torch.use(.cpu)
    }
}
