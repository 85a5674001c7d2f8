/// How fast the kernel is: processes that sleep in a loop, and nothing else.
public struct EventBenchmark: Sendable {
    /// Processes that sleep at the same time.
    public let processes: Int
    /// Events executed: one start of each process and the sleeps.
    public let events: Int
    /// Real seconds it took, processes made and ended included.
    public let wallSeconds: Double

    /// Events executed per real second.
    public var eventsPerSecond: Double {
        Double(events) / wallSeconds
    }

    /// Runs `processes` processes that sleep for a thousand different spans in turn, about `events` times
    /// altogether, so that the queue always holds one event per process in no simple order.
    ///
    /// - Precondition: `processes` is positive and at most `events`.
    public static func run(processes: Int, events: Int) throws -> EventBenchmark {
        precondition(processes > 0 && events >= processes, "\(events) events for \(processes) processes")
        let sleeps = events / processes
        let simulation = Simulation()
        let clock = ContinuousClock()
        let start = clock.now
        for number in 0..<processes {
            simulation.spawn("process \(number)") {
                var span = Int64(number % 1000)
                for _ in 0..<sleeps {
                    span = (span * 17 + 7) % 1000
                    try await simulation.sleep(for: .nanoseconds(1000 + span))
                }
            }
        }
        try simulation.run()
        let wall = clock.now - start
        let (seconds, attoseconds) = wall.components
        return EventBenchmark(
            processes: processes, events: simulation.eventCount,
            wallSeconds: Double(seconds) + Double(attoseconds) * 1e-18)
    }
}
