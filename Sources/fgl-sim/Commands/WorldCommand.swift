import ArgumentParser
import Foundation
import Models

struct WorldCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "world",
        abstract: "Lists the built-in image world's classes, or draws a contact sheet of them.",
        discussion: """
            data.classes of a scenario and pretrain --classes take the names of sets and of single objects. \
            A sheet has \
            a row for each class; with --count 1, rows of ten classes.

            Examples:
              fgl-sim world
              fgl-sim world --classes birds --output birds.png
              fgl-sim world --classes owl,parrot,mug --style sketch --count 20 \\
                --output sheet.png
              fgl-sim world --classes hundred --count 1 --corpus --output hundred.png
            """)

    @Option(help: "Names of class sets and of single objects, separated by commas.")
    var classes = "basics"

    @Option(help: "How the images are made.")
    var style = WorldStyle.real

    @Flag(help: "Draw from the foundation corpus's broad distribution instead of the clients' private one.")
    var corpus = false

    @Option(help: "Images of each class.")
    var count = 12

    @Option(help: "Where all randomness comes from.")
    var seed: UInt64 = 1

    @Option(help: "Width and height of an image, in pixels.")
    var side = 32

    @Option(help: "Pixels of the sheet per pixel of an image.")
    var scale = 2

    @Option(
        name: .shortAndLong, help: "The PNG file; without it, the classes are listed.",
        completion: .file(extensions: ["png"]))
    var output: String?

    func validate() throws {
        _ = try WorldOptions.objects(named: classes, option: "classes")
        for (name, value, range) in [
            ("count", count, 1...1000), ("side", side, 8...512), ("scale", scale, 1...16),
        ] where !range.contains(value) {
            throw ValidationError(
                "--\(name) is \(value); allowed are whole numbers from \(range.lowerBound) to "
                    + "\(range.upperBound)."
            )
        }
        guard count * side * side * scale * scale <= 1 << 24 else {
            throw ValidationError(
                "--count \(count) at --side \(side) and --scale \(scale) makes too large a picture.")
        }
    }

    func run() throws {
        guard let output else {
            for set in WorldClassSet.all {
                Terminal.standardOutput.write(
                    "\(set.name) (\(set.summary)):\n  \(set.names.joined(separator: ", "))\n")
            }
            return
        }
        try OutputFile.refuseDatabase(output)
        let objects = try WorldOptions.objects(named: classes, option: "classes")
        var distribution = corpus ? WorldDistribution.foundation : .private
        distribution.styleWeights = WorldStyle.allCases.map { $0 == style ? 1 : 0 }
        let images = ImageWorld.render(
            count: count * objects.count, seed: seed, distribution: distribution, side: side,
            classes: objects,
            stream: corpus ? .foundation : .privateTraining)
        // Image i is of class i mod classes; rows of the sheet are classes.
        let byClass = objects.indices.flatMap { label in (0..<count).map { label + $0 * objects.count } }
        let sheet = ContactSheet.image(
            pixels: images.subset(byClass).pixels, side: side, columns: count == 1 ? 10 : count, scale: scale)
        try ImageCodec.writePNG(sheet, to: output)
        Terminal.standardOutput.write("\(output)\n")
    }
}

/// Options that several commands have for the image world.
enum WorldOptions {
    /// The parts of a list that is separated by commas.
    static func names(_ list: String) -> [String] {
        list.components(separatedBy: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// The objects that an option names.
    ///
    /// - Throws: `ValidationError` with what is wrong.
    static func objects(named list: String, option: String) throws -> [WorldObject] {
        do throws(WorldClassError) { return try WorldObject.named(names(list)) } catch {
            throw ValidationError("--\(option): \(error).")
        }
    }

    /// Sees to it that an option names sets and objects, any of them more than once.
    ///
    /// - Throws: `ValidationError` with what is wrong.
    static func validate(repeatable list: String, option: String) throws {
        for (position, name) in names(list).enumerated() where WorldObject.all(named: name) == nil {
            throw ValidationError("--\(option): \(WorldClassError.unknown(name, position: position)).")
        }
    }
}

extension WorldStyle: ExpressibleByArgument {
    public init?(argument: String) {
        guard let style = WorldStyle.allCases.first(where: { $0.name == argument }) else { return nil }
        self = style
    }

    public static var allValueStrings: [String] { allCases.map(\.name) }

    public var defaultValueDescription: String { name }
}
