import Foundation
import RunLog
import Scenarios
import Simulator
import Testing

/// Whole event logs of small scenarios, compared line by line with files in `Tests/ScenariosTests/Golden`.
///
/// Virtual times follow from FLOPs, bytes and draws of named streams, never from what training comes to, so
/// the files
/// hold on every machine. A difference is a change of behaviour: look at it, and if it is meant, let the
/// failing test's
/// output replace the file.
@Suite("Golden event logs", .serialized)
struct GoldenLogTests {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden")

    @Test(
        "The log of a small scenario is the golden one",
        arguments: ["fedavg", "fgl-5-round-syn", "centralized"])
    func log(method: String) throws {
        let path = try ExperimentTests.run(
            GenerativeTests.resNet, overrides: ["methods=[\(method)]", "devices.stragglers.fraction=0.34"])
        try Self.compare(path, with: method)
    }

    /// Compares the events of the first run in a file with a golden log.
    static func compare(_ path: String, with method: String) throws {
        let events = try RunLogReader(path: path).events(run: 1, limit: 10_000)
        let text = events.map { event in
            var fields = ["\(event.instant.nanoseconds)", event.kind]
            fields.append(event.round.map(String.init) ?? "-")
            fields.append(event.client.map(String.init) ?? "-")
            fields.append(event.bytes.map(String.init) ?? "-")
            return fields.joined(separator: " ") + "\n"
        }.joined()
        let file = folder.appendingPathComponent("\(method).log")
        let golden = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        if text != golden {
            let actual = FileManager.default.temporaryDirectory.appendingPathComponent(
                "fgl-sim-golden-\(method).log")
            try text.write(to: actual, atomically: true, encoding: .utf8)
            let lines = zip(text.split(separator: "\n"), golden.split(separator: "\n"))
            let first = lines.enumerated().first { $0.element.0 != $0.element.1 }
            let place = first.map { "line \($0.offset + 1)" } ?? "length"
            Issue.record("\(file.path) differs from \(actual.path): \(place)")
        }
    }
}
