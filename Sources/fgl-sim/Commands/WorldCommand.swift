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

    @Option(help: "Names of class sets and of single objects, separated by commas; basics unless given.")
    var classes: String?

    @Option(
        help: ArgumentHelp(
            "How the images are made: \(WorldOptions.styles.joined(separator: ", ")); real unless given."),
        completion: .list(WorldOptions.styles), transform: WorldOptions.style)
    var style: WorldStyle?

    @Flag(help: "Draw from the foundation corpus's broad distribution instead of the clients' private one.")
    var corpus = false

    @Option(help: "Images of each class; 12 unless given.")
    var count: Int?

    @Option(help: "Where all randomness comes from; 1 unless given.")
    var seed: UInt64?

    @Option(help: "Width and height of an image, in pixels; 32 unless given.")
    var side: Int?

    @Option(help: "Pixels of the sheet per pixel of an image; 2 unless given.")
    var scale: Int?

    @Option(
        name: .shortAndLong, help: "The PNG file; without it, the names are listed.",
        completion: .file(extensions: ["png"]))
    var output: String?

    func validate() throws {
        _ = try WorldOptions.objects(named: classes ?? Self.usualClasses, option: "classes")
        for (name, value, range) in [
            ("count", count, 1...1000), ("side", side, 8...512), ("scale", scale, 1...16),
        ] {
            guard let value, !range.contains(value) else { continue }
            throw ValidationError(
                "--\(name) is \(value); allowed are whole numbers from \(range.lowerBound) to "
                    + "\(range.upperBound)."
            )
        }
        let ofSheet = [
            ("style", style != nil), ("corpus", corpus), ("count", count != nil), ("seed", seed != nil),
            ("side", side != nil), ("scale", scale != nil),
        ]
        if output == nil, let option = ofSheet.first(where: \.1)?.0 {
            throw ValidationError("--\(option) is allowed with --output only: it is about the pictures.")
        }
        let (count, side, scale) = sheet
        guard count * side * side * scale * scale <= 1 << 24 else {
            throw ValidationError(
                "--count \(count) at --side \(side) and --scale \(scale) makes too large a picture.")
        }
    }

    private static let usualClasses = "basics"

    /// The images of each class, the pixels of an image's side, and those of the sheet for each of them.
    private var sheet: (count: Int, side: Int, scale: Int) { (count ?? 12, side ?? 32, scale ?? 2) }

    func run() throws {
        guard let output else {
            if let classes {
                let names = try WorldOptions.objects(named: classes, option: "classes").map(\.name)
                return Terminal.standardOutput.write("\(names.joined(separator: ", "))\n")
            }
            for set in WorldClassSet.all {
                Terminal.standardOutput.write(
                    "\(set.name) (\(set.summary)):\n  \(set.names.joined(separator: ", "))\n")
            }
            return
        }
        try OutputFile.prepare(output)
        let objects = try WorldOptions.objects(named: classes ?? Self.usualClasses, option: "classes")
        let (count, side, scale) = sheet
        let style = style ?? .real
        var distribution = corpus ? WorldDistribution.foundation : .private
        distribution.styleWeights = WorldStyle.allCases.map { $0 == style ? 1 : 0 }
        let images = ImageWorld.render(
            count: count * objects.count, seed: seed ?? 1, distribution: distribution, side: side,
            classes: objects,
            stream: corpus ? .foundation : .privateTraining)
        // Image i is of class i mod classes; rows of the sheet are classes.
        let byClass = objects.indices.flatMap { label in (0..<count).map { label + $0 * objects.count } }
        let sheet = ContactSheet.image(
            pixels: images.subset(byClass).pixels, side: side, columns: count == 1 ? 10 : count, scale: scale)
        try OutputFile.write(ImageCodec.encodePNG(sheet), to: output)
        Terminal.standardOutput.write("\(output)\n")
    }
}

/// Options that several commands have for the image world.
enum WorldOptions {
    /// The parts of a list that is separated by commas.
    static func names(_ list: String) -> [String] {
        list.components(separatedBy: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    }

    static let styles = WorldStyle.allCases.map(\.name)

    /// The style of a name.
    ///
    /// - Throws: `ValidationError` with what is allowed.
    static func style(_ name: String) throws -> WorldStyle {
        guard let style = WorldStyle.allCases.first(where: { $0.name == name }) else {
            throw ValidationError("'\(name)' is no style; allowed are \(styles.joined(separator: ", ")).")
        }
        return style
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
