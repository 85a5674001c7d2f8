import Core
import Foundation
import Models
import TestSupport
import Testing

/// What a new user meets: paths, words, options with a slip.
@Suite("First steps")
struct FirstStepTests {
    /// A folder of random images, `train/<class>` and `test/<class>`.
    static func classFolder(_ names: [String] = ["star", "ring"], in folder: String? = nil) throws -> String {
        let folder = URL(fileURLWithPath: folder ?? Program.temporaryPath("photos"))
        var generator = RandomStream(seed: 5)
        for part in ["train", "test"] {
            for name in names {
                let place = folder.appendingPathComponent("\(part)/\(name)")
                try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
                for number in 0..<2 {
                    let pixels = (0..<3 * 8 * 8).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    try Data(
                        ImageCodec.encodeJPEG(RGBImage(width: 8, height: 8, pixels: pixels), quality: 90)
                    )
                    .write(to: place.appendingPathComponent("\(number).jpg"))
                }
            }
        }
        return folder.path
    }

    /// A scenario on a folder of images, in a folder of its own.
    private func scenario(path: String, in folder: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = "\(folder)/own.yaml"
        let text = """
            name: own
            clients: 2
            methods: [fedavg, fgl-one-shot]
            data:
              set: image-folder
              path: \(path)
              side: 8
              partition: { kind: iid }
            """
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }

    @Test("validate looks whether paths are there, and tells line and key of one that is not")
    func missingPath() throws {
        let file = try scenario(path: "no-such-photos", in: Program.temporaryPath("scenario"))
        let outcome = try Program.run("validate", file)
        #expect(outcome.code == 65 && outcome.output.isEmpty)
        #expect(outcome.errors.hasPrefix("\(file):6:9: data.path: "), "\(outcome.errors)")
        #expect(outcome.errors.contains("no-such-photos: there is no such file or folder"))
        let model = try Program.run(
            "validate", "scenarios/quickstart.yaml", "--set", "synthesis.foundation=/no/such/model")
        #expect(
            model.code == 65 && model.errors.contains("synthesis.foundation: /no/such/model: there is no"))
    }

    @Test("A relative path is that of the scenario's folder; one of the working directory is said")
    func relativePath() throws {
        let folder = Program.temporaryPath("scenario"), file = try scenario(path: "photos", in: folder)
        _ = try Self.classFolder(in: "\(folder)/photos")
        let beside = try Program.run("validate", file)
        #expect(beside.code == 0 && beside.errors.isEmpty, "\(beside.errors)")
        let other = try scenario(path: "Tests", in: Program.temporaryPath("scenario"))
        let fallback = try Program.run("validate", other)
        #expect(fallback.errors.hasPrefix("data.path: Tests is taken from the working directory; "))
        let output = Program.temporaryPath("own.sqlite")
        let run = try Program.run(
            "run", file, "--quiet", "--output", output, "--set", "training=none", "--set", "methods=[fedavg]")
        #expect(run.code == 0, "\(run.errors)")
        #expect(
            try RunTable.query(output, "SELECT count(*) FROM setting WHERE value LIKE '%scenario%/photos\"'")
                == [["1"]])
    }

    @Test("A word that a built-in model has not learnt is said once, and with --strict an error")
    func words() throws {
        let photos = try Self.classFolder(["star", "dog", "cat"])
        let file = try scenario(path: photos, in: Program.temporaryPath("scenario"))
        let sentence =
            "builtin has not learnt the words 'cat', 'dog', and draws an object that it knows instead"
        for command in ["validate", "run"] {
            let output = Program.temporaryPath("words.sqlite")
            let tail = command == "run" ? ["--quiet", "--output", output, "--set", "training=none"] : []
            let outcome = try Program.run([command, file] + tail)
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(
                outcome.errors.components(separatedBy: "warning: \(sentence)").count == 2, "\(outcome.errors)"
            )
            let strict = try Program.run([command, file, "--strict"] + tail)
            #expect(strict.code == 65 && strict.errors.contains(sentence), "\(strict.errors)")
        }
        let known = try Program.run("validate", "scenarios/quickstart.yaml", "--strict")
        #expect(known.code == 0 && known.errors.isEmpty, "\(known.errors)")
        let captions = try Program.run("validate", file, "--set", "synthesis.prompts=instance")
        #expect(captions.errors.contains("the built-in captioner has not learnt the classes 'cat', 'dog'"))
        let sheet = Program.temporaryPath("sheet.png")
        let draw = ["A photo of a dog", "--count", "1", "--steps", "1", "--output", sheet]
        let drawn = try Program.run(["synthesize"] + draw)
        #expect(drawn.code == 0 && drawn.errors.contains("has not learnt the word 'dog'"), "\(drawn.errors)")
        #expect(try Program.run(["synthesize", "--strict"] + draw).code == 65)
        let image = "\(photos)/train/dog/0.jpg"
        let caption = try Program.run("caption", image, "--prompt", "a dog")
        #expect(caption.code == 0 && caption.errors.contains("has not learnt the word 'dog'"))
        #expect(caption.errors.contains("knows these classes alone: star, ring"))
        #expect(try Program.run("caption", image, "--prompt", "a dog", "--strict").code == 65)
    }

    @Test("Seeds and overrides in another form get the right one")
    func slips() throws {
        let seeds = "9223372036854775808..9223372036854775808"
        let huge = try Program.run("run", "scenarios/quickstart.yaml", "--seeds", seeds)
        #expect(huge.code == 64 && !huge.errors.contains("did you mean"), "\(huge.errors)")
        for (text, meant) in [("1-3", "1..3"), ("1:3", "1..3"), ("1,2,3", "1..3"), ("3..1", "1..3")] {
            let outcome = try Program.run("run", "scenarios/quickstart.yaml", "--seeds", text)
            #expect(
                outcome.code == 64 && outcome.errors.contains("did you mean \(meant)?"), "\(outcome.errors)")
        }
        #expect(
            try Program.run("run", "scenarios/quickstart.yaml", "--seeds", "x").errors.contains("FIRST..LAST")
        )
        let bare = try Program.run("run", "scenarios/quickstart.yaml", "rounds=3")
        #expect(bare.code == 64 && bare.errors.contains("did you mean --set training.rounds=3?"))
        let key = try Program.run("run", "scenarios/quickstart.yaml", "--set", "rounds=3")
        #expect(key.code == 65 && key.errors.contains("did you mean training.rounds?"))
    }

    @Test("resume of a file whose runs have finished ends with 0 and the comparison")
    func resumed() throws {
        let path = Program.temporaryPath("finished.sqlite")
        let run = try Program.run(
            "run", "scenarios/quickstart.yaml", "--quiet", "--output", path, "--set", "training=none",
            "--set",
            "methods=[fedavg]")
        let again = try Program.run("resume", path)
        #expect(again.code == 0 && again.output == run.output)
        #expect(again.errors == "\(path): all runs have finished; there is nothing to resume\n")
    }

    @Test("The examples of --help are whole lines, and quote what shells expand")
    func examples() throws {
        let folder = Program.root.appendingPathComponent("Tests/CommandTests/Help")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            let examples = text.components(separatedBy: "Example").dropFirst().joined()
                .components(separatedBy: "\n\nUSAGE")[0].split(separator: "\n").dropFirst()
            for line in examples {
                #expect(line.hasPrefix("  "), "\(name): \(line)")
                let bare = line.replacing(#/'[^']*'|"[^"]*"/#, with: "")
                #expect(!bare.contains("["), "\(name): \(line)")
            }
        }
    }
}
