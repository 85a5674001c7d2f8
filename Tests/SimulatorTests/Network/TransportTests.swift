import Foundation
import Simulator
import TestSupport
import Testing

/// Where the fixtures of SimGrid's network models are; `make-fixtures.py` there has made them.
private let modelFiles: [URL] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/transport")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appendingPathComponent($0) }
}()

/// The end of one transfer over a link of 1 MB/s, asked for at 0 s.
private func end(
    bytes: Int, _ direction: TransferDirection = .up, rate: Double = 1e6, latency: Double,
    loss: Double = 0, _ transport: TransportName
) throws -> Double {
    var networkCase = try NetworkCase(
        json: Data(
            """
            {"server": {"uplink_Bps": 1e12, "downlink_Bps": 1e12},
             "clients": [{"uplink_Bps": \(rate), "downlink_Bps": \(rate), "latency_s": \(latency),
                          "loss": \(loss)}],
             "flows": [{"id": 0, "client": 0, "direction": "\(direction.rawValue)", "start_s": 0,
                        "bytes": \(bytes)}]}
            """.utf8))
    networkCase.transport = transport
    return try networkCase.completions()[0].endSeconds
}

@Suite("Transport models")
struct TransportTests {
    @Test("LV08 and CM02 give SimGrid's completion times within 1e-6", arguments: modelFiles)
    func simGridModels(file: URL) throws {
        let networkCase = try NetworkCase(json: Data(contentsOf: file))
        #expect(networkCase.transport == .lv08 || networkCase.transport == .cm02)
        for (completion, flow) in zip(try networkCase.completions(), networkCase.flows) {
            let expected = try #require(flow.expectedEndSeconds)
            #expect(relativeError(completion.endSeconds, expected) < 1e-6, "flow \(flow.id)")
        }
    }

    @Test("there are fixtures of both models")
    func fixturesExist() {
        #expect(modelFiles.count == 8)
    }

    @Test("a prompt of 200 bytes takes the connection's round trips and its latency")
    func promptsTakeRoundTrips() throws {
        let sending = 200 / (1448.0 / 1514 * 1e6)
        // Connection 100 ms, then 50 ms; a download waits for its request; TLS takes a round trip more.
        #expect(relativeError(try end(bytes: 200, latency: 0.05, .tcp), 0.15 + sending) < 1e-12)
        #expect(relativeError(try end(bytes: 200, .down, latency: 0.05, .tcp), 0.2 + sending) < 1e-12)
        #expect(relativeError(try end(bytes: 200, latency: 0.05, .tls), 0.25 + sending) < 1e-12)
        #expect(relativeError(try end(bytes: 200, .down, latency: 0.05, .tls), 0.3 + sending) < 1e-12)
        #expect(relativeError(try end(bytes: 200, latency: 0.05, .ideal), 0.05 + 200 / 1e6) < 1e-12)
    }

    @Test(
        "slow start: a round trip for each window that is sent before it ends, then the link's rate",
        arguments: [1000, 14_480, 14_481, 43_440, 43_441, 100_000, 1_000_000, 10_000_000])
    func slowStart(bytes: Int) throws {
        let latency = 0.05, rate = 1448.0 / 1514 * 2e6
        var windows = 14_480.0, sent = 0.0, rounds = 0.0
        while windows / rate <= 2 * latency, sent + windows < Double(bytes) {
            sent += windows
            windows *= 2
            rounds += 1
        }
        let expected = 3 * latency + rounds * 2 * latency + (Double(bytes) - sent) / rate
        let actual = try end(bytes: bytes, rate: 2e6, latency: latency, .tcp)
        #expect(relativeError(actual, expected) < 1e-12)
    }

    @Test("the window limits the rate: 4 MiB per round trip")
    func windowLimit() throws {
        // 4 MiB in 0.4 s are 10,485,760 bytes/s, which a link of 1 GB/s allows.
        let bytes = 1_000_000_000
        let slope = try end(bytes: 2 * bytes, rate: 1e9, latency: 0.2, .tcp)
            - end(bytes: bytes, rate: 1e9, latency: 0.2, .tcp)
        #expect(relativeError(slope, Double(bytes) / 10_485_760) < 1e-9)
    }

    @Test("loss limits the rate as equation 30 of Padhye and others has it")
    func lossLimit() throws {
        // p = 0.01, RTT = 0.1 s, b = 2, T0 = 0.2 s.
        let p = 0.01, roundTrip = 0.1
        let perSegment =
            roundTrip * (4 * p / 3).squareRoot() + 0.2 * 3 * (6 * p / 8).squareRoot() * p * (1 + 32 * p * p)
        let bytes = 100_000_000
        let slope = try end(bytes: 2 * bytes, rate: 1e9, latency: 0.05, loss: p, .tcp)
            - end(bytes: bytes, rate: 1e9, latency: 0.05, loss: p, .tcp)
        #expect(relativeError(slope, Double(bytes) * perSegment / 1448) < 1e-9)
        let ideal = try end(bytes: bytes, rate: 1e6, latency: 0, loss: p, .ideal)
        #expect(relativeError(ideal, Double(bytes) / 0.99e6) < 1e-12)
    }

    @Test("where the server's link is shared, a flow gets it in inverse proportion to its penalty")
    func weightedShares() {
        // LV08's penalties: 0.01 + 20537/1e9 + 20537/1e6 and 0.1 + the same.
        let cost = 20_537 / 1e9 + 20_537 / 1e6
        let penalties = [0.01 + cost, 0.1 + cost]
        var star = FluidStar(
            server: serverLink(down: 1e6),
            clients: [clientLink(up: 1e9, latency: 0.01), clientLink(up: 1e9, latency: 0.1)],
            transport: .lv08)
        for client in 0..<2 {
            _ = star.start(bytes: 10_000_000, client: client, direction: .up, drainsFrom: 0)
        }
        _ = star.advance(to: 0)
        let rates = (0..<2).map { star.rate(of: $0) ?? 0 }
        #expect(relativeError(rates[0] / rates[1], penalties[1] / penalties[0]) < 1e-6)
        #expect(relativeError(rates[0] + rates[1], 0.97e6) < 1e-9)
    }

    @Test("an outage during slow start delays the end by as much: no window opens while nothing passes",
        arguments: ["link", "server", "rates"])
    func outageInSlowStart(_ what: String) {
        func end(of outage: ClosedRange<Double>?) -> Double {
            var star = FluidStar(
                server: serverLink(), clients: [clientLink(up: 1e6, latency: 0.5)], transport: .tcp())
            let flow = star.start(bytes: 800_000, client: 0, direction: .up, drainsFrom: 1)
            func pass(_ isUp: Bool) {
                switch what {
                case "link": star.setLink(of: 0, isUp: isUp)
                case "server": star.setServerLink(isUp: isUp)
                default: star.setRates(of: 0, LinkRates(uplink: isUp ? 1e6 : 0, downlink: 1e6))
                }
            }
            if let outage {
                _ = star.advance(to: outage.lowerBound)
                pass(false)
                #expect(star.advance(to: outage.upperBound).isEmpty)
                pass(true)
            }
            return star.drain()[flow] ?? .infinity
        }
        let whole = end(of: nil)
        for start in [0.5, 1.005, 2.5, 3.02, 4.99] {
            let late = end(of: start...start + 10) - whole
            // What waited for an acknowledgement waits for another one at most, a round trip.
            #expect(late > (start < 1 ? 9.4 : 9.9) && late < 11.1, "\(start): \(late)")
        }
    }

    @Test("a transfer cancelled during slow start has delivered what it sent")
    func cancelledInSlowStart() {
        var star = FluidStar(
            server: serverLink(), clients: [clientLink(up: 1e9, latency: 0.05)], transport: .tcp())
        let flow = star.start(bytes: 1_000_000, client: 0, direction: .up, drainsFrom: 0)
        // Windows at 0 and 0.1 s: 14,480 and 28,960 bytes; the third opens at 0.2 s.
        #expect(star.advance(to: 0.15).isEmpty)
        #expect(star.rate(of: flow) == 0)
        #expect(star.cancel(flow) == 43_440)
        #expect(star.flowCount == 0)
        #expect(star.nextChange() == nil)
    }

    @Test("many random transfers of every model end, each not before the ideal one would alone")
    func everythingEnds() {
        for transport in TransportName.allCases {
            let random = RandomCase(seed: 7, clients: 20, flows: 300)
            var star = FluidStar(
                server: random.server,
                clients: random.clients.enumerated().map {
                    ClientLink(
                        uplink: $1.uplink, downlink: $1.downlink, latency: .seconds(Double($0) / 100))
                }, transport: transport.model)
            for flow in random.flows {
                _ = star.start(
                    bytes: flow.bytes, client: flow.client, direction: flow.direction,
                    drainsFrom: flow.drainsFrom)
            }
            let ends = star.drain()
            #expect(ends.count == 300)
            for (number, flow) in random.flows.enumerated() {
                let link = random.clients[flow.client]
                let rate = flow.direction == .up ? link.uplink.value : link.downlink.value
                #expect((ends[number] ?? 0) >= flow.drainsFrom + Double(flow.bytes) / rate * 0.999_999)
            }
        }
    }
}
