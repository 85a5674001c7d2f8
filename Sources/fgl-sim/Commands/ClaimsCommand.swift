import ArgumentParser
import Foundation
import Results
import Scenarios

struct ClaimsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "claims",
        abstract: "Checks the paper's claims on stored results, with both figures.",
        usage: "fgl-sim claims <file> ... [--write <write>]",
        discussion: """
            Of every claim of the paper it says whether it holds, does not hold, or is not measured in these \
            files. \
            Accuracies are those at the end of a run, means over seeds.

            With --write, the tables of a Markdown document are written anew between their markers; all \
            other text, \
            such as the reasons why ours differs, is kept.

            Example:
              fgl-sim claims results/*.sqlite --write results/README.md
            """)

    @Argument(help: "Files that runs were written to.", completion: .file(extensions: ["sqlite"]))
    var files: [String]

    @Option(help: "The document, made where it is not there.", completion: .file(extensions: ["md"]))
    var write: String?

    func run() throws {
        let report = try ClaimReport(on: StoredResults(paths: files))
        if let write { try update(write, with: report) }
        Terminal.standardOutput.write(report.text)
    }

    private func update(_ path: String, with report: ClaimReport) throws {
        var text = ""
        if FileManager.default.fileExists(atPath: path) {
            try OutputFile.refuseDatabase(path)
            do {
                text = try String(contentsOfFile: path, encoding: .utf8)
            } catch {
                throw CommandError.cannotRead(path: path, reason: "not a text in UTF-8, or no permission")
            }
        }
        try OutputFile.write(Array(report.document(updating: text).utf8), to: path)
    }
}
