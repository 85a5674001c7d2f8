import Simulator

/// The views of a run log computed from the recorded calls, as plainly as possible: what SQL must agree with.
struct RunLogModel {
    struct Transfer {
        var direction: TransferDirection
        var payload: String
        var bytes: Int
        var end: SimInstant
        var isComplete: Bool
    }

    struct Evaluation {
        var instant: SimInstant
        var round: Int?
        /// `nil` for not-a-number.
        var value: Double?
    }

    struct Communication: Hashable {
        var direction: TransferDirection
        var payload: String
        var messages = 0
        var bytes = 0
        var undelivered = 0
    }

    struct Accuracy: Equatable {
        var round: Int?
        var seconds: Double
        var uplinkBytes: Int
        var downlinkBytes: Int
        var value: Double?
    }

    var transfers: [Transfer] = []
    /// Test accuracies of the global model in the order of recording.
    var evaluations: [Evaluation] = []
    /// Rounds and instants of all metrics of the global model.
    var judged: [(round: Int?, instant: SimInstant)] = []

    init(_ entries: [LogEntry]) {
        for entry in entries {
            switch entry {
            case .transfer(_, _, let direction, let payload, let bytes, _, let end, let status):
                transfers.append(
                    Transfer(
                        direction: direction, payload: payload, bytes: bytes, end: end,
                        isComplete: status == .complete))
            case .metric(let instant, let round, nil, let split, let name, let value):
                judged.append((round, instant))
                guard split == "test", name == "accuracy" else { continue }
                evaluations.append(
                    Evaluation(instant: instant, round: round, value: value.isNaN ? nil : value))
            default: continue
            }
        }
    }

    /// Bytes that moved until an instant, or ever.
    func bytes(_ direction: TransferDirection, until end: SimInstant? = nil) -> Int {
        transfers.filter { $0.direction == direction && $0.end <= end ?? $0.end }.map(\.bytes).reduce(0, +)
    }

    var communication: Set<Communication> {
        var rows: [[String]: Communication] = [:]
        for transfer in transfers {
            let key = [transfer.direction.rawValue, transfer.payload]
            var row = rows[key] ?? Communication(direction: transfer.direction, payload: transfer.payload)
            row.messages += 1
            row.bytes += transfer.bytes
            row.undelivered += transfer.isComplete ? 0 : 1
            rows[key] = row
        }
        return Set(rows.values)
    }

    /// Evaluations by time, those of one instant in the order of recording.
    var accuracy: [Accuracy] {
        evaluations.enumerated().sorted {
            ($0.element.instant, $0.offset) < ($1.element.instant, $1.offset)
        }.map { _, evaluation in
            Accuracy(
                round: evaluation.round, seconds: evaluation.instant.seconds,
                uplinkBytes: bytes(.up, until: evaluation.instant),
                downlinkBytes: bytes(.down, until: evaluation.instant), value: evaluation.value)
        }
    }

    /// The first evaluation with the greatest value.
    var best: Accuracy? {
        let known = accuracy.filter { $0.value != nil }
        let greatest = known.compactMap(\.value).max()
        return known.first { $0.value == greatest } ?? accuracy.first
    }

    var rounds: Int { judged.compactMap(\.round).max() ?? 0 }

    /// End of the latest transfer or metric of the global model, in seconds.
    var latest: Double {
        (transfers.map(\.end) + judged.map(\.instant)).max()?.seconds ?? 0
    }
}
