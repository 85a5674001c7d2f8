import RunLog
import Simulator

/// One call of a recorder as a value, so that a test can make up a run, change it anywhere, record it and
/// compare it with what comes back.
enum LogEntry: Hashable, Sendable {
    case client(ClientRow)
    case labelCount(client: Int, label: Int, className: String, samples: Int)
    case event(
        at: SimInstant, kind: String, round: Int?, client: Int?, bytes: Int?, detail: String?)
    case transfer(
        round: Int?, client: Int, direction: TransferDirection, payload: String, bytes: Int,
        start: SimInstant, end: SimInstant, status: TransferStatus)
    case metric(
        at: SimInstant, round: Int?, client: Int?, split: String, name: String, value: Double)
    case prompt(client: Int, label: Int, text: String)
    case work(
        kind: String, round: Int?, client: Int?, key: String, output: String?, flops: Double?,
        note: String?)

    func record(on recorder: RunRecorder) {
        switch self {
        case .client(let row):
            recorder.client(row)
        case .labelCount(let client, let label, let className, let samples):
            recorder.labelCount(client: client, label: label, className: className, samples: samples)
        case .event(let instant, let kind, let round, let client, let bytes, let detail):
            recorder.event(
                at: instant, kind: EventKind(rawValue: kind), round: round, client: client, bytes: bytes,
                detail: detail.map { ["note": .text($0)] })
        case .transfer(
            let round, let client, let direction, let payload, let bytes, let start, let end, let status):
            recorder.messageSent(bytes: bytes, direction: direction)
            recorder.transfer(
                round: round, client: client, direction: direction, payload: Payload(rawValue: payload),
                bytes: bytes, start: start, end: end, status: status)
        case .metric(let instant, let round, let client, let split, let name, let value):
            recorder.metric(
                at: instant, round: round, client: client, split: MetricSplit(rawValue: split),
                name: MetricName(rawValue: name), value: value)
        case .prompt(let client, let label, let text):
            recorder.prompt(client: client, label: label, text: text)
        case .work(let kind, let round, let client, let key, let output, let flops, let note):
            recorder.work(
                kind: WorkKind(rawValue: kind), round: round, client: client, key: key, outputSHA256: output,
                flops: flops, metrics: note.map { ["note": .text($0)] })
        }
    }
}

extension LogEntry {
    /// All entries that differ from this one in one column, by the least that the column can differ.
    var neighbours: [LogEntry] {
        switch self {
        case .client(let row): Self.neighbours(of: row)
        case .labelCount(let client, let label, let name, let samples):
            [
                .labelCount(client: client, label: label + 100, className: name, samples: samples),
                .labelCount(client: client, label: label, className: name + " ", samples: samples),
                .labelCount(client: client, label: label, className: name, samples: samples + 1),
            ]
        case .event(let instant, let kind, let round, let client, let bytes, let detail):
            [
                .event(
                    at: instant + .nanoseconds(1), kind: kind, round: round, client: client, bytes: bytes,
                    detail: detail),
                .event(
                    at: instant, kind: kind + "\0", round: round, client: client, bytes: bytes,
                    detail: detail),
                .event(
                    at: instant, kind: kind, round: other(round), client: client, bytes: bytes,
                    detail: detail),
                .event(
                    at: instant, kind: kind, round: round, client: other(client), bytes: bytes,
                    detail: detail),
                .event(
                    at: instant, kind: kind, round: round, client: client, bytes: other(bytes),
                    detail: detail),
                .event(
                    at: instant, kind: kind, round: round, client: client, bytes: bytes,
                    detail: other(detail)),
            ]
        case .transfer: transferNeighbours
        case .metric(let instant, let round, let client, let split, let name, let value):
            [
                .metric(
                    at: instant + .nanoseconds(1), round: round, client: client, split: split, name: name,
                    value: value),
                .metric(
                    at: instant, round: other(round), client: client, split: split, name: name, value: value),
                .metric(
                    at: instant, round: round, client: client == nil ? 0 : nil, split: split, name: name,
                    value: value),
                .metric(
                    at: instant, round: round, client: client, split: name, name: split + "s", value: value),
                .metric(
                    at: instant, round: round, client: client, split: split, name: name, value: value.nextUp),
                .metric(at: instant, round: round, client: client, split: split, name: name, value: .nan),
            ]
        case .prompt(let client, let label, let text):
            [
                .prompt(client: client, label: label + 1, text: text),
                .prompt(client: client, label: label, text: text + "."),
            ]
        case .work(let kind, let round, let client, let key, let output, let flops, let note):
            [
                .work(
                    kind: key, round: round, client: client, key: kind + "y", output: output, flops: flops,
                    note: note),
                .work(
                    kind: kind, round: other(round), client: client, key: key, output: output, flops: flops,
                    note: note),
                .work(
                    kind: kind, round: round, client: client, key: key, output: other(output), flops: flops,
                    note: note),
                .work(
                    kind: kind, round: round, client: client, key: key, output: output,
                    flops: flops?.nextDown ?? 1, note: note),
                .work(
                    kind: kind, round: round, client: client, key: key, output: output, flops: flops,
                    note: other(note)),
            ]
        }
    }

    private static func neighbours(of row: ClientRow) -> [LogEntry] {
        var rows = [ClientRow](repeating: row, count: 7)
        rows[0].domain = other(row.domain)
        rows[1].samples += 1
        rows[2].uplinkBytesPerSecond = row.uplinkBytesPerSecond?.nextDown ?? 1
        rows[3].downlinkBytesPerSecond = row.downlinkBytesPerSecond?.nextDown ?? 1
        rows[4].latencySeconds = row.latencySeconds?.nextUp ?? 0
        rows[5].flopsPerSecond = row.flopsPerSecond?.nextUp ?? 0
        rows[6].slowdown = row.slowdown == nil ? 1 : nil
        return rows.map { .client($0) }
    }

    private var transferNeighbours: [LogEntry] {
        guard
            case .transfer(
                let round, let client, let direction, let payload, let bytes, let start, let end, let status)
                = self
        else { return [] }
        func transfer(
            _ round: Int?, _ direction: TransferDirection, _ payload: String, _ bytes: Int,
            end: SimInstant, _ status: TransferStatus
        ) -> LogEntry {
            .transfer(
                round: round, client: client, direction: direction, payload: payload, bytes: bytes,
                start: start, end: end, status: status)
        }
        return [
            transfer(other(round), direction, payload, bytes, end: end, status),
            transfer(round, direction == .up ? .down : .up, payload, bytes, end: end, status),
            transfer(round, direction, payload + "s", bytes, end: end, status),
            transfer(round, direction, payload, bytes + 1, end: end, status),
            transfer(round, direction, payload, bytes, end: end + .nanoseconds(1), status),
            transfer(round, direction, payload, bytes, end: end, status == .lost ? .aborted : .lost),
        ]
    }
}

/// A number next to `value`, or a number where there was none.
private func other(_ value: Int?) -> Int? { value.map { $0 + 1 } ?? 0 }

/// A text where there was none, none where it was empty, and one character more otherwise.
private func other(_ value: String?) -> String? {
    guard let value else { return "" }
    return value.isEmpty ? nil : value + "'"
}
