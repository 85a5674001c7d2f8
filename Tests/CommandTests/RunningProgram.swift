import Foundation
import TestSupport

/// A program under way, which a test watches, interrupts or kills.
final class RunningProgram {
    private let process = Process()
    private let folder = URL(fileURLWithPath: TestFiles.path("streams"))
    private let start = ContinuousClock.now

    /// How it ended.
    struct End {
        /// Its exit code; `nil` where a signal ended it.
        let code: Int32?
        let output: String
        let errors: String

        /// The last line that it wrote to stderr.
        var lastLine: String { errors.split(separator: "\n").last.map(String.init) ?? "" }
    }

    /// What keeps its stdin open.
    private let input = Pipe()

    /// Starts a program in the repository.
    ///
    /// It should have no children: they would hold what Foundation learns a process's end from, so that a
    /// killed one stayed a zombie, and Swift Testing's watcher of exit tests sees no other child then.
    ///
    /// - Parameters:
    ///   - ignored: signals that it is to ignore from the start, by name; it listens to others, whatever the
    ///     tests themselves ignore.
    ///   - text: what it reads from stdin, which stays open then; without one, stdin is empty.
    ///   - environment: variables that it gets beside the tests' own.
    init(
        _ arguments: [String], program: URL = Program.executable, ignoring ignored: [String] = [],
        input text: String? = nil, environment: [String: String] = [:]
    ) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["--default-signal=INT,TERM,HUP"] + ignored.map { "--ignore-signal=\($0)" } + [program.path]
            + arguments
        process.currentDirectoryURL = Program.root
        // Without a synthesis cache, so that images are really drawn.
        process.environment = ProcessInfo.processInfo.environment.merging(["FGL_CACHE_LIMIT": "0B"]) { $1 }
            .merging(environment) { $1 }
        process.standardOutput = try file("out")
        process.standardError = try file("err")
        process.standardInput = text == nil ? FileHandle.nullDevice : input
        try process.run()
        if let text { try input.fileHandleForWriting.write(contentsOf: Data(text.utf8)) }
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: folder)
    }

    private func file(_ name: String) throws -> FileHandle {
        let file = folder.appendingPathComponent(name)
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    var processID: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Sends it a signal.
    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// What it has written to stdout.
    var output: String {
        (try? String(contentsOf: folder.appendingPathComponent("out"), encoding: .utf8)) ?? ""
    }

    /// Waits until it has ended.
    func end() throws -> End {
        process.waitUntilExit()
        func text(_ name: String) throws -> String {
            try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        }
        return End(
            code: process.terminationReason == .exit ? process.terminationStatus : nil,
            output: try text("out"),
            errors: try text("err"))
    }

    /// Waits until `isReached` or its end, looking every twentieth of a second.
    ///
    /// - Returns: whether `isReached`.
    func waits(for isReached: () -> Bool) -> Bool {
        while true {
            let isOver = !isRunning
            if isReached() { return true }
            if isOver || ContinuousClock.now - start > .seconds(300) { return false }
            usleep(50_000)
        }
    }
}

extension Program {
    /// The lines that `sqlite3` prints for a query, as a user asks it: while the file is being written, too.
    static func sqlite(_ path: String, _ query: String) throws -> [String] {
        let outcome = try run(
            URL(fileURLWithPath: "/usr/bin/sqlite3"), ["-readonly", "-cmd", ".timeout 5000", path, query])
        guard outcome.code == 0 else { throw SQLiteFailure(text: outcome.errors) }
        return outcome.output.split(separator: "\n").map(String.init)
    }

    /// A number that a query comes to; 0 where the file or its tables are not there yet.
    static func count(_ path: String, _ query: String) -> Int {
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        return (try? sqlite(path, query)).flatMap { $0.first }.flatMap { Int($0) } ?? 0
    }

    struct SQLiteFailure: Error { let text: String }
}

/// What a run came to: everything that must not depend on how often it was interrupted.
struct RunEnding: Equatable, CustomStringConvertible {
    let runs: [String]
    let metrics: [String]

    init(of path: String) throws {
        runs = try Program.sqlite(
            path, "SELECT method, status, log_sha256, model_sha256, virtual_s FROM run ORDER BY run_id")
        metrics = try Program.sqlite(
            path,
            "SELECT run_id, t, round, client_id, split, name, quote(value) FROM metric ORDER BY run_id, rowid"
        )
    }

    var description: String { (runs + metrics).joined(separator: "\n") }
}
