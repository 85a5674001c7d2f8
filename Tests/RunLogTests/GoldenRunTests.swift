import Foundation
import GRDB
import RunLog
import Simulator
import Testing

@Suite("The golden log of a small federation")
struct GoldenRunTests {
    /// Two clients send prompts, the server works for three seconds and sends 4,000 bytes of weights back.
    ///
    /// Client 0: 34 bytes/s up, 4,000 down, latency 0.5 s. Client 1: 136 up, 2,000 down, latency 0.25 s.
    /// The server's links are never the narrow place. Computed by hand: the prompts arrive after
    /// 0.5 + 17/34 = 1 s and 0.25 + 34/136 = 0.5 s; the model is there at 1 + 3 = 4 s; the weights arrive at
    /// 4 + 0.5 + 4000/4000 = 5.5 s and 4 + 0.25 + 4000/2000 = 6.25 s.
    private struct Federation {
        let simulation = Simulation()
        let recorder: RunRecorder
        let prompts = [["A photo of a star"], ["A photo of a star", "A photo of a ring"]]
        let links = [
            ClientLink(
                uplink: BytesPerSecond(34), downlink: BytesPerSecond(4000), latency: .seconds(0.5)),
            ClientLink(
                uplink: BytesPerSecond(136), downlink: BytesPerSecond(2000), latency: .seconds(0.25)),
        ]

        func run() throws -> SimInstant {
            let network = StarNetwork(
                simulation: simulation,
                server: LinkCapacity(uplink: BytesPerSecond(1e9), downlink: BytesPerSecond(1e9)),
                clients: links)
            for (number, link) in links.enumerated() { describe(number, link) }
            simulation.spawn("server") {
                recorder.event(at: simulation.now, kind: "round-start", round: 1)
                try await exchange(.up, payload: "prompts", over: network) { client in
                    prompts[client].joined().utf8.count
                }
                try await simulation.sleep(for: .seconds(3))
                recorder.work(
                    kind: "train", round: 1, key: "5eed", outputSHA256: "c0de", flops: 3e12, wallSeconds: 0.5,
                    metrics: ["images": 20])
                recorder.event(at: simulation.now, kind: "model-trained", round: 1, detail: ["images": 20])
                recorder.metric(
                    at: simulation.now, round: 1, split: "test", name: "accuracy", value: 0.75)
                try await exchange(.down, payload: "weights", over: network) { _ in 4000 }
                recorder.event(at: simulation.now, kind: "round-end", round: 1)
            }
            try simulation.run()
            return simulation.now
        }

        private func describe(_ number: Int, _ link: ClientLink) {
            recorder.client(
                ClientRow(
                    client: number, domain: number == 0 ? "real" : nil, samples: prompts[number].count * 10,
                    uplinkBytesPerSecond: link.uplink.value, downlinkBytesPerSecond: link.downlink.value,
                    latencySeconds: link.latency.seconds, flopsPerSecond: 1e12, slowdown: 1))
            for (label, text) in prompts[number].enumerated() {
                recorder.labelCount(
                    client: number, label: label, className: text.hasSuffix("star") ? "star" : "ring",
                    samples: 10)
                recorder.prompt(client: number, label: label, text: text)
            }
        }

        private func exchange(
            _ direction: TransferDirection, payload: String, over network: StarNetwork,
            bytes: @escaping (Int) -> Int
        ) async throws {
            try await simulation.concurrently(Array(links.indices), name: { "client \($0)" }) { client in
                let size = bytes(client)
                recorder.messageSent(bytes: size, direction: direction)
                let times = try await network.transfer(bytes: size, client: client, direction: direction)
                recorder.transfer(
                    round: 1, client: client, direction: direction, payload: Payload(rawValue: payload),
                    bytes: size, start: times.start, end: times.end)
                recorder.event(
                    at: simulation.now, kind: EventKind(rawValue: "\(payload)-arrived"), round: 1,
                    client: client, bytes: size)
            }
        }
    }

    /// Every row of the file but wall time, a line each, as SQLite's `quote` writes the values.
    private func lines(of path: String) throws -> [String] {
        let wallTime = ["started_at", "finished_at", "wall_s", "scenario_sha256", "log_sha256"]
        return try onDatabase(path) { database in
            try RunLogSchemaTests.contract.keys.sorted().flatMap { table in
                let columns = (RunLogSchemaTests.contract[table] ?? "").split(separator: " ").map(String.init)
                let values = columns.filter { !wallTime.contains($0) }.map { "quote(\($0))" }
                let line = values.joined(separator: " || ' ' || ")
                return try String.fetchAll(database, sql: "SELECT '\(table) ' || \(line) FROM \(table)")
            }
        }
    }

    @Test("Every row of every table is what a hand wrote")
    func golden() throws {
        let folder = try RunLogFolder()
        let log = try RunLog(path: folder.path())
        let recorder = try log.begin(.sample(method: "fgl-one-shot"))
        let end = try Federation(recorder: recorder).run()
        try recorder.finish(.finished, at: end, modelSHA256: "c0de")
        try log.close()
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/run-log/one-shot.txt")
        let expected = try String(contentsOf: golden, encoding: .utf8).split(separator: "\n").map(String.init)
        let found = try lines(of: folder.path()).flatMap { $0.split(separator: "\n").map(String.init) }
        for (line, wanted) in zip(found, expected) { #expect(line == wanted) }
        #expect(found.count == expected.count)
    }

    @Test("Simulated twice, the small federation has one log hash")
    func determinism() throws {
        let folder = try RunLogFolder()
        let log = try RunLog(path: folder.path())
        let hashes = try (0..<2).map { _ in
            let recorder = try log.begin(.sample())
            return try recorder.finish(.finished, at: try Federation(recorder: recorder).run())
        }
        #expect(hashes[0] == hashes[1])
        let (first, second) = (log.reader.events(run: 1), log.reader.events(run: 2))
        #expect(try firstDivergence(between: first, and: second) == nil)
    }
}
