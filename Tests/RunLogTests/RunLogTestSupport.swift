import Foundation
import GRDB
import RunLog
import Simulator

/// A folder for one test's run logs, removed with the last reference.
final class RunLogFolder {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("run-log-\(UUID())")

    init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of a file in the folder.
    func path(_ name: String = "runs.sqlite") -> String { url.appendingPathComponent(name).path }

    /// Copies a database and its write-ahead log as they lie on disk: what a killed process would leave.
    func copyAsAfterCrash(from source: String, to destination: String) throws {
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: source + suffix) {
            try FileManager.default.copyItem(atPath: source + suffix, toPath: destination + suffix)
        }
    }
}

/// Runs SQL on a file by another way than the code under test.
func onDatabase<Result>(_ path: String, _ body: (Database) throws -> Result) throws -> Result {
    let queue = try DatabaseQueue(path: path)
    let result = try queue.writeWithoutTransaction(body)
    try queue.close()
    return result
}

/// The first column of a query's rows.
func column<Value: DatabaseValueConvertible>(_ query: String, of path: String) throws -> [Value] {
    try onDatabase(path) { try Value.fetchAll($0, sql: query) }
}

extension RunDescription {
    /// A run whose figures a test does not look at.
    static func sample(
        method: String = "fedavg", seed: UInt64 = 7, clients: Int = 2, build: String = "test"
    ) -> RunDescription {
        RunDescription(
            name: "sample", method: method, seed: seed, clients: clients, scenario: "name: sample\n",
            build: build)
    }
}

extension RunRecorder {
    /// Records a transfer between whole seconds together with its message, so that the books balance.
    func exchange(
        _ direction: TransferDirection, client: Int, payload: String = "weights", bytes: Int,
        of message: Int? = nil,
        from start: Double, to end: Double, status: TransferStatus = .complete
    ) {
        messageSent(bytes: message ?? bytes, direction: direction)
        transfer(
            round: 1, client: client, direction: direction, payload: Payload(rawValue: payload), bytes: bytes,
            messageBytes: message,
            start: .seconds(start), end: .seconds(end), status: status)
    }

    /// Records rows in every table; `seed` changes one byte in one of them.
    func recordSample(seed: Int = 0, wallSeconds: Double = 1) {
        for number in 0..<2 {
            client(ClientRow(client: number, domain: number == 0 ? nil : "sketch", samples: 3, slowdown: 1.5))
            labelCount(client: number, label: 0, className: "star", samples: 3)
        }
        event(at: .start, kind: "round-start", round: 1, detail: ["note": "größer", "whole": 2.0, "seed": 0])
        prompt(client: 0, label: 0, text: "A photo of a star")
        exchange(.up, client: 0, payload: "prompts", bytes: 26 + seed, from: 0, to: 1.5)
        work(
            kind: "train", round: 1, client: 1, key: "ab", outputSHA256: "cd", flops: 1e12,
            wallSeconds: wallSeconds, metrics: ["loss": 0.25])
        event(at: .seconds(2), kind: "round-end", round: 1, client: 1, bytes: 26)
        metric(at: .seconds(2), round: 1, split: "test", name: "accuracy", value: 0)
        metric(at: .seconds(2), round: 1, client: 1, split: "train", name: "loss", value: .nan)
    }
}

/// The bytes of a file.
func fileContent(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

/// Writes a file.
func write(_ content: Data, to path: String) throws { try content.write(to: URL(fileURLWithPath: path)) }
