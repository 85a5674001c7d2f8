import RunLog
import Testing

@Suite("The first event at which two runs differ")
struct EventDivergenceTests {
    let folder: RunLogFolder
    let log: RunLog

    init() throws {
        folder = try RunLogFolder()
        log = try RunLog(path: folder.path())
    }

    /// Records events of these kinds, one a second, and returns the run's events.
    private func events(_ kinds: [String]) throws -> RunRows<EventRow> {
        let recorder = try log.begin(.sample())
        for (number, kind) in kinds.enumerated() {
            recorder.event(at: .seconds(Double(number)), kind: EventKind(rawValue: kind))
        }
        try recorder.flush()
        return log.reader.events(run: recorder.runID)
    }

    private func divergence(_ left: [String], _ right: [String]) throws -> EventDivergence? {
        try firstDivergence(between: events(left), and: events(right))
    }

    @Test("Equal runs, also two without events, do not diverge")
    func equal() throws {
        #expect(try divergence([], []) == nil)
        #expect(try divergence(["a", "b"], ["a", "b"]) == nil)
        let rows = try events(["a", "b", "c"])
        #expect(try firstDivergence(between: rows, and: rows) == nil)
    }

    @Test("Both events are reported, with the three before them")
    func context() throws {
        let found = try #require(
            try divergence(["a", "b", "c", "d", "e", "f"], ["a", "b", "c", "d", "x", "f"]))
        #expect(found.index == 4)
        #expect(found.left?.kind == "e" && found.right?.kind == "x")
        #expect(found.left?.sequence == 4 && found.right?.instant == .seconds(4))
        #expect(found.context.map(\.kind) == ["b", "c", "d"])
    }

    @Test("There is less context near the start", arguments: 0..<4)
    func start(common: Int) throws {
        let kinds = ["a", "b", "c"].prefix(common)
        let found = try #require(try divergence(kinds + ["x"], kinds + ["y"]))
        #expect(found.index == common)
        #expect(found.context.map(\.kind) == Array(kinds))
    }

    @Test("A run that stops early diverges where the other goes on")
    func shorter() throws {
        let found = try #require(try divergence(["a"], ["a", "b"]))
        #expect(found.index == 1 && found.left == nil && found.right?.kind == "b")
        let reverse = try #require(try divergence(["a", "b"], ["a"]))
        #expect(reverse.left?.kind == "b" && reverse.right == nil)
    }

    @Test("Texts that look the same but have other bytes diverge, as they do in the log hash")
    func canonicalEquivalence() throws {
        #expect("e\u{301}" == "é")
        #expect(try divergence(["e\u{301}"], ["é"])?.index == 0)
        #expect(try divergence(["a\0b"], ["a\0c"])?.index == 0)
    }

    @Test("A change at any place of a run of several pages is found", arguments: [0, 1023, 1024, 2047, 2999])
    func pages(place: Int) throws {
        let kinds = [String](repeating: "tick", count: 3000)
        var changed = kinds
        changed[place] = "tock"
        let found = try #require(try divergence(kinds, changed))
        #expect(found.index == place)
        #expect(found.context.map(\.sequence) == Array(max(0, place - 3)..<place))
    }

    @Test("Every column of an event counts", arguments: 0..<3)
    func columns(seed: UInt64) throws {
        let events = RandomLog(seed: seed, count: 40).entries.filter { $0.table == 2 }
        let last = try #require(events.last)
        func record(_ entries: [LogEntry]) throws -> RunRows<EventRow> {
            let recorder = try log.begin(.sample())
            for entry in entries { entry.record(on: recorder) }
            try recorder.flush()
            return log.reader.events(run: recorder.runID)
        }
        let original = try record(events)
        for neighbour in last.neighbours {
            let other = try record(events.dropLast() + [neighbour])
            let found = try #require(try firstDivergence(between: original, and: other), "\(neighbour)")
            #expect(found.index == events.count - 1)
        }
    }
}
