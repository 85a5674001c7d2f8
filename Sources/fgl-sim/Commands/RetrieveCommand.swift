import ArgumentParser
import Models
import Scenarios

struct RetrieveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retrieve",
        abstract: "Draws the synthetic images that come nearest to private ones, beside those.",
        usage: "fgl-sim retrieve <file> [--run <run>] --output <output>",
        discussion: """
            From a run with evaluation.retrieval: true. A row of the picture is a synthetic image, of each \
            class the \
            likeliest copy, and the two private images that are nearest to it by the cosine similarity of \
            the final \
            model's features.

            Example:
              fgl-sim retrieve results/figure7-retrieval.sqlite \\
                --output results/figure7-retrieval.png
            """)

    @Argument(help: "The file that runs were written to.", completion: .file(extensions: ["sqlite"]))
    var file: String

    @Option(name: .customLong("run"), help: "The run; by default the first that has such images.")
    var runID: Int64?

    @Option(name: .shortAndLong, help: "The PNG file.", completion: .file(extensions: ["png"]))
    var output: String

    func run() throws {
        try OutputFile.prepare(output)
        let sheet = try RetrievalSheet(path: file, runID: runID)
        try OutputFile.write(ImageCodec.encodePNG(try sheet.picture()), to: output)
        Terminal.standardOutput.write("\(sheet.text)\(output)\n")
    }
}
