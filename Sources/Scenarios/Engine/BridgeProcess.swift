import Foundation

/// The Python process that knows Dask: a child of this one, with a pipe in and a pipe out.
final class BridgeProcess: @unchecked Sendable {
    // @unchecked because the process is started before anybody else has it, and only asked for its end after.
    private let process = Process()
    /// Where frames are read from.
    let output: Int32
    /// Where frames are written to; by one thread.
    let input: Int32
    /// What the process has written to stderr.
    private let errors: URL

    /// Starts the bridge.
    ///
    /// - Throws: `EngineError.noPython`.
    init(engine: String) throws {
        // A bridge that is gone is an error of the write and not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        let name = ProcessInfo.processInfo.environment["FGL_PYTHON"].flatMap { $0.isEmpty ? nil : $0 }
        guard let python = Self.program(name ?? "python3") else {
            throw EngineError.noPython(engine: engine, python: name ?? "python3")
        }
        let pipes = (Pipe(), Pipe())
        errors = FileManager.default.temporaryDirectory
            .appendingPathComponent("fgl-sim-bridge-\(UUID().uuidString).log")
        _ = FileManager.default.createFile(
            atPath: errors.path, contents: nil, attributes: [.posixPermissions: 0o600])
        process.executableURL = python
        // The program's text goes with it, so that both are always of one version.
        process.arguments = ["-c", String(decoding: PackageResources.dask_bridge_py, as: UTF8.self)]
        process.environment = Self.memorySettings.merging(ProcessInfo.processInfo.environment) { $1 }
        process.standardInput = pipes.0
        process.standardOutput = pipes.1
        process.standardError = FileHandle(forWritingAtPath: errors.path) ?? FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw EngineError.noPython(engine: engine, python: python.path)
        }
        input = dup(pipes.0.fileHandleForWriting.fileDescriptor)
        output = dup(pipes.1.fileHandleForReading.fileDescriptor)
        // No other child is to keep the pipe open when this process is gone.
        for descriptor in [input, output] { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        try? pipes.0.fileHandleForWriting.close()
        try? pipes.1.fileHandleForReading.close()
    }

    /// Has the bridge use the memory of one model for the next: fresh pages took a virtual machine twice as
    /// long as all else that the bridge does with a model.
    private static let memorySettings = [
        "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "\(1 << 30)", "MALLOC_ARENA_MAX": "1",
    ]

    /// A program on the path, or a path itself.
    private static func program(_ name: String) -> URL? {
        if name.contains("/") {
            return FileManager.default.isExecutableFile(atPath: name) ? URL(fileURLWithPath: name) : nil
        }
        let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return folders.split(separator: ":").map { URL(fileURLWithPath: "\($0)/\(name)") }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }

    /// Whether it has neither ended nor said anything that was not read.
    var isSilent: Bool {
        var entry = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) == 0
    }

    /// The last line of what it has complained about; `nil` where it has not.
    var lastComplaint: String? {
        (try? String(contentsOf: errors, encoding: .utf8))?.split(separator: "\n").last.map(String.init)
    }

    /// Lets the bridge end: it gives up what is left and closes what it has started.
    func end() {
        close(input)
        let limit = ContinuousClock.now + .seconds(20)
        while process.isRunning, ContinuousClock.now < limit { usleep(20_000) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: errors)
    }

    /// The file of its complaints is of no more use.
    func forget() { try? FileManager.default.removeItem(at: errors) }
}
