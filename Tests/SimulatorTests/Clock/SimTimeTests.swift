import Core
import Foundation
import Simulator
import TestSupport
import Testing

@Suite("Instants and durations")
struct SimTimeTests {
    @Test("seconds are rounded to the nearest nanosecond, halves away from zero")
    func secondsRoundToNearest() {
        #expect(SimDuration.seconds(1.5).nanoseconds == 1_500_000_000)
        #expect(SimDuration.seconds(0.1).nanoseconds == 100_000_000)
        #expect(SimDuration.seconds(1.4e-9).nanoseconds == 1)
        #expect(SimDuration.seconds(1.6e-9).nanoseconds == 2)
        #expect(SimDuration.seconds(0.5e-9).nanoseconds == 1)
        #expect(SimDuration.seconds(-0.5e-9).nanoseconds == -1)
        #expect(SimDuration.seconds(-2).nanoseconds == -2_000_000_000)
    }

    @Test(
        "a transfer's time is bytes over rate, rounded up",
        arguments: [
            (bytes: 0, rate: 1000.0, nanoseconds: Int64(0)),
            (bytes: 1000, rate: 1000.0, nanoseconds: 1_000_000_000),
            (bytes: 1, rate: 3e9, nanoseconds: 1),
            (bytes: 10, rate: 3e9, nanoseconds: 4),
            (bytes: 44_765_128, rate: 2.5e6, nanoseconds: 17_906_051_200),
        ])
    func transferTime(bytes: Int, rate: Double, nanoseconds: Int64) {
        #expect(
            SimDuration.transferring(bytes: bytes, bytesPerSecond: rate).nanoseconds == nanoseconds)
    }

    @Test("work's time is FLOPs over speed, rounded up, never zero for work that is not nothing")
    func computeTime() {
        #expect(SimDuration.computing(flops: 0, flopsPerSecond: 1e12) == .zero)
        #expect(SimDuration.computing(flops: 1, flopsPerSecond: 1e12) == .nanoseconds(1))
        #expect(SimDuration.computing(flops: 3e12, flopsPerSecond: 2e12) == .seconds(1.5))
    }

    @Test("durations add, subtract, multiply and compare")
    func durationArithmetic() {
        let half = SimDuration.seconds(0.5)
        #expect(half + half == .seconds(1))
        #expect(half - .seconds(2) == .seconds(-1.5))
        #expect(half * 3 == .seconds(1.5))
        #expect(half * 0.2 == .seconds(0.1))
        #expect(half < .seconds(0.500000001))
        var sum = SimDuration.zero
        sum += half
        #expect(sum == half)
    }

    @Test("an instant and a duration give an instant, two instants a duration")
    func instantArithmetic() {
        let noon = SimInstant.seconds(12)
        #expect(noon + .seconds(1) == .seconds(13))
        #expect(noon - SimDuration.seconds(1) == .seconds(11))
        #expect(noon - SimInstant.seconds(2) == SimDuration.seconds(10))
        #expect(SimInstant.start < noon)
        #expect(SimInstant.start.nanoseconds == 0)
    }

    @Test("seconds come back as they went in, up to 100 days", arguments: [0, 1, 0.25, 3.141592653, 8.6e6])
    func secondsRoundTrip(seconds: Double) {
        #expect(SimInstant.seconds(seconds).seconds == seconds)
        #expect(SimDuration.seconds(seconds).seconds == seconds)
    }

    @Test("the instant at or after a real time is never early and less than 1 ns late")
    func atOrAfter() {
        #expect(SimInstant.atOrAfter(seconds: 0).nanoseconds == 0)
        #expect(SimInstant.atOrAfter(seconds: 1.1e-9).nanoseconds == 2)
        #expect(SimInstant.atOrAfter(seconds: 1.9e-9).nanoseconds == 2)
        #expect(SimInstant.atOrAfter(seconds: 2e-9).nanoseconds == 2)
        var stream = RandomStream(seed: 5, purpose: "at or after")
        for _ in 0..<10_000 {
            let seconds = stream.uniform() * 1000
            let instant = SimInstant.atOrAfter(seconds: seconds)
            #expect(instant.seconds >= seconds - 1e-12)
            #expect(instant.seconds < seconds + 1.000_001e-9)
        }
    }

    @Test("a whole nanosecond is its own instant, whatever Double arithmetic makes of it")
    func atOrAfterKeepsWholeNanoseconds() {
        var stream = RandomStream(seed: 6, purpose: "whole nanoseconds")
        for _ in 0..<10_000 {
            let nanoseconds = Int64(stream.index(below: 1_000_000_000_000_000))
            let instant = SimInstant(nanoseconds: nanoseconds)
            #expect(SimInstant.atOrAfter(seconds: instant.seconds) == instant)
        }
    }

    @Test("times print as exact seconds without trailing zeros")
    func descriptions() {
        #expect("\(SimInstant.start)" == "0 s")
        #expect("\(SimInstant.seconds(12.5))" == "12.5 s")
        #expect("\(SimDuration.nanoseconds(1))" == "0.000000001 s")
        #expect("\(SimDuration.nanoseconds(1_000_000_010))" == "1.00000001 s")
        #expect("\(SimDuration.seconds(-0.25))" == "-0.25 s")
        #expect("\(SimDuration.seconds(100))" == "100 s")
    }

    @Test("times survive JSON exactly")
    func coding() throws {
        let instant = SimInstant(nanoseconds: Int64.max)
        let decoded = try JSONDecoder().decode(SimInstant.self, from: JSONEncoder().encode(instant))
        #expect(decoded == instant)
    }

    @Test("overflow and what is not a time trap instead of wrapping")
    func trapsOutsideOfTime() async {
        await #expect(processExitsWith: trap) {
            // Printed, so that the optimizer keeps the sum.
            print(SimInstant(nanoseconds: .max) + .nanoseconds(Int64(CommandLine.arguments.count)))
        }
        await #expect(processExitsWith: trap) { _ = SimDuration.seconds(.nan) }
        await #expect(processExitsWith: trap) { _ = SimDuration.seconds(1e10) }
        await #expect(processExitsWith: trap) {
            _ = SimDuration.transferring(bytes: -1, bytesPerSecond: 1)
        }
        await #expect(processExitsWith: trap) {
            _ = SimDuration.computing(flops: 1, flopsPerSecond: 0)
        }
    }
}

@Suite("The end of virtual time")
struct EndOfTimeTests {
    @Test("work that would take longer than virtual time lasts is an error, not a trap")
    func slowDevice() throws {
        // 1e20 FLOPs at 1 FLOP/s are 3.2e12 years.
        let simulation = Simulation()
        let device = ClientDevice(flopsPerSecond: 1)
        simulation.spawn("client 3") {
            try await simulation.sleep(for: .seconds(2))
            try await simulation.sleep(for: device.computeTime(flops: 1e20))
        }
        let error = try #require(throws: SimulatorError.self) { try simulation.run() }
        #expect(
            "\(error)" == "at 2 s: \"client 3\" would take until the end of virtual time, 292 years; "
                + "a link or a device is too slow for what it has to do")
        #expect(simulation.liveProcessCount == 0)
    }

    @Test("so is a transfer")
    func slowLink() throws {
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation, server: serverLink(down: 1e-3), clients: [clientLink(up: 1)])
        simulation.spawn("client 0") {
            try await network.transfer(bytes: 1_000_000_000_000, client: 0, direction: .up)
        }
        #expect(throws: SimulatorError.endOfTime(at: .start, awaiting: "a transfer")) { try simulation.run() }
    }

    @Test("what others do before is done")
    func others() throws {
        let simulation = Simulation()
        let log = EventLog(simulation)
        simulation.spawn("slow") { try await simulation.sleep(until: .distantFuture) }
        simulation.spawn("quick") {
            try await simulation.sleep(for: .seconds(5))
            log.note("done")
        }
        #expect(throws: SimulatorError.self) { try simulation.run() }
        #expect(log.lines == ["5 s: done"])
    }
}
