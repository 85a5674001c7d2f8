import ArgumentParser
import Foundation
import Models
import Scenarios

struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Does pieces of real work for an engine, which starts it.",
        discussion: """
            Reads work as frames from stdin and writes results as frames to stdout, until stdin ends. \
            docs/cluster.md documents the frames. Users start workers with Dask: dask worker HOST:PORT.

            Example:
              fgl-sim worker --cache /scratch/fgl-sim
            """)

    @Option(help: "A folder for bytes that work reads, by their hashes.", completion: .directory)
    var cache: String

    @Option(help: "How many bytes the folder may hold.")
    var cacheLimit = 4 << 30

    @Option(help: "A folder that the driver sees, too.", completion: .directory)
    var shared: String?

    @OptionGroup
    var deviceOption: DeviceOption

    func validate() throws {
        guard cacheLimit >= 0 else {
            throw ValidationError("--cache-limit is \(cacheLimit); allowed are whole numbers from 0.")
        }
    }

    func run() throws {
        // Frames alone go to stdout: what a library prints goes to stderr.
        let output = dup(1)
        dup2(2, 1)
        signal(SIGPIPE, SIG_IGN)
        let options = WorkerService.Options(
            build: BuildDescription.text, device: deviceOption.choice, cacheFolder: cache,
            cacheLimitBytes: cacheLimit, sharedFolder: shared)
        try WorkerService(options, output: output).run(input: 0)
    }
}
