import Foundation
import Models
import Scenarios
import Simulator
import TestSupport
import Testing

/// Drawn scenarios, played timing-only: whatever the parser accepts runs to its end or stops with a sentence.
@Suite("Fuzz of scenarios")
struct ScenarioFuzzTests {
    /// A process of its own plays them, so that a trap is the end of that process alone; what was under way
    /// is in a file.
    @Test("Scenarios drawn from the bounds of all keys neither crash nor hang nor take a gigabyte")
    func drawn() async throws {
        try? FileManager.default.removeItem(at: ScenarioFuzz.folder(of: getpid()))
        await #expect(processExitsWith: .success) {
            ScenarioFuzz.play(ScenarioFuzz.cases, in: ScenarioFuzz.folder(of: getppid()))
        }
        let report = ScenarioFuzz.report(in: ScenarioFuzz.folder(of: getpid()))
        #expect(report.isEmpty, "\(report)")
        try? FileManager.default.removeItem(at: ScenarioFuzz.folder(of: getpid()))
    }

    @Test(
        "What is drawn is what it is meant to be: some is refused, most runs, and some stops with a sentence")
    func mixture() {
        var accepted = 0
        for number in 0..<300 where ScenarioFuzz.scenario(ScenarioDraw(number: number)) != nil {
            accepted += 1
        }
        #expect((60...285).contains(accepted), "\(accepted) of 300 accepted")
    }
}

/// Plays drawn scenarios.
enum ScenarioFuzz {
    /// What no case may take.
    private static let longest = Patience.seconds(10)
    private static let mostMemory = 1 << 30

    /// Which cases are played: 2,000, 20,000 in `make test-all`, or those of `FGL_FUZZ_CASES=1581..1590`.
    static var cases: Range<Int> {
        let named = ProcessInfo.processInfo.environment["FGL_FUZZ_CASES"]?.components(separatedBy: "..")
        if let named, named.count == 2, let first = Int(named[0]), let last = Int(named[1]), first <= last {
            return first..<last + 1
        }
        return 0..<(Patience.isStrict ? 20_000 : 2000)
    }

    /// Where the process of a test keeps what it is at.
    static func folder(of process: pid_t) -> URL {
        // Thousands of databases come and go: in memory, where there is such a folder.
        let memory = URL(filePath: "/dev/shm")
        let place =
            FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
        return place.appending(path: "fgl-sim-tests-fuzz-\(process)")
    }

    /// A drawn scenario; `nil` where it is refused.
    static func scenario(_ draw: ScenarioDraw) -> Scenario? {
        try? Scenario.parse(
            draw.text, file: "drawn.yaml", overrides: draw.overrides, knownMethods: FederatedMethods.names)
    }

    /// Plays cases one after the other, and notes those that fail and the one that is under way.
    static func play(_ numbers: Range<Int>, in folder: URL) {
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let current = folder.appending(path: "current"), log = folder.appending(path: "failed")
        var failures = ""
        for number in numbers {
            let draw = ScenarioDraw(number: number)
            try? Data("# case \(number)\n\(draw.description)".utf8).write(to: current)
            guard let scenario = scenario(draw) else { continue }
            let start = ContinuousClock.now
            var faults: [String] = []
            if let error = run(scenario, in: folder), !isSentence(error) {
                faults.append("\(type(of: error)): \(error)")
            }
            let seconds = (ContinuousClock.now - start).inSeconds
            if seconds > longest { faults.append("took \(seconds) s") }
            if peakMemory > mostMemory { faults.append("the process has taken \(peakMemory >> 20) MiB") }
            guard !faults.isEmpty else { continue }
            failures += "# case \(number): \(faults.joined(separator: "; "))\n\(draw.description)\n"
            try? Data(failures.utf8).write(to: log)
            if peakMemory > mostMemory { break }
        }
        try? FileManager.default.removeItem(at: current)
    }

    /// What has failed, and what was under way when the process ended; empty where all is well.
    static func report(in folder: URL) -> String {
        func text(_ name: String) -> String? {
            try? String(contentsOf: folder.appending(path: name), encoding: .utf8)
        }
        return (text("failed") ?? "")
            + (text("current").map { "# the process ended in this case\n\($0)" } ?? "")
    }

    /// The error that a run ends with.
    private static func run(_ scenario: Scenario, in folder: URL) -> (any Error)? {
        let path = folder.appending(path: "drawn.sqlite").path
        defer {
            for ending in ["", "-wal", "-shm", ".lock", "-lock", "-states", "-scratch"] {
                try? FileManager.default.removeItem(atPath: path + ending)
            }
        }
        do {
            try Experiment(scenario, output: path, jobs: 1, build: "fuzz").run { _, _ in SilentProgress() }
            return nil
        } catch { return error }
    }

    /// Whether an error is one that the program tells its user, and not a fault of the program.
    private static func isSentence(_ error: any Error) -> Bool {
        switch error {
        case SimulatorError.deadlock: false
        case is SimulatorError, is FederationError, is DataError, is FaultSchedule.Down,
            is FoundationModelError, is TorchScriptError,
            is CaptionerError, is SafetensorsError, is TraceError:
            true
        default: false
        }
    }

    /// The most memory that the process has had, in bytes; 0 where the system does not tell.
    private static var peakMemory: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        return status.firstMatch(of: /VmHWM:\s+(\d+) kB/).flatMap { Int($0.1) }.map { $0 << 10 } ?? 0
    }
}
