import Core
import Simulator
import TestSupport
import Testing

@Suite("The order of events")
struct EventOrderTests {
    @Test("a process that sleeps sees the clock advance by what it slept")
    func sleeping() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("a") {
            log.note("start")
            try await simulation.sleep(for: .seconds(1))
            log.note("one")
            try await simulation.sleep(until: .seconds(2.5))
            log.note("two and a half")
        }
        try simulation.run()
        #expect(log.lines == ["0 s: start", "1 s: one", "2.5 s: two and a half"])
        #expect(simulation.now == .seconds(2.5))
        #expect(simulation.eventCount == 3)
        #expect(simulation.liveProcessCount == 0)
    }

    @Test("two processes interleave by instant")
    func interleaving() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        for (name, span) in [("slow", 3.0), ("fast", 2.0)] {
            simulation.spawn(name) {
                for _ in 0..<3 {
                    try await simulation.sleep(for: .seconds(span))
                    log.note(name)
                }
            }
        }
        try simulation.run()
        // At 6 s "slow" goes first: it scheduled its wake-up at 3 s, "fast" at 4 s.
        #expect(log.lines == ["2 s: fast", "3 s: slow", "4 s: fast", "6 s: slow", "6 s: fast", "9 s: slow"])
    }

    @Test("ties go by the order of scheduling, not of spawning or name")
    func ties() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let spans: [(String, [Double])] = [("c", [1, 1]), ("a", [2]), ("b", [0.5, 1.5])]
        for (name, sleeps) in spans {
            simulation.spawn(name) {
                for span in sleeps { try await simulation.sleep(for: .seconds(span)) }
                log.note(name)
            }
        }
        try simulation.run()
        // All end at 2 s; scheduled there by "a" at 0 s, by "b" at 0.5 s, by "c" at 1 s.
        #expect(log.lines == ["2 s: a", "2 s: b", "2 s: c"])
    }

    @Test("an empty sleep lets everything else of the instant go first")
    func emptySleepYields() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        for name in ["a", "b"] {
            simulation.spawn(name) {
                log.note("\(name) 1")
                try await simulation.sleep(for: .zero)
                log.note("\(name) 2")
            }
        }
        try simulation.run()
        #expect(log.lines == ["0 s: a 1", "0 s: b 1", "0 s: a 2", "0 s: b 2"])
    }

    @Test("a child starts after what is already scheduled at the instant, and not inside of spawn")
    func spawningInside() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("parent") {
            simulation.spawn("child") { log.note("child") }
            log.note("parent")
        }
        simulation.spawn("sibling") { log.note("sibling") }
        try simulation.run()
        #expect(log.lines == ["0 s: parent", "0 s: sibling", "0 s: child"])
        #expect(simulation.spawnCount == 3)
    }

    @Test("any schedule of sleeps comes out sorted by (instant, scheduling)", arguments: 0..<20)
    func sortedForEverySeed(seed: UInt64) throws {
        let simulation = Simulation()
        var stream = RandomStream(seed: seed, purpose: "schedule")
        var expected: [(instant: Int64, order: Int)] = []
        var seen: [Int] = []
        for order in 0..<200 {
            let nanoseconds = Int64(stream.index(below: 20))
            expected.append((nanoseconds, order))
            simulation.spawn("process \(order)") {
                try await simulation.sleep(for: .nanoseconds(nanoseconds))
                seen.append(order)
            }
        }
        try simulation.run()
        let sorted = expected.sorted { ($0.instant, $0.order) < ($1.instant, $1.order) }
        #expect(seen == sorted.map(\.order))
        #expect(simulation.eventCount == 400)
    }

    @Test("a run can be continued with new processes at the instant where it ended")
    func runningAgain() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("first") { try await simulation.sleep(for: .seconds(1)) }
        try simulation.run()
        simulation.spawn("second") {
            try await simulation.sleep(for: .seconds(1))
            log.note("second")
        }
        try simulation.run()
        #expect(log.lines == ["2 s: second"])
    }

    @Test("a run without processes ends at once")
    func emptyRun() throws {
        let simulation = Simulation()
        try simulation.run()
        #expect(simulation.now == .start)
        #expect(simulation.eventCount == 0)
    }

    @Test("the same program gives the same log and the same last draws twice")
    func runTwice() throws {
        let first = try tangledRun(seed: 7)
        let second = try tangledRun(seed: 7)
        #expect(first.lines == second.lines)
        #expect(first.stream == second.stream)
        #expect(first.lines.count == 300)
        #expect(try tangledRun(seed: 8).lines != first.lines)
    }

    /// Producers and consumers with random pauses on one mailbox.
    private func tangledRun(seed: UInt64) throws -> (lines: [String], stream: RandomStream) {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let mailbox = Mailbox<Int>(simulation, name: "numbers")
        var stream = RandomStream(seed: seed, purpose: "pauses")
        for producer in 0..<10 {
            simulation.spawn("producer \(producer)") {
                for number in 0..<30 {
                    try await simulation.sleep(for: .nanoseconds(Int64(stream.index(below: 5))))
                    mailbox.send(100 * producer + number)
                }
            }
        }
        for consumer in 0..<6 {
            simulation.spawn("consumer \(consumer)") {
                for _ in 0..<50 {
                    let number = try await mailbox.receive()
                    log.note("\(consumer) got \(number)")
                    try await simulation.sleep(for: .nanoseconds(Int64(stream.index(below: 3))))
                }
            }
        }
        try simulation.run()
        return (log.lines, stream)
    }

    @Test("waiting outside of a process, or twice at once, and scheduling into the past trap")
    func misuse() async {
        await #expect(processExitsWith: trap) {
            let simulation = Simulation()
            try await simulation.sleep(for: .seconds(1))
        }
        await #expect(processExitsWith: trap) {
            let simulation = Simulation()
            simulation.spawn("a") { try await simulation.sleep(for: .seconds(-1)) }
            try simulation.run()
        }
        await #expect(processExitsWith: trap) {
            let simulation = Simulation()
            simulation.spawn("a") {
                try await simulation.sleep(for: .seconds(2))
                try await simulation.sleep(until: .seconds(1))
            }
            try simulation.run()
        }
        await #expect(processExitsWith: trap) {
            let simulation = Simulation()
            simulation.spawn("a") { try simulation.run() }
            try simulation.run()
        }
    }

    @Test("a process that awaits something off the virtual clock traps instead of racing")
    func foreignWaits() async {
        await #expect(processExitsWith: trap) {
            let simulation = Simulation()
            // Not a millisecond, which on a busy machine is over before the wait begins.
            simulation.spawn("a") { try await Task.sleep(for: .seconds(60)) }
            try simulation.run()
        }
    }
}
