import Foundation
import RunLog
import Scenarios
import Simulator
import TestSupport
import Testing

/// Runs log nothing but words that the reference explains.
@Suite("Words of runs")
struct VocabularyTests {
    private static let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Golden/runs")

    private static let recorded =
        ((try? FileManager.default.contentsOfDirectory(atPath: golden.path)) ?? [])
        .filter { $0.hasSuffix(".sql") }.sorted()

    private static let works = Set(WorkKind.all + WorkKinds.activities)
    private static let metrics = Set(MetricName.all + FederatedMethods.metrics)

    private static func isKnown(_ event: EventKind) -> Bool {
        switch event {
        case .started(let work), .ended(let work): works.contains(work)
        case .other: false
        default: true
        }
    }

    private func check(_ path: String) throws {
        func words(_ column: String, of table: String) throws -> [String] {
            try RunTable.query(path, "SELECT DISTINCT \(column) FROM \(table)").map { $0[0] }
        }
        for kind in try words("kind", of: "event") {
            #expect(Self.isKnown(EventKind(rawValue: kind)), "event '\(kind)'")
        }
        for kind in try words("kind", of: "work") {
            #expect(Self.works.contains(WorkKind(rawValue: kind)), "work '\(kind)'")
        }
        for name in try words("name", of: "metric") {
            #expect(Self.metrics.contains(MetricName(rawValue: name)), "metric '\(name)'")
        }
        for split in try words("split", of: "metric") {
            if case .other = MetricSplit(rawValue: split) { Issue.record("split '\(split)'") }
        }
        for payload in try words("payload", of: "transfer") {
            #expect(Payload.all.contains(Payload(rawValue: payload)), "payload '\(payload)'")
        }
        for kind in try words("kind", of: "input") {
            #expect(InputKind(rawValue: kind) != nil, "input '\(kind)'")
        }
    }

    @Test("A real run of every method", arguments: recorded)
    func methods(file: String) throws {
        try check(GoldenDump.read(Self.golden.appendingPathComponent(file)))
    }

    @Test("There is such a run of every method")
    func complete() {
        #expect(Set(FederatedMethods.names).isSubset(of: Self.recorded.map { String($0.dropLast(4)) }))
    }

    @Test("Runs with faults, late clients and full servers")
    func faults() throws {
        let text =
            ExperimentTests.tiny + """

                faults:
                  dropout: { before-training: 0.2, during-training: 0.2, during-upload: 0.3 }
                  availability: { windows: [ { from: 0s, to: 40s } ], period: 60s }
                """
        for overrides in [
            ["methods=[fedavg, fedasync, fedbuff]"],
            ["methods=[fedavg]", "participation={policy: deadline, deadline: 20s, late: accept-stale}"],
            ["methods=[fedavg]", "participation={policy: deadline, deadline: 20s, minimum: 3}"],
        ] {
            try check(ExperimentTests.run(text, overrides: ["training.mode=none"] + overrides))
        }
    }

    @Test("Every kind of work has a meaning, and no two have one text")
    func activities() {
        let works = WorkKinds.activities
        #expect(Set(works.map(\.rawValue)).count == works.count)
        for work in works {
            #expect(work.meaning.hasSuffix("."), "\(work)")
            #expect(!work.rawValue.hasSuffix("-start") && !work.rawValue.hasSuffix("-end"))
        }
        #expect(Set(works).isSuperset(of: WorkKind.all))
    }
}
