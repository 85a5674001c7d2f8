import Foundation
import Models
import Testing

/// `world`, and the classes of `validate` and `pretrain`, as their users run them.
@Suite("The world command")
struct WorldCommandTests {
    @Test("lists every set with its objects")
    func listing() throws {
        let outcome = try Program.run("world")
        #expect(outcome.code == 0 && outcome.errors.isEmpty)
        for set in WorldClassSet.all {
            #expect(
                outcome.output.contains(
                    "\(set.name) (\(set.summary)):\n  \(set.names.joined(separator: ", "))\n"))
        }
    }

    @Test("draws a sheet with a row for each class, or rows of ten")
    func sheets() throws {
        let path = Program.temporaryPath("sheet.png")
        let rows = try Program.run(
            "world", "--classes", "owl, fir tree,mug", "--count", "4", "--output", path)
        #expect(rows.code == 0 && rows.output == "\(path)\n", "\(rows.errors)")
        let sheet = try ImageCodec().decode(fileAt: path)
        // Two pixels each, and two between them.
        #expect(sheet.width == 4 * 66 + 2 && sheet.height == 3 * 66 + 2)
        let tens = try Program.run(
            "world", "--classes", "birds,basics", "--count", "1", "--scale", "1", "--style", "sketch",
            "--corpus",
            "--output", path)
        #expect(tens.code == 0)
        let small = try ImageCodec().decode(fileAt: path)
        #expect(small.width == 10 * 34 + 2 && small.height == 2 * 34 + 2)
    }

    @Test(
        "refuses what it does not know",
        arguments: [
            (
                ["world", "--classes", "brids"],
                "--classes: 'brids' is neither a set nor an object of the world"
            ),
            (["world", "--classes", "star,star"], "--classes: 'star' is named twice"),
            (["world", "--classes", "star"], "--classes: 1 objects are too few classes"),
            (["world", "--classes", ""], "--classes: '' is neither a set"),
            (["world", "--style", "oil", "--output", "x.png"],
                "'oil' is no style; allowed are clipart, infograph, painting, quickdraw, real, sketch."),
            (["world", "--style", "sketch"], "--style is allowed with --output only: it is about the"),
            (["world", "--count", "0"], "--count is 0; allowed are whole numbers from 1 to 1000."),
            (["world", "--side", "4"], "--side is 4; allowed are whole numbers from 8 to 512."),
            (["world", "--style", "oil"], "'oil' is invalid"),
            (
                ["pretrain", "--output", "x", "--classes", "hundreds"],
                "--classes: 'hundreds' is neither a set"
            ),
            (
                ["pretrain", "--output", "x", "--mirrored"],
                "--mirrored is for --corpus FOLDER, and not allowed without."
            ),
            (
                ["pretrain", "--output", "x", "--corpus", "1000", "--mirrored"],
                "--mirrored is for --corpus FOLDER, and not allowed without."
            ),
            (
                ["pretrain", "--output", "x", "--corpus", "photos", "--classes", "birds"],
                "not allowed with --corpus FOLDER, whose folders are the classes."
            ),
            (
                ["pretrain", "--output", "x", "--corpus", "photos", "--quality", "hundred"],
                "not allowed with --corpus FOLDER, whose folders are the classes."
            ),
            (
                ["pretrain", "--output", "x", "--quality", "photos"],
                "--quality photos needs --corpus FOLDER."
            ),
            (
                ["pretrain", "--output", "x", "--corpus", "3"],
                "--corpus is 3; allowed are whole numbers from 64."
            ),
            (["pretrain", "--output", "x", "--corpus", "photos", "--captioner"], "are for the foundation"),
        ] as [([String], String)])
    func refused(arguments: [String], words: String) throws {
        let outcome = try Program.run(arguments)
        #expect(outcome.code == 64 && outcome.output.isEmpty)
        #expect(outcome.errors.contains(words), "\(outcome.errors)")
    }

    @Test("pretrain refuses photos that are not there, or none, before it writes anything")
    func missingPhotos() throws {
        let output = Program.temporaryPath("pretrained"), empty = Program.temporaryPath("photos")
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        for (folder, code) in [(Program.temporaryPath("nowhere"), 74), (empty, 65)] {
            let outcome = try Program.run("pretrain", "--corpus", folder, "--output", output)
            #expect(outcome.code == code && outcome.errors.contains(folder), "\(outcome.errors)")
            #expect(!FileManager.default.fileExists(atPath: output))
        }
    }

    @Test("has its counterpart in scenarios: an unknown class is one line, exit 65")
    func scenario() throws {
        let outcome = try Program.run(
            "validate", "scenarios/quickstart.yaml", "--set", "data.classes=[star, rign]")
        #expect(outcome.code == 65)
        #expect(
            outcome.errors.hasPrefix(
                "--set data.classes: data.classes[1]: rign is neither a set nor an object of the image "
                    + "world; "
                    + "did you mean ring? allowed: "))
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }
}
