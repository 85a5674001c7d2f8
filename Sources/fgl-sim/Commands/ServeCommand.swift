import ArgumentParser
import Foundation
import Results
import Scenarios

struct ServeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Shows the runs in a file as a local web page that follows them.",
        discussion: """
            The page is the one of fgl-sim report. While a run goes on it updates itself after every commit, \
            and \
            keeps its place. The file is only read; the run is never kept waiting. Ctrl-C ends the server.

            Only this machine can open the page, unless --host says otherwise.

            Examples:
              fgl-sim serve results/quickstart.sqlite
              fgl-sim serve results/quickstart.sqlite --port 0    # any free port
            """)

    @Argument(help: "The file that runs are written to.", completion: .file(extensions: ["sqlite"]))
    var file: String

    @Option(help: "The address to listen at; 0.0.0.0 and :: let other machines in.")
    var host = "127.0.0.1"

    @Option(help: "The port; 0 takes any that is free.")
    var port: UInt16 = 8080

    @Option(help: "A folder of pictures to embed, at most 1 MiB in all.", completion: .directory)
    var images: String?

    func validate() throws {
        guard ListeningAddress(host, port: port) != nil else {
            throw ValidationError("--host is '\(host)'; allowed are IP addresses and localhost.")
        }
    }

    func run() throws {
        let (file, images) = (file, images)
        let report = try LiveReport(path: file, command: "fgl-sim \(BuildDescription.version) serve") {
            try PictureFolder.pictures(in: images, forResults: file, most: 1 << 20, isQuiet: true)
        }
        // A folder that was named and is not there is told now and not to the browser.
        _ = try PictureFolder.pictures(in: images, forResults: file, most: 1 << 20)
        let server = ReportServer(report: report, address: ListeningAddress(host, port: port)!)
        try server.run { url in
            Terminal.standardOutput.write("\(url)\n")
            if !server.isLocal {
                Terminal.standardError.write("other machines can open this page: --host is \(host)\n")
            }
            Terminal.standardError.write("following \(file); Ctrl-C ends\n")
        }
    }
}
