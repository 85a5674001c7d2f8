import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Cells that no run log of ours holds, given to every reader: a typed error or a result, never a crash, and
/// neither long nor large.
@Suite("Mutated results files")
struct ResultsFuzzTests {
    static let isLong = ProcessInfo.processInfo.environment["FGL_TEST_ALL"] != nil

    @Test("Mutated cells end no reader and keep none busy")
    func cells() async {
        let notes = TestFiles.path("fuzz.log")
        await #expect(processExitsWith: .success) { [notes = notes as String] in
            let count =
                Int(ProcessInfo.processInfo.environment["FGL_FUZZ_CELLS"] ?? "")
                ?? (ResultsFuzzTests.isLong ? 10_000 : 1000)
            exit(ResultsFuzzTests.run(count, notes) ? 0 : 1)
        }
        let lines = ((try? String(contentsOfFile: notes, encoding: .utf8)) ?? "").split(separator: "\n")
        let findings = lines.filter { $0.hasPrefix("BUG") || $0.hasPrefix("SLOW") }
        #expect(findings.isEmpty)
        for line in findings.prefix(40) + lines.suffix(2) {
            print(line)
        }
    }

    /// Makes mutations and reads each.
    ///
    /// - Returns: whether nothing was wrong; what was is in the notes, whose last line after a crash is its
    ///   mutation.
    static func run(_ count: Int, _ notes: String) -> Bool {
        let first = UInt64(ProcessInfo.processInfo.environment["FGL_FUZZ_FIRST"] ?? "") ?? 1
        var isSound = true, refused = 0, read = 0
        let file = open(notes, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        func say(_ text: String) {
            let bytes = Array((text + "\n").utf8)
            write(file, bytes, bytes.count)
        }
        do {
            var mutation = try ResultsMutation()
            for number in first..<first + UInt64(count) {
                let statement = try mutation.make(number)
                for (index, reader) in ResultsMutation.readers.enumerated() {
                    // In the short test every mutation is given to a part of the readers, in turn.
                    guard isLong || (index + Int(number)) % 4 == 0 else { continue }
                    // The line that a crash leaves as the last.
                    say("\(number) \(reader.name): \(statement.prefix(200))")
                    let start = ContinuousClock.now
                    do {
                        try reader.read(mutation)
                        read += 1
                    } catch {
                        refused += 1
                        guard isTyped(error) else {
                            say("BUG \(number) \(reader.name): \(error)")
                            isSound = false
                            continue
                        }
                    }
                    let seconds = (ContinuousClock.now - start) / .seconds(1)
                    if seconds > 10 {
                        say("SLOW \(number) \(reader.name): \(seconds) s")
                        isSound = false
                    }
                }
            }
        } catch {
            say("BUG the mutation itself: \(error)")
            return false
        }
        let peak = peakKibibytes
        say("\(count) mutations: \(read) read, \(refused) refused, \(peak >> 10) MiB")
        return isSound && peak < 1 << 20 && read > count / 4 && refused > count / 4
    }

    /// The most memory that this process had. What `getrusage` tells is also that of the process which began
    /// it.
    private static var peakKibibytes: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }

    @Test("Mutated records of work and of inputs end no replay")
    func records() async {
        let notes = TestFiles.path("records.log")
        await #expect(processExitsWith: .success) { [notes = notes as String] in
            let count = Int(ProcessInfo.processInfo.environment["FGL_FUZZ_CELLS"] ?? "")
            exit(ResultsFuzzTests.replay(count ?? (ResultsFuzzTests.isLong ? 3000 : 120), notes) ? 0 : 1)
        }
        let lines = ((try? String(contentsOfFile: notes, encoding: .utf8)) ?? "").split(separator: "\n")
        let findings = lines.filter { $0.hasPrefix("BUG") || $0.hasPrefix("SLOW") }
        #expect(findings.isEmpty)
        for line in findings.prefix(40) + lines.suffix(2) { print(line) }
    }

    /// Replays runs of the cookbook with a changed record each.
    static func replay(_ count: Int, _ notes: String) -> Bool {
        let first = UInt64(ProcessInfo.processInfo.environment["FGL_FUZZ_FIRST"] ?? "") ?? 1
        let file = open(notes, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        func say(_ text: String) {
            let bytes = Array((text + "\n").utf8)
            write(file, bytes, bytes.count)
        }
        var isSound = true, refused = 0
        do {
            let mutation = try RecordMutation()
            for number in first..<first + UInt64(count) {
                let (run, change) = try mutation.make(number)
                say("\(number) run \(run): \(change)")
                let start = ContinuousClock.now
                do {
                    let replay = try Replay(path: mutation.path, run: run)
                    for run in replay.runs { _ = try replay.verify(run) }
                } catch {
                    refused += 1
                    if !isTyped(error) {
                        say("BUG \(number): \(error)")
                        isSound = false
                    }
                }
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                if seconds > 10 {
                    say("SLOW \(number): \(seconds) s")
                    isSound = false
                }
            }
        } catch {
            say("BUG the mutation itself: \(error)")
            return false
        }
        say("\(count) mutations, \(refused) refused")
        return isSound && refused > count / 3
    }

    /// Whether an error is one of a bad file and not of a bug.
    private static func isTyped(_ error: any Error) -> Bool {
        switch error {
        case let error as RunLogError: [64, 65, 73, 74].contains(error.exitCode)
        case let error as FederationError: [64, 65, 73, 74].contains(error.exitCode)
        case is ScenarioError, is SimulatorError: true
        default: "\(type(of: error))" == "ImageCodecError" || "\(type(of: error))" == "DataError"
        }
    }
}
