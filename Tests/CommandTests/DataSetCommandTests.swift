import Foundation
import Models
import TestSupport
import Testing

/// Data sets from disk, as users of the program meet them.
@Suite("Data sets from disk")
struct DataSetCommandTests {
    /// A folder with two classes of gray images and a scenario that trains on nothing.
    private struct Place {
        let folder: String

        init(_ classes: [String], splits: [String] = ["train/", "val/"]) throws {
            folder = TestFiles.path("data-set")
            for split in splits {
                for (label, name) in classes.enumerated() {
                    for index in 0..<4 {
                        try write(
                            try ImageCodec.encodePNG(
                                RGBImage(
                                    width: 4, height: 4,
                                    pixels: [UInt8](repeating: UInt8(40 * label + index), count: 48))),
                            to: "home/photos/\(split)\(name)/\(index).png")
                    }
                }
            }
        }

        func write(_ bytes: [UInt8], to name: String) throws {
            let file = URL(fileURLWithPath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }

        /// Runs a scenario on the folder, which it calls by its place below the home folder.
        func run(_ methods: String, _ overrides: String...) throws -> Program.Outcome {
            let text = """
                name: photos
                clients: 2
                methods: [\(methods)]
                data: { set: image-folder, path: ~/photos, side: 8, partition: { kind: iid } }
                training: { rounds: 1, mode: none }
                synthesis: { foundation: builtin-small, per-class: 1, steps: 1 }
                """
            try write(Array(text.utf8), to: "s.yaml")
            let sets = overrides.flatMap { ["--set", $0] }
            return try Program.run(
                Program.executable,
                [
                    "run", "\(folder)/s.yaml", "--quiet", "--no-cache", "--jobs", "1", "--output",
                    "\(folder)/\(UUID()).sqlite",
                ] + sets,
                environment: ["HOME": "\(folder)/home"])
        }
    }

    @Test("~ is $HOME on the command line too, where shells leave it as it is")
    func homeOfArguments() throws {
        let place = try Place(["owl", "parrot"])
        #expect(try place.run("fedavg").code == 0)
        let home = ["HOME": place.folder]
        let found = try Program.run(Program.executable, ["validate", "~/s.yaml"], environment: home)
        #expect(found.code != 74 && !found.errors.contains("No such file"), "\(found)")
        let missing = try Program.run(
            Program.executable, ["synthesize", "A star", "--output=~/x.png", "--from=~/y.png"],
            environment: home)
        #expect(missing.code == 74 && missing.errors.contains("\(place.folder)/y.png"), "\(missing)")
    }

    @Test("~ is $HOME in every path of a scenario")
    func home() throws {
        let place = try Place(["owl", "parrot"])
        let outcome = try place.run("fedavg")
        #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome)")
        let keys = [
            "data.path", "data.class-names", "synthesis.foundation", "synthesis.captioner", "synthesis.set",
            "network.client.uplink.trace", "faults.availability.trace",
        ]
        for key in keys {
            let prompts = key == "synthesis.captioner" ? "instance" : "class"
            let mode = prompts == "instance" ? "real" : "none"
            let outcome = try place.run(
                "fgl-one-shot", "\(key)=~/nowhere/x", "training.mode=\(mode)", "synthesis.prompts=\(prompts)")
            #expect([65, 74].contains(outcome.code), "\(key): \(outcome)")
            #expect(outcome.errors.contains("\(place.folder)/home/nowhere/x"), "\(key): \(outcome)")
        }
    }

    @Test("warnings are said also with --quiet; those about prompts where a method makes prompts")
    func warnings() throws {
        let place = try Place(["n00000001", "n00000002"])
        try place.write([0], to: "home/photos/train/n00000001/x.webp")
        let left =
            "1 file left out: 1 .webp, as only JPEG and PNG are read "
                + "(\(place.folder)/home/photos/train/n00000001/x.webp)"
        let averaged = try place.run("fedavg")
        #expect(averaged.code == 0 && averaged.errors == "warning: \(left)\n", "\(averaged)")
        let prompted = try place.run("fgl-one-shot, fgl-5-round", "synthesis.rounds=1")
        #expect(prompted.code == 0)
        let lines = prompted.errors.split(separator: "\n")
        #expect(lines.count == 3 && lines.first.map(String.init) == "warning: \(left)", "\(lines)")
        #expect(
            lines.dropFirst().first?.hasPrefix(
                "warning: prompts call 2 classes by WordNet id ('n00000001', 'n00000002'); ") == true)
        #expect(
            lines.last?.contains("has not learnt the words 'n00000001', 'n00000002', and draws") == true)
        let named = try place.run("fgl-one-shot", "data.class-names={ n00000001: owl, n00000002: parrot }")
        let words = named.errors.split(separator: "\n")
        #expect(words.count == 2 && words.first.map(String.init) == "warning: \(left)", "\(words)")
        #expect(words.last?.contains("has not learnt the words 'owl', 'parrot', and draws") == true)
        let strict = try place.run("fedavg", "data.strict=true")
        #expect(
            strict.code == 65
                && strict.errors == "fgl-sim: \(left); without 'strict' they are left out and counted\n")
    }

    @Test("a folder that holds something else is bad input, one that is not there cannot be read")
    func exitCodes() throws {
        let place = try Place(["owl", "parrot"], splits: [""])
        #expect(try place.run("fedavg").code == 0)
        for (set, code) in [("cifar10", 65), ("cifar100", 65), ("idx", 65), ("domains", 65)]
            as [(String, Int32)]
        {
            #expect(try place.run("fedavg", "data.set=\(set)").code == code, "\(set)")
            #expect(
                try place.run("fedavg", "data.set=\(set)", "data.path=/no/such/folder").code == 74, "\(set)")
        }
    }
}
