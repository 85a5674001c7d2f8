import Core
import Simulator
import Testing

@Suite("What the event queue keeps alive")
struct EventQueueLifetimeTests {
    @Test("a simulation dropped with events in its queue releases their targets")
    func droppedSimulation() {
        weak var process: Process?
        weak var alarm: Alarm?
        do {
            let simulation = Simulation()
            process = simulation.spawn("never started") {}
            let bell = Alarm(simulation) {}
            bell.set(at: .seconds(5))
            // Moved twice, so that the queue holds tombstones too.
            bell.set(at: .seconds(7))
            alarm = bell
            #expect(process != nil)
        }
        #expect(process == nil)
        #expect(alarm == nil)
    }

    @Test("processes are released when they end, cancelled waits included")
    func endedProcesses() throws {
        let simulation = Simulation()
        weak var sleeper: Process?
        func begin() {
            let process = simulation.spawn("sleeper") { try await simulation.sleep(for: .seconds(100)) }
            sleeper = process
            simulation.spawn("canceller") { [weak process] in
                try await simulation.sleep(for: .seconds(1))
                process?.cancel()
            }
        }
        begin()
        try simulation.run()
        #expect(simulation.now == .seconds(1))
        #expect(sleeper == nil)
    }

    @Test("thousands of pending events come in order, whatever the order of scheduling", arguments: 0..<3)
    func manyEvents(seed: UInt64) throws {
        // Enough to make the queue grow several times; few instants, so that ties are the rule.
        let simulation = Simulation()
        var stream = RandomStream(seed: seed, purpose: "instants")
        var woken: [(SimInstant, Int)] = []
        var expected: [(Int64, Int)] = []
        for number in 0..<3_000 {
            let nanoseconds = Int64(stream.index(below: 200))
            expected.append((nanoseconds, number))
            simulation.spawn("process \(number)") {
                try await simulation.sleep(until: SimInstant(nanoseconds: nanoseconds))
                woken.append((simulation.now, number))
            }
        }
        try simulation.run()
        expected.sort { $0 < $1 }
        #expect(woken.map(\.0.nanoseconds) == expected.map(\.0))
        #expect(woken.map(\.1) == expected.map(\.1))
    }
}
