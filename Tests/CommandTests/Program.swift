import Foundation
import TestSupport

/// The built program, run as its users run it.
enum Program {
    struct Outcome {
        let code: Int32
        let output: String
        let errors: String
    }

    /// The repository.
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// `fgl-sim` beside the test bundle.
    static let executable: URL = {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        while folder.path != "/" {
            folder.deleteLastPathComponent()
            let candidate = folder.appendingPathComponent("fgl-sim")
            if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
        }
        return root.appendingPathComponent(".build/release/fgl-sim")
    }()

    /// Runs `fgl-sim` with arguments, in the repository.
    static func run(_ arguments: String...) throws -> Outcome { try run(arguments) }

    /// Runs `fgl-sim` with arguments, in the repository.
    static func run(_ arguments: [String]) throws -> Outcome {
        try run(executable, arguments)
    }

    /// Runs any program, in the repository.
    ///
    /// - Parameter environment: set beside the tests' own; by default without a synthesis cache, so that
    ///   images are really drawn.
    static func run(
        _ program: URL, _ arguments: [String], environment: [String: String] = ["FGL_CACHE_LIMIT": "0B"]
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = root
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let folder = URL(fileURLWithPath: TestFiles.path("streams"))
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Files rather than pipes: a pipe that nobody empties would block the program.
        let files = ["out", "err"].map { folder.appendingPathComponent($0) }
        for file in files { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return Outcome(
            code: process.terminationStatus, output: try String(contentsOf: files[0], encoding: .utf8),
            errors: try String(contentsOf: files[1], encoding: .utf8))
    }

    /// A path for a file that a test makes.
    static func temporaryPath(_ name: String) -> String {
        TestFiles.path(name)
    }
}
