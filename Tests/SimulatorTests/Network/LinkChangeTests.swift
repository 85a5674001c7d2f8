import Foundation
import Simulator
import Testing

/// The end of one upload from 0 s over a link that changes, in nanoseconds.
private func end(
    bytes: Int, _ changes: LinkChanges? = nil, latency: Double = 0, clients: Int = 1, client: Int = 0,
    transport: TransportModel = .ideal, idleLimit: Int = .max
) throws -> Int64 {
    let simulation = Simulation()
    simulation.idleLimit = idleLimit
    let network = StarNetwork(
        simulation: simulation, server: serverLink(),
        clients: ClientLinks((0..<clients).map { _ in clientLink(up: 1e6, latency: latency) }),
        transport: transport, changes: changes)
    var end = Int64(-1)
    simulation.spawn("upload") {
        end = try await network.transfer(bytes: bytes, client: client, direction: .up).end.nanoseconds
    }
    try simulation.run()
    return end
}

private func changes(_ text: String, clients: Int = 1) throws -> LinkChanges {
    let trace = try LinkTrace(text: text, file: "t", clients: clients)
    return LinkChanges(seed: 1, trace: { trace.link(of: $0) })
}

@Suite("Links that change")
struct LinkChangeTests {
    @Test("a trace gives the instant at which the integral of the rate is the size, to 1 ns")
    func closedForm() throws {
        let text = "t_s,uplink_Bps,downlink_Bps\n0,1000,1\n1.5,250,1\n3,0,1\n10,4000,1\n"
        // 1,500 bytes until 1.5 s, 375 more until 3 s, nothing until 10 s, then 4,000 bytes/s.
        for (bytes, seconds) in [
            (1000, 1.0), (1500, 1.5), (1700, 2.3), (1875, 3.0), (1876, 10.00025), (9875, 12.0),
        ] {
            let nanoseconds = Int64((seconds * 1e9).rounded())
            #expect(abs(try end(bytes: bytes, changes(text)) - nanoseconds) <= 1, "\(bytes) bytes")
        }
    }

    @Test("a trace with a period begins again, and the latency is that of the instant of the call")
    func periods() throws {
        let text = "# period_s: 2\nt_s,uplink_Bps,downlink_Bps,latency_s\n0,100,1,0.5\n1,300,1,0\n"
        // From 0.5 s: 50 bytes until 1 s, 300 until 2 s, 100 until 3 s, 300 until 4 s.
        #expect(try end(bytes: 450, changes(text)) == 3_000_000_000)
        #expect(try end(bytes: 600, changes(text)) == 3_500_000_000)
        // A thousand periods of 400 bytes, less the 50 bytes of the latency.
        #expect(try end(bytes: 399_950, changes(text)) == 2_000_000_000_000)
    }

    @Test("before the first line of a period the last one of the period before holds")
    func latePeriods() throws {
        let lines = "t_s,uplink_Bps,downlink_Bps\n"
        let late = "# period_s: 10\n\(lines)5,1000,1\n8,1000000,1\n"
        let whole = "# period_s: 10\n\(lines)0,1000000,1\n5,1000,1\n8,1000000,1\n"
        for bytes in [1_000_000, 6_000_000, 7_500_000, 20_000_000] {
            #expect(try end(bytes: bytes, changes(late)) == end(bytes: bytes, changes(whole)))
        }
        // Without a period the first line holds from the start.
        #expect(try end(bytes: 1000, changes("\(lines)5,1000,1\n")) == 1_000_000_000)
    }

    @Test("a trace's latency is that of a link that has it always, in every transport", arguments: [
        TransportModel.ideal, .tcp(), .tcp(tls: true), .lv08, .cm02,
    ])
    func latencies(_ transport: TransportModel) throws {
        let text = "t_s,uplink_Bps,downlink_Bps,latency_s\n0,1000000,1000000,0.5\n"
        let changed = try end(bytes: 8_000_000, changes(text), latency: 0.01, transport: transport)
        #expect(try changed == end(bytes: 8_000_000, latency: 0.5, transport: transport))
        #expect(try changed > end(bytes: 8_000_000, latency: 0.01, transport: transport))
    }

    @Test("changes of a link are no events without progress")
    func manyChanges() throws {
        let text = "# period_s: 0.02\nt_s,uplink_Bps,downlink_Bps\n0,1000,1\n0.01,2000,1\n"
        // 1,500 bytes a second: two thousand changes.
        #expect(try end(bytes: 15_000, changes(text), idleLimit: 100) == 10_000_000_000)
    }

    @Test("a setting in another spelling is refused with its line and its right name", arguments: [
        "# period: 3", "# Period_s: 3", "# period-s: 3",
    ])
    func slips(_ line: String) throws {
        let text = "# source: a walk\n\(line)\nt_s,uplink_Bps,downlink_Bps\n0,1000,1\n"
        let error = #expect(throws: TraceError.self) { try changes(text) }
        let name = line.dropFirst(2).prefix { $0 != ":" }
        #expect(
            error?.description == "t:2: # \(name): is no setting of a trace; allowed: # period_s: and a "
                + "number, or other comments")
    }

    @Test("each client has its own lines")
    func clientsOfTrace() throws {
        let text = "client,t_s,uplink_Bps,downlink_Bps\n1,0,10,1\n0,0,1000,1\n1,5,100,1\n"
        #expect(try end(bytes: 100, changes(text, clients: 2), clients: 2, client: 0) == 100_000_000)
        #expect(try end(bytes: 100, changes(text, clients: 2), clients: 2, client: 1) == 5_500_000_000)
    }

    @Test("Mahimahi's packets of 1504 bytes arrive in their milliseconds")
    func mahimahi() throws {
        // One packet in the first millisecond, two in the fifth, again from 5 ms on.
        let text = "1\n5\n5\n"
        #expect(try end(bytes: 1504, changes(text)) == 1_000_000)
        #expect(try end(bytes: 1505, changes(text)) > 4_000_000)
        #expect(try end(bytes: 3 * 1504, changes(text)) == 5_000_000)
        #expect(try end(bytes: 300 * 1504, changes(text)) == 500_000_000)
    }

    @Test("day and night multiply the client's own rate")
    func factors() throws {
        let night = PiecewiseConstant<Double>(
            pieces: [.init(start: .zero, value: 1), .init(start: .seconds(10), value: 0.5)],
            period: .seconds(20))
        // 10 MB by day, 5 MB by night, 10 MB by day.
        #expect(try end(bytes: 20_000_000, LinkChanges(seed: 1, factor: night)) == 25_000_000_000)
    }

    @Test("fading is a function of seed, client and interval, of median 1 and the given deviation")
    func fading() {
        let rule = LinkChanges.Fading(sigma: 0.5, interval: .seconds(1), correlation: 0.8)
        let link = clientLink(up: 1e6)
        func logs(seed: UInt64) -> [Double] {
            let changes = LinkChanges(seed: seed, fading: rule)
            return (0..<4000).map { second in
                let instant = SimInstant.seconds(Double(second) + 0.25)
                let (state, until) = changes.state(of: 3, link: link, at: instant)
                #expect(until == .seconds(Double(second) + 1))
                return log(state.rates.uplink / 1e6)
            }
        }
        let values = logs(seed: 1)
        #expect(values == logs(seed: 1))
        #expect(values != logs(seed: 2))
        let count = Double(values.count), mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        let products = zip(values, values.dropFirst()).map { ($0 - mean) * ($1 - mean) }
        let covariance = products.reduce(0, +) / count
        // Deviations of a sample of about 4000 · (1 − 0.8²) / (1 + 0.8²) independent draws.
        #expect(abs(mean) < 0.1)
        #expect(abs(variance.squareRoot() - 0.5) < 0.06)
        #expect(abs(covariance / variance - 0.8) < 0.06)
    }

    @Test(
        "what is wrong in a trace is told with its line",
        arguments: [
            ("t_s,uplink_Bps,downlink_Bps\n0,1,1\n0,2,2\n", 3),
            ("t_s,uplink_Bps,downlink_Bps\n0,-1,1\n", 2), ("t_s,uplink_Bps,downlink_Bps\n0,nan,1\n", 2),
            ("t_s,uplink_Bps,downlink_Bps\n0,0.5,1\n", 2), ("t_s,uplink_Bps\n0,1\n", 1),
            ("# period_s: 5\nt_s,uplink_Bps,downlink_Bps\n5,1,1\n", 3),
            ("# period_s: 1e-9\nt_s,uplink_Bps,downlink_Bps\n0,1,1\n", 1),
            ("# a link\n# period_s: 5\n1\n2\n", 2), ("5\n4\n", 2), ("5\n6x\n", 2),
            ("client,t_s,uplink_Bps,downlink_Bps\n7,0,1,1\n", 2),
            ("client,t_s,uplink_Bps,downlink_Bps,latency_s\n0,0,1,1,-1\n", 2),
        ])
    func mistakes(text: String, line: Int) {
        let error = #expect(throws: TraceError.self) {
            try LinkTrace(text: text, file: "links.csv", clients: 1)
        }
        #expect(error?.line == line)
    }
}
