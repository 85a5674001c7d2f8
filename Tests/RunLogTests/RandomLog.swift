import Core
import Foundation
import RunLog
import Simulator

/// A made-up run: clients first, then rows of all tables in random order, at instants that never decrease.
struct RandomLog {
    var entries: [LogEntry] = []
    /// Virtual end of the run.
    private(set) var end = SimInstant.start
    let clients: Int

    /// Texts that a careless encoding loses or confuses.
    private static let texts = [
        "", "star", "a star", "größer", "e\u{301}", "é", "🌟", "a\0b", "\0", "line\nbreak",
        "it's \"quoted\"",
    ]

    init(seed: UInt64, count: Int) {
        var random = RandomStream(seed: seed, purpose: "random log")
        clients = Int.random(in: 1...5, using: &random)
        for client in 0..<clients {
            entries.append(.client(Self.client(client, using: &random)))
            for label in 0..<Int.random(in: 0...3, using: &random) {
                entries.append(
                    .labelCount(
                        client: client, label: label, className: Self.text(&random),
                        samples: Int.random(in: 0...900, using: &random)))
            }
        }
        for _ in 0..<count {
            // Every second row or so shares its instant with the one before.
            if Bool.random(using: &random) {
                end = end + .nanoseconds(Int64.random(in: 2...2_000_000_000, using: &random))
            }
            entries.append(entry(using: &random))
        }
        end = end + .seconds(10)
    }

    func record(on recorder: RunRecorder) {
        for entry in entries { entry.record(on: recorder) }
    }

    private func entry(using random: inout RandomStream) -> LogEntry {
        let round = Bool.random(using: &random) ? Int.random(in: 1...9, using: &random) : nil
        let client = Int.random(in: 0..<clients, using: &random)
        let anyone = Bool.random(using: &random) ? client : nil
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<4:
            return .event(
                at: end, kind: Self.text(&random), round: round, client: anyone,
                bytes: anyone.map { $0 * 1_000_003 }, detail: round == nil ? nil : Self.text(&random))
        case 4..<6:
            let start = end - .nanoseconds(Int64.random(in: 0...end.nanoseconds, using: &random))
            return .transfer(
                round: round, client: client,
                direction: TransferDirection.allCases.randomElement(using: &random)!,
                payload: ["prompts", "weights", "embeddings"].randomElement(using: &random)!,
                bytes: Int.random(in: 0...50_000_000, using: &random), start: start, end: end,
                status: TransferStatus.allCases.randomElement(using: &random)!)
        case 6..<8:
            return .metric(
                at: end, round: round, client: Bool.random(using: &random) ? nil : client,
                split: Int.random(in: 0..<4, using: &random) == 0 ? "train" : "test",
                name: Int.random(in: 0..<4, using: &random) == 0 ? "loss" : "accuracy",
                value: Double(Int.random(in: 0...20, using: &random)) / 20)
        case 8:
            return .prompt(
                client: client, label: Int.random(in: 0..<10, using: &random), text: Self.text(&random))
        default:
            return .work(
                kind: "train", round: round, client: anyone, key: Self.text(&random),
                output: round == nil ? nil : "cd", flops: anyone.map { Double($0) * 1e12 },
                note: round.map { "round \($0)" })
        }
    }

    private static func text(_ random: inout RandomStream) -> String {
        texts.randomElement(using: &random)!
    }

    private static func client(_ number: Int, using random: inout RandomStream) -> ClientRow {
        ClientRow(
            client: number, domain: Bool.random(using: &random) ? text(&random) : nil,
            samples: Int.random(in: 0...500, using: &random),
            uplinkBytesPerSecond: Double.random(in: 1...1e9, using: &random),
            downlinkBytesPerSecond: Bool.random(using: &random) ? .infinity : 125_000,
            latencySeconds: Bool.random(using: &random) ? 0.05 : nil,
            flopsPerSecond: Double.random(in: 1e9...1e13, using: &random),
            slowdown: Bool.random(using: &random) ? 4 : nil)
    }
}

extension RunLogReader {
    /// A run's rows as the calls that recorded them, table by table.
    func entries(run runID: Int64) throws -> [LogEntry] {
        var entries = try all(clients(run: runID)).map { LogEntry.client($0) }
        entries += try all(labelCounts(run: runID)).map {
            .labelCount(client: $0.client, label: $0.label, className: $0.className, samples: $0.samples)
        }
        entries += try all(events(run: runID)).map {
            .event(
                at: $0.instant, kind: $0.kind, round: $0.round, client: $0.client, bytes: $0.bytes,
                detail: note($0.detail))
        }
        entries += try all(transfers(run: runID)).map {
            .transfer(
                round: $0.round, client: $0.client, direction: $0.direction, payload: $0.payload,
                bytes: $0.bytes, start: $0.start, end: $0.end, status: $0.status)
        }
        entries += try all(metrics(run: runID)).map {
            .metric(
                at: $0.instant, round: $0.round, client: $0.client, split: $0.split, name: $0.name,
                value: $0.value)
        }
        entries += try all(prompts(run: runID)).map {
            .prompt(client: $0.client, label: $0.label, text: $0.text)
        }
        entries += try all(works(run: runID)).map {
            .work(
                kind: $0.kind, round: $0.round, client: $0.client, key: $0.key, output: $0.outputSHA256,
                flops: $0.flops, note: note($0.metrics))
        }
        return entries
    }
}

/// Every row that is left.
func all<Row>(_ rows: RunRows<Row>) throws -> [Row] {
    var rows = rows
    var result: [Row] = []
    while let row = try rows.next() { result.append(row) }
    return result
}

extension LogEntry {
    /// Position of the table in the order of `RunLogReader.entries`.
    var table: Int {
        switch self {
        case .client: 0
        case .labelCount: 1
        case .event: 2
        case .transfer: 3
        case .metric: 4
        case .prompt: 5
        case .work: 6
        }
    }
}

/// The member `note` of a JSON object, by Foundation's parser.
private func note(_ json: String?) -> String? {
    guard let json, let object = try? JSONDecoder().decode([String: String].self, from: Data(json.utf8))
    else { return nil }
    return object["note"]
}
