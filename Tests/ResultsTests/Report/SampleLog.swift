import Foundation
import RunLog
import Simulator
import TestSupport

/// Results files made by hand, with everything that a report can show.
enum SampleLog {
    /// A file with three methods over seeds: one-shot with prompts, FedAvg with a straggler and a lost
    /// upload, centralized without clients.
    static func path(
        name: String = "sample", clients: Int = 4, rounds: Int = 3, seeds: [UInt64] = [1, 2]
    ) throws -> String {
        let path = temporaryPath("sqlite")
        let log = try RunLog(path: path)
        for seed in seeds {
            try oneShot(log, name: name, clients: clients, seed: seed)
            try averaging(log, name: name, clients: clients, rounds: rounds, seed: seed)
            try centralized(log, name: name, seed: seed)
        }
        try log.close()
        return path
    }

    /// A path that nothing else uses.
    static func temporaryPath(_ suffix: String) -> String {
        TestFiles.path("sample.\(suffix)")
    }

    private static func begin(_ log: RunLog, _ name: String, _ method: String, _ seed: UInt64, _ clients: Int)
        throws
        -> RunRecorder
    {
        let recorder = try log.begin(
            RunDescription(
                name: name, method: method, seed: seed, clients: clients,
                scenario: "name: \(name)\nseed: \(seed)\n",
                build: "test build"))
        for client in 0..<clients {
            recorder.client(
                ClientRow(
                    client: client, samples: 10, uplinkBytesPerSecond: 1e6, downlinkBytesPerSecond: 1e6,
                    latencySeconds: 0.05, flopsPerSecond: 1e9, slowdown: client == 1 ? 5 : 1))
            for label in 0..<3 where (client + label) % 2 == 0 {
                recorder.labelCount(
                    client: client, label: label, className: ["star", "ring", "a <b> & \"c\""][label],
                    samples: 5 + client)
            }
        }
        return recorder
    }

    private static func oneShot(_ log: RunLog, name: String, clients: Int, seed: UInt64) throws {
        let recorder = try begin(log, name, "fgl-one-shot", seed, clients)
        recorder.event(at: .start, kind: .roundStart, round: 1)
        let sent = SimInstant.start + .seconds(0.5)
        for client in 0..<clients {
            recorder.prompt(client: client, label: 0, text: "A photo of a star's \"point\"")
            recorder.messageSent(bytes: 200, direction: .up)
        }
        for client in 0..<clients {
            recorder.transfer(
                round: 1, client: client, direction: .up, payload: .prompts, bytes: 200, start: .start,
                end: sent)
        }
        recorder.event(at: sent, kind: .started(.synthesize), round: 1)
        recorder.event(at: sent + .seconds(2), kind: .ended(.synthesize), round: 1)
        recorder.event(at: sent + .seconds(2), kind: .roundEnd, round: 1)
        recorder.metric(
            at: sent + .seconds(2), round: 1, split: .test, name: .accuracy, value: 0.8 + Double(seed) / 100
        )
        try recorder.finish(.finished, at: sent + .seconds(2), modelSHA256: String(repeating: "a", count: 64))
    }

    private static func averaging(_ log: RunLog, name: String, clients: Int, rounds: Int, seed: UInt64) throws
    {
        let recorder = try begin(log, name, "fedavg", seed, clients)
        var now = SimInstant.start
        for round in 1...rounds {
            recorder.event(at: now, kind: .roundStart, round: round)
            let trained = now + .seconds(10), sent = trained + .seconds(5)
            for client in 0..<clients {
                recorder.event(at: now, kind: .started(.train), round: round, client: client)
            }
            for client in 0..<clients {
                recorder.event(at: trained, kind: .ended(.train), round: round, client: client)
                recorder.metric(
                    at: trained, round: round, client: client, split: .train, name: .loss,
                    value: 2 / Double(round))
                recorder.messageSent(bytes: 1_000_000, direction: .up)
            }
            for client in 0..<clients {
                let isLost = client == 0 && round == 2
                recorder.transfer(
                    round: round, client: client, direction: .up, payload: .weights,
                    bytes: isLost ? 400_000 : 1_000_000, messageBytes: 1_000_000, start: trained, end: sent,
                    status: isLost ? .lost : .complete)
            }
            recorder.metric(
                at: sent, round: round, split: .test, name: .accuracy,
                value: min(1, 0.2 * Double(round) + Double(seed) / 50))
            recorder.metric(at: sent, round: round, split: .domain("sketch"), name: .accuracy, value: 0.1)
            recorder.metric(
                at: sent, round: round, client: 1, split: .train, name: .staleness, value: Double(round))
            recorder.event(at: sent, kind: .roundEnd, round: round)
            now = sent
        }
        try recorder.finish(.finished, at: now, modelSHA256: String(repeating: "b", count: 64))
    }

    private static func centralized(_ log: RunLog, name: String, seed: UInt64) throws {
        let recorder = try begin(log, name, "centralized", seed, 0)
        for epoch in 1...4 {
            let instant = SimInstant.start + .seconds(Double(epoch))
            recorder.metric(
                at: instant, round: epoch, split: .test, name: .accuracy, value: 0.22 * Double(epoch))
        }
        try recorder.finish(.finished, at: .start + .seconds(4))
    }
}
