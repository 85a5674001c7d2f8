import ArgumentParser
import Core
import Foundation
import Results
import Scenarios

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes the runs in a file as one HTML page: charts, data, SQL, provenance.",
        discussion: """
            The page needs nothing else: no network, no server. Pictures (PNG, JPEG) in the folder \
            FILE-images beside \
            the results, or in --images, are embedded as contact sheets.

            Example:
              fgl-sim report results/quickstart.sqlite --output report.html
            """)

    @Argument(help: "The file that runs were written to.", completion: .file(extensions: ["sqlite"]))
    var file: String

    @Option(name: .shortAndLong, help: "The HTML file.", completion: .file(extensions: ["html"]))
    var output: String

    @Option(help: "A folder of pictures to embed, at most 1 MiB in all.", completion: .directory)
    var images: String?

    func run() throws {
        try OutputFile.refuseDatabase(output)
        let pictures = try PictureFolder.pictures(in: images, forResults: file, most: 1 << 20)
        let report = try Report(
            path: file, images: pictures, command: "fgl-sim \(BuildDescription.version) report")
        try OutputFile.write(Array(try report.html().utf8), to: output)
        Terminal.standardOutput.write("\(output)\n")
    }
}
