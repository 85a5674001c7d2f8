import Foundation
import Models
import Testing

/// `synthesize` and `caption`, as their users run them.
@Suite("Commands on images", .serialized)
struct ImageCommandTests {
    @Test("A path without .png is a folder that image-folder reads")
    func folder() throws {
        let path = Program.temporaryPath("images")
        let outcome = try Program.run(
            "synthesize", "A photo of a star", "A photo of a mug", "--count", "5", "--steps", "2",
            "--scheduler", "euler",
            "--negative", "A photo of a fish", "--guidance", "3", "--output", path)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output == "\(path)\n")
        let images = try ImageFolder(path: path).load(ImageLoadOptions(side: 32, isStrict: true))
        #expect(images.train.count == 8 && images.test.count == 2)
        #expect(images.train.classNames == ["A photo of a mug", "A photo of a star"])
    }

    @Test("A scenario's set has its manifest, and options that the scenario decides are refused")
    func scenario() throws {
        let path = Program.temporaryPath("set")
        let file = Program.temporaryPath("tiny.yaml")
        try """
        name: tiny
        clients: 2
        methods: [fgl-one-shot]
        data: { set: shapes, train-per-class: 4, test-per-class: 2, partition: { kind: iid } }
        synthesis: { per-class: 2, steps: 1, epochs: 1, batch: 4 }
        """.write(toFile: file, atomically: true, encoding: .utf8)
        let outcome = try Program.run("synthesize", "--scenario", file, "--set", "seed=3", "--output", path)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let set = try SyntheticSetFolder(path: path)
        #expect(set.entries.count == 20 && set.classNames == ImageWorld.classNames)
        #expect(set.entries.allSatisfy { $0.prompt == "A photo of a \(set.classNames[$0.label])" })
        #expect(
            try Program.run("synthesize", "--scenario", file, "--steps", "3", "--output", path).code == 64)
        #expect(try Program.run("synthesize", "x", "--scenario", file, "--output", path).code == 64)
        #expect(try Program.run("synthesize", "x", "--set", "seed=3", "--output", path).code == 64)
        #expect(try Program.run("synthesize", "--output", path).code == 64)
        #expect(try Program.run("synthesize", "--scenario", "/no/such.yaml", "--output", path).code == 74)
    }

    @Test("A captioned image is one line; several are lines of path, tab, caption")
    func captions() throws {
        let photos = ImageWorld.privateSet(perClass: 1, seed: 55)
        let files = try (0..<2).map { index in
            let path = Program.temporaryPath("\(index).png")
            try ImageCodec.writePNG(
                RGBImage(width: 32, height: 32, planar: photos.image(at: index)), to: path)
            return path
        }
        let single = try Program.run("caption", files[0])
        #expect(single.code == 0 && single.errors.split(separator: "\n").count == 1)
        #expect(single.errors.hasPrefix("the built-in captioner knows these classes alone: star, ring, "))
        #expect(single.output.hasPrefix("A ") && single.output.hasSuffix("\n"))
        let both = try Program.run(["caption"] + files)
        let lines = both.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 2 && lines[0] == "\(files[0])\t\(single.output.dropLast())")
    }

    @Test("Inputs that are no images, no captioner and no model end with their exit codes and a line each")
    func badInput() throws {
        let text = Program.temporaryPath("text.png")
        try Data("no image".utf8).write(to: URL(fileURLWithPath: text))
        for (arguments, code) in [
            (["caption", text], 65), (["caption", "/no/such.png"], 74),
            (["caption", text, "--captioner", "/no/such"], 74), (["caption", text, "--beams", "0"], 64),
            (["synthesize", "x", "--foundation", "/no/such", "--output", "/tmp/x.png"], 74),
            (["synthesize", "x", "--foundation", "builtin-huge", "--output", "/tmp/x.png"], 74),
            (["synthesize", "x", "--scheduler", "magic", "--output", "/tmp/x.png"], 64),
            (["synthesize", "A star", "--count", "1", "--steps", "1", "--output", "/proc/no/x.png"], 73),
            (["world", "--classes", "birds", "--count", "1", "--output", "/proc/no/such/x.png"], 73),
            (["synthesize", "x", "--steps", "0", "--output", "/tmp/x.png"], 64),
            (["synthesize", "x", "--lora-scale", "2", "--output", "/tmp/x.png"], 64),
            (["bench", "network", "--steps", "5"], 64), (["bench", "events", "--batch", "5"], 64),
            (["bench", "train", "--foundation", "/no/such"], 64),
            (["bench", "networks", "--output", "/proc/no/such/x"], 73),
        ] as [([String], Int32)] {
            let outcome = try Program.run(arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
            #expect(outcome.output.isEmpty && !outcome.errors.isEmpty)
            if code != 64 { #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)") }
        }
    }

    @Test(
        "Image to image by an impossible part is refused with the option, its value and what is allowed",
        arguments: [("0", "0.0"), ("1.5", "1.5"), ("-0.5", "-0.5"), ("nan", "nan")])
    func strength(value: String, shown: String) throws {
        // Options are looked at before files.
        let outcome = try Program.run(
            "synthesize", "A sketch", "--from", "/no/such.png", "--strength=\(value)", "--output",
            "/tmp/x.png")
        #expect(outcome.code == 64 && outcome.output.isEmpty)
        #expect(
            outcome.errors.contains("--strength is \(shown); allowed is a number above 0, at most 1."),
            "\(outcome.errors)")
    }

    @Test("Image to image needs an image, and its file is looked for")
    func origin() throws {
        let alone = try Program.run(
            "synthesize", "A sketch", "--strength", "0.5", "--output", "/tmp/x.png")
        #expect(alone.code == 64 && alone.errors.contains("--strength is allowed with --from only."))
        let missing = try Program.run(
            "synthesize", "A star", "--from", "/no/such.png", "--count", "1", "--output", "/tmp/x.png")
        #expect(missing.code == 74 && missing.errors.contains("/no/such.png"))
    }

    @Test("A prompt of 10,000 characters is cut to the encoder's length, and an empty one draws something")
    func longAndEmptyPrompts() throws {
        let path = Program.temporaryPath("images")
        let outcome = try Program.run(
            "synthesize", String(repeating: "star ", count: 2000), "", "--count", "2", "--steps", "1",
            "--output", path)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let set = try SyntheticSetFolder(path: path)
        #expect(set.entries.count == 4 && set.entries.map(\.prompt.count).max() == 10_000)
        #expect(try set.images(labels: [0, 1], side: 32).count == 4)
    }
}
