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

/// Files that commands write for their users.
enum OutputFile {
    /// Writes a file as a whole, with its folder; what was there before stays until the new one is complete.
    ///
    /// - Throws: `CommandError.cannotWrite`, also where it would replace an SQLite database.
    static func write(_ bytes: [UInt8], to path: String) throws {
        try refuseDatabase(path)
        let url = URL(fileURLWithPath: path)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            // A device such as /dev/stdout cannot be replaced, only written to.
            var status = stat()
            let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
            try Data(bytes).write(to: url, options: isSpecial ? [] : .atomic)
        } catch {
            let reason =
                (error as NSError).localizedFailureReason ?? "no such folder, no permission or no space"
            throw CommandError.cannotWrite(path: path, reason: reason)
        }
    }

    /// What an SQLite database begins with.
    private static let databaseHeader = Array("SQLite format 3\0".utf8)

    /// Sees to it that no results file is replaced by a page or a picture, where one name was meant and
    /// another written.
    ///
    /// - Throws: `CommandError.cannotWrite` where the file is an SQLite database.
    static func refuseDatabase(_ path: String) throws {
        // What cannot be read is no results file of whoever asks; writing says what is wrong with it.
        guard let (descriptor, _) = try? RegularFile.open(path) else { return }
        defer { close(descriptor) }
        guard (try? RegularFile.read(descriptor, count: databaseHeader.count)) == databaseHeader else {
            return
        }
        throw CommandError.cannotWrite(
            path: path, reason: "it is an SQLite database, such as a results file, and would be lost")
    }
}
