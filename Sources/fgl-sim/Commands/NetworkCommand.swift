import ArgumentParser
import Core
import Foundation
import Simulator

extension TransportName: ExpressibleByArgument {}

struct NetworkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Completion times of competing transfers on a star network.",
        discussion: """
            The file is JSON as in Tests/SimulatorTests/Fixtures/simgrid: the server's and the clients' \
            links and the \
            transfers. Prints a line "id,end_s" for each transfer.

            Example:
              fgl-sim network \\
                Tests/SimulatorTests/Fixtures/simgrid/star-3-clients-6-flows.json
            """)

    @Argument(help: "The case.", completion: .file(extensions: ["json"]))
    var file: String

    @Option(help: "ideal, tcp, tls, lv08 or cm02 (docs/fidelity.md), in the place of the file's transport.")
    var transport: TransportName?

    /// The largest case that is read: a million flows.
    private static let byteLimit = 256 << 20

    func run() throws {
        let data: Data
        do throws(RegularFile.Failure) {
            data = try Data(RegularFile.bytes(of: file, limit: Self.byteLimit))
        } catch {
            throw CommandError.cannotRead(path: file, reason: "\(error)")
        }
        do { try play(NetworkCase(json: data)) } catch let error as SimulatorError {
            throw CommandError.wrongCase(path: file, error)
        }
    }

    private func play(_ given: NetworkCase) throws {
        var network = given
        let unknown = network.unknownKeys
        if !unknown.isEmpty {
            let names = unknown.prefix(5).joined(separator: ", ") + (unknown.count > 5 ? ", …" : "")
            Terminal.standardError.write("warning: \(file): keys that a case does not have: \(names)\n")
        }
        if let transport { network.transport = transport }
        var text = "id,end_s\n"
        for completion in try network.completions() { text += "\(completion.id),\(completion.endSeconds)\n" }
        Terminal.standardOutput.write(text)
    }
}
