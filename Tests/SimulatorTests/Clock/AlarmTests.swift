import Simulator
import TestSupport
import Testing

@Suite("Alarms and the event benchmark")
struct AlarmTests {
    @Test("an alarm fires once, at its instant")
    func fires() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        let alarm = Alarm(simulation) { log.note("alarm") }
        alarm.set(at: .seconds(2))
        #expect(alarm.instant == .seconds(2))
        try simulation.run()
        #expect(log.lines == ["2 s: alarm"])
        #expect(alarm.instant == nil)
        try simulation.run()
        #expect(log.lines.count == 1)
    }

    @Test("a moved alarm fires only at its last instant, earlier or later than the first")
    func moves() throws {
        for (first, second) in [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0)] {
            let simulation = Simulation()
            let log = EventLog(simulation)
            let alarm = Alarm(simulation) { log.note("alarm") }
            alarm.set(at: .seconds(first))
            alarm.set(at: .seconds(second))
            try simulation.run()
            #expect(log.lines == ["\(Int(second)) s: alarm"])
            #expect(simulation.eventCount == 1)
        }
    }

    @Test("a cleared alarm does not fire and does not move the clock")
    func clears() throws {
        let simulation = Simulation()
        let alarm = Alarm(simulation) { Issue.record("fired") }
        alarm.set(at: .seconds(1))
        alarm.clear()
        try simulation.run()
        #expect(simulation.now == .start)
    }

    @Test("an action can set its own alarm again")
    func repeats() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        var alarm: Alarm?
        alarm = Alarm(simulation) {
            log.note("tick")
            if simulation.now < .seconds(3) { alarm?.set(at: simulation.now + .seconds(1)) }
        }
        alarm?.set(at: .seconds(1))
        try simulation.run()
        #expect(log.lines == ["1 s: tick", "2 s: tick", "3 s: tick"])
        alarm = nil
    }

    @Test("time never goes back: an alarm in the past traps")
    func past() async {
        await #expect(processExitsWith: trap) {
            let simulation = Simulation()
            let alarm = Alarm(simulation) {}
            simulation.spawn("a") {
                try await simulation.sleep(for: .seconds(1))
                alarm.set(at: .seconds(0.5))
            }
            try simulation.run()
        }
    }

    @Test("the benchmark executes the events it reports", arguments: [(1, 10), (7, 100), (100, 10_000)])
    func benchmark(processes: Int, events: Int) throws {
        let result = try EventBenchmark.run(processes: processes, events: events)
        // Each process starts once and sleeps ⌊events / processes⌋ times.
        #expect(result.events == processes + (events / processes) * processes)
        #expect(result.processes == processes)
        #expect(result.processorSeconds > 0)
        #expect(result.eventsPerSecond == Double(result.events) / result.processorSeconds)
    }
}
