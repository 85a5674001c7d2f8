import Simulator

// Until all writers take words.
extension RunRecorder {
    public func event(
        at instant: SimInstant, kind: String, round: Int? = nil, client: Int? = nil, bytes: Int? = nil,
        detail: JSONText? = nil
    ) {
        event(
            at: instant, kind: EventKind(rawValue: kind), round: round, client: client, bytes: bytes,
            detail: detail)
    }

    public func metric(
        at instant: SimInstant, round: Int? = nil, client: Int? = nil, split: String, name: String, value: Double
    ) {
        metric(
            at: instant, round: round, client: client, split: MetricSplit(rawValue: split),
            name: MetricName(rawValue: name), value: value)
    }

    public func transfer(
        round: Int? = nil, client: Int, direction: TransferDirection, payload: String, bytes: Int,
        messageBytes: Int? = nil, start: SimInstant, end: SimInstant, status: TransferStatus = .complete
    ) {
        transfer(
            round: round, client: client, direction: direction, payload: Payload(rawValue: payload), bytes: bytes,
            messageBytes: messageBytes, start: start, end: end, status: status)
    }

    public func computed(kind: String, flops: Double, from start: SimInstant, to end: SimInstant) {
        computed(kind: WorkKind(rawValue: kind), flops: flops, from: start, to: end)
    }

    public func work(
        kind: String, round: Int? = nil, client: Int? = nil, key: String, outputSHA256: String? = nil,
        flops: Double? = nil, wallSeconds: Double? = nil, metrics: JSONText? = nil, isCached: Bool = false
    ) {
        work(
            kind: WorkKind(rawValue: kind), round: round, client: client, key: key, outputSHA256: outputSHA256,
            flops: flops, wallSeconds: wallSeconds, metrics: metrics, isCached: isCached)
    }
}

extension RunInput {
    public static let outcomesKind = "outcomes"

    public init(kind: String, settings: String, sha256: String, facts: String) {
        self.init(reading: kind, settings: settings, sha256: sha256, facts: facts)
    }
}
