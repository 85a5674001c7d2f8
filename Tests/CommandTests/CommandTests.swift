import Core
import Foundation
import Models
import Testing

@Suite("Commands")
struct CommandTests {
    @Test("A usage error ends with 64")
    func usage() throws {
        #expect(try Program.run("no-such-command").code == 64)
        #expect(try Program.run("run").code == 64)
        #expect(try Program.run("run", "scenarios/quickstart.yaml", "--jobs", "0").code == 64)
        #expect(try Program.run("run", "scenarios/quickstart.yaml", "--seeds", "3..1").code == 64)
        #expect(
            try Program.run("run", "scenarios/quickstart.yaml", "--seed", "1", "--seeds", "1..2").code == 64)
        #expect(try Program.run("compare", "x.sqlite", "--target-accuracy", "2").code == 64)
    }

    @Test(
        "Shipped scenarios are valid, and docs/scenarios.md lists each",
        arguments: try FileManager.default.contentsOfDirectory(atPath: "\(Program.root.path)/scenarios")
            .filter { $0.hasSuffix(".yaml") }.sorted().map { String($0.dropLast(5)) })
    func validScenario(name: String) throws {
        let list = try String(contentsOf: Program.root.appending(path: "docs/scenarios.md"), encoding: .utf8)
        #expect(list.contains("\n| `\(name).yaml` | "))
        // The images of a folder are the user's.
        let folder = try FirstStepTests.classFolder()
        let own = ["cifar10-folder", "photos"].contains(name) ? ["--set", "data.path=\(folder)"] : []
        let outcome = try Program.run(["validate", "scenarios/\(name).yaml"] + own)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("scenarios/\(name).yaml: valid"))
    }

    @Test(
        "Bad keys and values are told with place and remedy, and exit with 65",
        arguments: [
            ("training.rouns=3", "rounds"), ("network.client.uplink=20parsec", "uplink"),
            ("network.client.uplink=-3Mbps", "uplink"), ("data.partition.beta=0", "beta"),
            ("clients=0", "clients"),
            ("devices.stragglers.fraction=1.5", "fraction"), ("training.batch=0", "batch"),
            ("methods=[fedsgd]", "methods"),
            ("data.set=imagenet", "set"), ("seed=-1", "seed"),
        ])
    func badValue(override: String, key: String) throws {
        for command in ["validate", "run"] {
            let outcome = try Program.run(command, "scenarios/quickstart.yaml", "--set", override)
            #expect(outcome.code == 65)
            #expect(outcome.errors.contains(key), "\(outcome.errors)")
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
            #expect(outcome.output.isEmpty)
        }
    }

    @Test("A seed that no scenario may have is refused on the command line, too")
    func highSeeds() throws {
        let most = "9223372036854775807", above = "9223372036854775808"
        for arguments in [["--seed", above], ["--seeds", "\(most)..\(above)"]] {
            let outcome = try Program.run(["run", "scenarios/quickstart.yaml"] + arguments)
            #expect(outcome.code == 64 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("allowed"), "\(outcome.errors)")
            #expect(outcome.errors.contains(most), "\(outcome.errors)")
        }
    }

    @Test("Nonsense in FGL_QUERY_SECONDS is refused", arguments: ["abc", "-5", "0", "inf", "nan", ""])
    func querySeconds(text: String) throws {
        let outcome = try Program.run(
            Program.executable, ["compare", "results/cookbook.sqlite"],
            environment: ["FGL_QUERY_SECONDS": text])
        #expect(outcome.code == 64 && outcome.output.isEmpty)
        #expect(
            outcome.errors
                == "Error: FGL_QUERY_SECONDS is \(text); allowed are seconds above 0, such as 60\n")
    }

    @Test("calibrate measures ResNet-18 at the defaults where no scenario is given")
    func calibration() throws {
        let outcome = try Program.run("calibrate", "--steps", "1")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.hasPrefix("# resnet18 at 32 px, batch 128, one thread: "))
        #expect(outcome.output.contains("\ndevices:\n  client: "))
    }

    @Test("Closed standard streams are not taken for files that are opened later")
    func closedStreams() throws {
        let path = Program.temporaryPath("closed.sqlite")
        for streams in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let script = """
                exec \(streams); exec "$0" run scenarios/quickstart.yaml --set training.mode=none \
                --output '\(path)'
                """
            let outcome = try Program.run(
                URL(fileURLWithPath: "/bin/sh"), ["-c", script, Program.executable.path])
            #expect(outcome.code == 0, "\(streams): \(outcome.errors)")
            #expect(try Program.sqlite(path, "PRAGMA integrity_check") == ["ok"])
            try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test(
        "Images that cannot be spread over the clients are told of before anything is rendered",
        arguments: [
            (["clients=100", "data.partition.minimum=100"],
                "partition: 1300 images for 100 clients with at least 100 each; take more images or fewer "
                    + "clients\n"),
            (["sweep={ clients: [5, 2000] }", "data.partition.kind=iid"],
                "partition: 1300 images for 2000 clients with at least 1 each; take more images or fewer "
                    + "clients\n"),
        ] as [([String], String)])
    func impossiblePartition(overrides: [String], sentence: String) throws {
        let sets = overrides.flatMap { ["--set", $0] }, path = Program.temporaryPath("partition.sqlite")
        let validation = try Program.run(["validate", "scenarios/quickstart.yaml"] + sets)
        #expect(validation.code == 65 && validation.errors == sentence, "\(validation.errors)")
        let run = try Program.run(
            ["run", "scenarios/quickstart.yaml", "--quiet", "--output", path] + sets)
        #expect(run.code == 65 && run.errors.hasSuffix(sentence), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A trace that is wrong is told with file and line, before a run is begun")
    func badTrace() throws {
        let trace = Program.temporaryPath("trace.csv"), path = Program.temporaryPath("trace.sqlite")
        defer { try? FileManager.default.removeItem(atPath: trace) }
        let lines = "client,uplink_Bps\n0,10\n1,-10\n2,10\n3,10\n4,10\n"
        try Data(lines.utf8).write(to: URL(fileURLWithPath: trace))
        let key = "network.client.uplink={ trace: \(trace) }"
        let sentence = "\(trace):3: uplink_Bps: -10 is not allowed; allowed: bytes per second from 1 to 1e15"
        let run = try Program.run(
            "run", "scenarios/quickstart.yaml", "--quiet", "--output", path, "--set", "methods=[fedavg]",
            "--set", key)
        #expect(run.code == 65)
        #expect(run.errors.contains(sentence), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: path))
        let validation = try Program.run("validate", "scenarios/quickstart.yaml", "--set", key)
        #expect(validation.code == 65)
        #expect(validation.errors.contains(sentence), "\(validation.errors)")
        let gone = try Program.run(
            "run", "scenarios/quickstart.yaml", "--quiet", "--output", path, "--set", "methods=[fedavg]",
            "--set", "devices.client={ trace: /no/such/trace.csv }")
        #expect(gone.code == 74)
        #expect(gone.errors.contains("/no/such/trace.csv: the trace cannot be read"), "\(gone.errors)")
    }

    @Test(
        "Bad data is told before a run is begun",
        arguments: [
            ["clients=2000"],
            ["data.set=image-folder", "data.path=/no/such/folder"],
            ["data.set=cifar10", "data.path=/no/such/folder"],
            ["synthesis.foundation=/no/such/folder", "methods=[fgl-one-shot]"],
        ])
    func badData(overrides: [String]) throws {
        let path = Program.temporaryPath("bad.sqlite")
        let outcome = try Program.run(
            ["run", "scenarios/quickstart.yaml", "--quiet", "--output", path, "--set", "methods=[fedavg]"]
                + overrides.flatMap { ["--set", $0] })
        #expect([65, 74].contains(outcome.code), "\(outcome.code): \(outcome.errors)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("A scenario file that is not there cannot be read, and is not valid")
    func missingScenario() throws {
        #expect(try Program.run("run", "/no/such.yaml").code == 74)
        #expect(try Program.run("validate", "/no/such.yaml").code == 65)
        #expect(try Program.run("validate", "/no/such.yaml").errors.contains("/no/such.yaml"))
    }

    @Test("A folder with one class, or without images, is refused")
    func badFolders() throws {
        let folder = URL(fileURLWithPath: Program.temporaryPath("images"))
        for part in ["train/only", "test/only"] {
            try FileManager.default.createDirectory(
                at: folder.appendingPathComponent(part), withIntermediateDirectories: true)
        }
        let outcome = try Program.run(
            "run", "scenarios/cifar10-folder.yaml", "--quiet", "--set", "data.path=\(folder.path)",
            "--output",
            Program.temporaryPath("x.sqlite"))
        #expect(outcome.code == 65, "\(outcome.code): \(outcome.errors)")
        #expect(outcome.errors.contains(folder.path))
    }

    @Test("Files that are not a results file are refused, and stay as they are")
    func badResults() throws {
        #expect(try Program.run("compare", "/no/such/file.sqlite").code == 74)
        let path = Program.temporaryPath("text.sqlite")
        try "not a database, but long enough to look at: \(String(repeating: "x", count: 2000))"
            .write(toFile: path, atomically: true, encoding: .utf8)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(try Program.run("compare", path).code == 65)
        let outcome = try Program.run(
            "run", "scenarios/quickstart.yaml", "--quiet", "--set", "methods=[fedavg]", "--output", path)
        #expect(outcome.code == 65)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("A directory that cannot be written to ends with 73")
    func unwritable() throws {
        let outcome = try Program.run(
            "run", "scenarios/quickstart.yaml", "--quiet", "--set", "methods=[fedavg]", "--output",
            "README.md/x.sqlite")
        #expect(outcome.code == 73, "\(outcome.errors)")
    }

    @Test("network prints a line per transfer, and refuses what is no case")
    func network() throws {
        let fixture = "Tests/SimulatorTests/Fixtures/simgrid/star-3-clients-6-flows.json"
        let outcome = try Program.run("network", fixture)
        #expect(outcome.code == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first == "id,end_s")
        #expect(lines.count == 7)
        let bad = Program.temporaryPath("case.json")
        try "{}".write(toFile: bad, atomically: true, encoding: .utf8)
        let refused = try Program.run("network", bad)
        #expect(refused.code == 65 && refused.errors.hasPrefix("fgl-sim: \(bad): "), "\(refused.errors)")
        #expect(try Program.run("network", "/no/such/case.json").code == 74)
    }

    @Test("A truncated JPEG is skipped with a count, and an error where the scenario is strict")
    func truncatedImage() throws {
        let folder = URL(fileURLWithPath: Program.temporaryPath("photos"))
        var generator = RandomStream(seed: 3)
        for part in ["train", "test"] {
            for name in ["cat", "dog"] {
                let place = folder.appendingPathComponent("\(part)/\(name)")
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
                for number in 0..<6 {
                    let pixels = (0..<3 * 32 * 32).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    let image = RGBImage(width: 32, height: 32, pixels: pixels)
                    var bytes = try ImageCodec.encodeJPEG(image, quality: 90)
                    if part == "train", name == "dog", number == 2 { bytes.removeLast(bytes.count / 2) }
                    try Data(bytes).write(to: place.appendingPathComponent("\(number).jpg"))
                }
            }
        }
        let arguments = [
            "run", "scenarios/cifar10-folder.yaml", "--set", "data.path=\(folder.path)", "--set",
            "methods=[fedavg]",
            "--set", "training.rounds=1", "--set", "clients=2",
        ]
        let lenient = Program.temporaryPath("lenient.sqlite"), strict = Program.temporaryPath("strict.sqlite")
        let outcome = try Program.run(arguments + ["--output", lenient])
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("1 unreadable image skipped") && outcome.errors.contains("dog/2.jpg"))
        let refused = try Program.run(arguments + ["--output", strict, "--set", "data.strict=true"])
        #expect(
            refused.code == 65 && refused.errors.contains("dog/2.jpg"), "\(refused.code) \(refused.errors)")
        #expect(!FileManager.default.fileExists(atPath: strict))
    }
}
