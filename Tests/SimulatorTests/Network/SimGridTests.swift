import Foundation
import Simulator
import Testing

/// Where the SimGrid fixtures are: under `$FGL_FIXTURES` if set, else the copies beside the tests.
private let simGridFiles: [URL] = {
    let copies = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures")
    let root = ProcessInfo.processInfo.environment["FGL_FIXTURES"].map { URL(fileURLWithPath: $0) } ?? copies
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root.path + "/simgrid")) ?? []
    return names.filter { $0.hasSuffix(".json") }.sorted()
        .map { root.appendingPathComponent("simgrid/\($0)") }
}()

@Suite("SimGrid's completion times")
struct SimGridTests {
    @Test("there are fixtures")
    func fixturesExist() {
        #expect(simGridFiles.count >= 3)
    }

    @Test("a network case gives SimGrid's completion times within 1e-6", arguments: simGridFiles)
    func networkCase(file: URL) throws {
        let networkCase = try NetworkCase(json: Data(contentsOf: file))
        let completions = try networkCase.completions()
        #expect(completions.map(\.id) == networkCase.flows.map(\.id))
        for (completion, flow) in zip(completions, networkCase.flows) {
            let expected = try #require(flow.expectedEndSeconds)
            #expect(relativeError(completion.endSeconds, expected) < 1e-6, "flow \(flow.id)")
        }
    }

    @Test(
        "transfers on the virtual clock end there too, within the rounding to 1 ns", arguments: simGridFiles)
    func transfersOnTheClock(file: URL) throws {
        let networkCase = try NetworkCase(json: Data(contentsOf: file))
        let simulation = Simulation()
        let network = StarNetwork(
            simulation: simulation,
            server: serverLink(
                up: networkCase.server.uplinkBytesPerSecond, down: networkCase.server.downlinkBytesPerSecond),
            clients: networkCase.clients.map {
                clientLink(
                    up: $0.uplinkBytesPerSecond, down: $0.downlinkBytesPerSecond, latency: $0.latencySeconds)
            })
        for flow in networkCase.flows {
            simulation.spawn("flow \(flow.id)") {
                try await simulation.sleep(until: .seconds(flow.startSeconds))
                let times = try await network.transfer(
                    bytes: flow.bytes, client: flow.client, direction: flow.direction)
                #expect(times.start == .seconds(flow.startSeconds))
                let expected = try #require(flow.expectedEndSeconds)
                #expect(abs(times.end.seconds - expected) < 1e-6 * expected + 1e-9, "flow \(flow.id)")
            }
        }
        try simulation.run()
        #expect(network.transferCount == 0)
    }

    @Test(
        "progressive filling, the tests' own reference, gives SimGrid's times as well",
        arguments: try simGridFiles.filter { try NetworkCase(json: Data(contentsOf: $0)).flows.count <= 100 })
    func reference(file: URL) throws {
        let networkCase = try NetworkCase(json: Data(contentsOf: file))
        let ends = ProgressiveFilling.completionSeconds(
            server: serverLink(
                up: networkCase.server.uplinkBytesPerSecond, down: networkCase.server.downlinkBytesPerSecond),
            clients: networkCase.clients.map {
                clientLink(up: $0.uplinkBytesPerSecond, down: $0.downlinkBytesPerSecond)
            },
            flows: networkCase.flows.map {
                ProgressiveFilling.Flow(
                    client: $0.client, direction: $0.direction,
                    drainsFrom: $0.startSeconds + networkCase.clients[$0.client].latencySeconds,
                    bytes: $0.bytes)
            })
        for (end, flow) in zip(ends, networkCase.flows) {
            #expect(relativeError(end, try #require(flow.expectedEndSeconds)) < 1e-9)
        }
    }
}
