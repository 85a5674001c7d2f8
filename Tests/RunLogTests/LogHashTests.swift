import Core
import RunLog
import Simulator
import Testing

@Suite("The log hash of random runs")
struct LogHashTests {
    let folder: RunLogFolder
    let log: RunLog

    init() throws {
        folder = try RunLogFolder()
        log = try RunLog(path: folder.path())
    }

    private func hash(_ entries: [LogEntry], at end: SimInstant, flushingBefore flushed: Set<Int> = []) throws
        -> String
    {
        let recorder = try log.begin(.sample())
        for (number, entry) in entries.enumerated() {
            if flushed.contains(number) { try recorder.flush() }
            entry.record(on: recorder)
        }
        return try recorder.finish(.interrupted, at: end)
    }

    @Test("It is the same wherever the rows are cut into commits", arguments: 0..<8)
    func commits(seed: UInt64) throws {
        let run = RandomLog(seed: seed, count: 400)
        let whole = try hash(run.entries, at: run.end)
        var random = RandomStream(seed: seed, purpose: "flushes")
        for cuts in [1, 7, 60] {
            let places = (0..<cuts).map { _ in Int.random(in: 0..<run.entries.count, using: &random) }
            #expect(try hash(run.entries, at: run.end, flushingBefore: Set(places)) == whole)
        }
        #expect(try hash(run.entries, at: run.end, flushingBefore: Set(run.entries.indices)) == whole)
    }

    @Test("Any column of any row changes it", arguments: 0..<4)
    func neighbours(seed: UInt64) throws {
        var run = RandomLog(seed: seed, count: 60)
        // Instants may be one nanosecond later, also that of the last event of several at one instant.
        run.entries = run.entries.enumerated().filter { number, entry in
            guard case .event(let instant, _, _, _, _, _) = entry else { return true }
            return !run.entries[(number + 1)...].contains {
                if case .event(instant, _, _, _, _, _) = $0 { true } else { false }
            }
        }.map(\.element)
        var hashes: [String: LogEntry] = [try hash(run.entries, at: run.end): run.entries[0]]
        var count = 1
        for (number, entry) in run.entries.enumerated() {
            for neighbour in entry.neighbours {
                var changed = run.entries
                changed[number] = neighbour
                let found = try hash(changed, at: run.end)
                #expect(hashes[found] == nil, "\(neighbour) instead of \(entry)")
                hashes[found] = neighbour
                count += 1
            }
        }
        #expect(hashes.count == count)
        #expect(count > 150)
    }

    @Test("A row left out, doubled or exchanged with the next of its table changes it", arguments: 10..<14)
    func order(seed: UInt64) throws {
        let run = RandomLog(seed: seed, count: 80)
        let whole = try hash(run.entries, at: run.end)
        let prompts = run.entries.indices.filter { run.entries[$0].table == 5 }
        for (first, second) in zip(prompts, prompts.dropFirst()) {
            var changed = run.entries
            changed.swapAt(first, second)
            let isSame = run.entries[first].hasSameBytes(as: run.entries[second])
            #expect(try (hash(changed, at: run.end) == whole) == isSame)
        }
        for place in prompts {
            var changed = run.entries
            changed.remove(at: place)
            #expect(try hash(changed, at: run.end) != whole)
            changed = run.entries
            changed.insert(run.entries[place], at: place)
            #expect(try hash(changed, at: run.end) != whole)
        }
    }

    @Test("Rows of different tables have no common order: exchanging them keeps it")
    func tables() throws {
        let run = RandomLog(seed: 5, count: 200)
        let byTable = run.entries.enumerated().sorted {
            ($0.element.table, $0.offset) < ($1.element.table, $1.offset)
        }.map(\.element)
        #expect(byTable != run.entries)
        #expect(try hash(byTable, at: run.end) == hash(run.entries, at: run.end))
    }

    @Test("Everything that describes the run changes it, but not its build")
    func description() throws {
        let description = RunDescription.sample()
        func hash(_ outcome: RunOutcome = .finished, end: Double = 1, model: String? = nil,
            _ change: (inout RunDescription) -> Void = { _ in }
        ) throws -> String {
            var changed = description
            change(&changed)
            return try log.begin(changed).finish(outcome, at: .seconds(end), modelSHA256: model)
        }
        let hashes = [
            try hash(), try hash(.interrupted), try hash(.failed(reason: "a")), try hash(end: 2),
            try hash(model: "ab"), try hash(model: ""), try hash { $0.name = "other" },
            try hash { $0.method = "other" }, try hash { $0.seed = 8 }, try hash { $0.clients = 3 },
            try hash { $0.scenario += " " },
        ]
        #expect(Set(hashes).count == hashes.count)
        #expect(try hash { $0.build = "other" } == hashes[0])
        #expect(try hash(.failed(reason: "b")) == hashes[2])
    }

    @Test("Four recorders on four threads write four runs as if each were alone")
    func concurrency() async throws {
        let alone = try (UInt64(0)..<4).map { seed in
            let run = RandomLog(seed: seed, count: 4000)
            return try hash(run.entries, at: run.end)
        }
        let together = try await withThrowingTaskGroup(of: (UInt64, Int64, String).self) { group in
            for seed in UInt64(0)..<4 {
                group.addTask { [log] in
                    let run = RandomLog(seed: seed, count: 4000)
                    let recorder = try log.begin(.sample())
                    for (number, entry) in run.entries.enumerated() {
                        entry.record(on: recorder)
                        if number % (300 + 100 * Int(seed)) == 0 { try recorder.flush() }
                    }
                    return (seed, recorder.runID, try recorder.finish(.interrupted, at: run.end))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(together.map(\.1)).count == 4)
        for (seed, runID, hash) in together {
            #expect(hash == alone[Int(seed)])
            #expect(try log.reader.recomputedHash(run: runID) == hash)
        }
    }
}

extension LogEntry {
    /// Equality that tells canonically equivalent texts apart.
    fileprivate func hasSameBytes(as other: LogEntry) -> Bool {
        guard case .prompt(let client, let label, let text) = self,
            case .prompt(let otherClient, let otherLabel, let otherText) = other
        else { return self == other }
        return client == otherClient && label == otherLabel && text.utf8.elementsEqual(otherText.utf8)
    }
}
