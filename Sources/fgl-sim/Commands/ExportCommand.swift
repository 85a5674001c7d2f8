import ArgumentParser
import Core
import Foundation
import Results
import Scenarios

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes the runs in a file in the formats of other tools.",
        usage: "fgl-sim export <file> --format <format> --output <output> [<options>]",
        discussion: """
            perfetto: one JSON file for https://ui.perfetto.dev or chrome://tracing, a track per client.
            csv: a folder with a file per table and view.
            tensorboard: a folder of event files, for tensorboard --logdir PATH; with the pictures of \
            FILE-images.

            Examples:
              fgl-sim export results/quickstart.sqlite --format perfetto \\
                --output trace.json
              fgl-sim export results/quickstart.sqlite --format csv --output tables
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case perfetto, csv, tensorboard
    }

    @Argument(help: "The file that runs were written to.", completion: .file(extensions: ["sqlite"]))
    var file: String

    @Option(help: "The format.")
    var format: Format

    @Option(name: .shortAndLong, help: "The file or folder to write.", completion: .file())
    var output: String

    @Option(
        help: "For tensorboard: a folder of pictures (PNG) instead of FILE-images.", completion: .directory)
    var images: String?

    func validate() throws {
        if images != nil, format != .tensorboard {
            throw ValidationError("--images goes with --format tensorboard.")
        }
    }

    func run() throws {
        if format == .perfetto { try OutputFile.refuseDatabase(output) }
        let export = try RunExport(path: file)
        let folder = output
        func write(_ name: String, _ bytes: [UInt8]) throws {
            try OutputFile.write(bytes, to: "\(folder)/\(name)")
        }
        switch format {
        case .perfetto: try OutputFile.write(export.perfetto(), to: output)
        case .csv: try export.csv(write)
        case .tensorboard:
            let pictures = try PictureFolder.pictures(in: images, forResults: file, most: 64 << 20)
            let others = pictures.filter { PNGSize(of: $0.bytes) == nil }.map(\.name)
            if !others.isEmpty {
                let names = others.prefix(5).joined(separator: ", ") + (others.count > 5 ? ", …" : "")
                let warning = Notice.warning("left out, since they are no PNG files: \(names)")
                Terminal.standardError.write("\(TerminalText.line("\(warning)", limit: 1000))\n")
            }
            try export.tensorBoard(pictures: pictures, write)
        }
        Terminal.standardOutput.write("\(output)\n")
    }
}
