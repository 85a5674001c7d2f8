import Simulator

/// One client of a run as its scenario drew it.
public struct ClientRow: Sendable, Hashable, LoggedRow {
    /// 0-based number of the client.
    public var client: Int
    /// Name of the client's domain, for data sets that have domains.
    public var domain: String?
    /// Number of its private training samples.
    public var samples: Int
    /// Link speeds in bytes per second, `infinity` for a link without a limit.
    public var uplinkBytesPerSecond, downlinkBytesPerSecond: Double?
    /// One-way latency of its link in seconds.
    public var latencySeconds: Double?
    /// Computing speed in floating-point operations per second, before `slowdown`.
    public var flopsPerSecond: Double?
    /// Factor by which a straggler is slower than its speed says; 1 for the others.
    public var slowdown: Double?

    /// A client without link or device figures unless they are given.
    public init(
        client: Int, domain: String? = nil, samples: Int, uplinkBytesPerSecond: Double? = nil,
        downlinkBytesPerSecond: Double? = nil, latencySeconds: Double? = nil, flopsPerSecond: Double? = nil,
        slowdown: Double? = nil
    ) {
        self.client = client
        self.domain = domain
        self.samples = samples
        self.uplinkBytesPerSecond = uplinkBytesPerSecond
        self.downlinkBytesPerSecond = downlinkBytesPerSecond
        self.latencySeconds = latencySeconds
        self.flopsPerSecond = flopsPerSecond
        self.slowdown = slowdown
    }

    static var table: LoggedTable { .client }

    func write(to sink: inout some ColumnSink) {
        sink.integer(client)
        sink.text(domain)
        sink.integer(samples)
        sink.real(uplinkBytesPerSecond)
        sink.real(downlinkBytesPerSecond)
        sink.real(latencySeconds)
        sink.real(flopsPerSecond)
        sink.real(slowdown)
    }
}

/// How many samples of one class a client holds.
public struct LabelCountRow: Sendable, Hashable, LoggedRow {
    /// The client.
    public var client: Int
    /// 0-based number of the class.
    public var label: Int
    /// Name of the class.
    public var className: String
    /// How many training samples of the class it holds.
    public var samples: Int

    static var table: LoggedTable { .labelCount }

    func write(to sink: inout some ColumnSink) {
        sink.integer(client)
        sink.integer(label)
        sink.text(className)
        sink.integer(samples)
    }
}

/// Something that happened at an instant of virtual time.
public struct EventRow: Sendable, Hashable, LoggedRow {
    /// Position in the run, from 0.
    public var sequence: Int
    /// Virtual time.
    public var instant: SimInstant
    /// What happened, in kebab-case.
    public var kind: String
    /// 1-based round; `nil` outside rounds.
    public var round: Int?
    /// The client concerned; `nil` for the server.
    public var client: Int?
    /// Bytes concerned, where the kind has any.
    public var bytes: Int?
    /// A JSON object with what else there is to say.
    public var detail: String?

    static var table: LoggedTable { .event }

    func write(to sink: inout some ColumnSink) {
        sink.integer(sequence)
        sink.real(instant.seconds)
        sink.text(kind)
        sink.integer(round)
        sink.integer(client)
        sink.integer(bytes)
        sink.text(detail)
    }
}

/// A message's way over the network, recorded when it ended.
public struct TransferRow: Sendable, Hashable, LoggedRow {
    /// Position among the run's transfers, from 0, in the order in which they ended.
    public var transfer: Int
    /// 1-based round; `nil` outside rounds.
    public var round: Int?
    /// The client at one end; the server is at the other.
    public var client: Int
    /// Which of them sent.
    public var direction: TransferDirection
    /// What the message carried: `prompts`, `weights`, …
    public var payload: String
    /// Bytes that moved: all of the message's if `status` is `complete`.
    public var bytes: Int
    /// When the message was handed to the network.
    public var start: SimInstant
    /// When its last byte arrived, or when it was lost or aborted.
    public var end: SimInstant
    /// What became of it.
    public var status: TransferStatus

    static var table: LoggedTable { .transfer }

    func write(to sink: inout some ColumnSink) {
        sink.integer(transfer)
        sink.integer(round)
        sink.integer(client)
        sink.text(direction.rawValue)
        sink.text(payload)
        sink.integer(bytes)
        sink.real(start.seconds)
        sink.real(end.seconds)
        sink.text(status.rawValue)
    }
}

/// A measured value.
public struct MetricRow: Sendable, Hashable, LoggedRow {
    /// Virtual time of the measurement.
    public var instant: SimInstant
    /// 1-based round; `nil` outside rounds.
    public var round: Int?
    /// The client whose model was measured; `nil` for the server's global model.
    public var client: Int?
    /// The data it was measured on: `test`, `train`, …
    public var split: String
    /// What was measured: `accuracy`, `loss`, …
    public var name: String
    /// The value; not-a-number where the file holds NULL.
    public var value: Double

    static var table: LoggedTable { .metric }

    func write(to sink: inout some ColumnSink) {
        sink.real(instant.seconds)
        sink.integer(round)
        sink.integer(client)
        sink.text(split)
        sink.text(name)
        sink.real(value)
    }
}

/// A prompt that a client sent.
public struct PromptRow: Sendable, Hashable, LoggedRow {
    /// The client that sent it.
    public var client: Int
    /// 0-based number of the class that it describes.
    public var label: Int
    /// The prompt.
    public var text: String
    /// Its size in UTF-8.
    public var bytes: Int

    static var table: LoggedTable { .prompt }

    func write(to sink: inout some ColumnSink) {
        sink.integer(client)
        sink.integer(label)
        sink.text(text)
        sink.integer(bytes)
    }
}

/// A piece of real work and what came out of it.
public struct WorkRow: Sendable, Hashable, LoggedRow {
    /// Position among the run's pieces of work, from 0.
    public var work: Int
    /// What was done: `train`, `synthesize`, …
    public var kind: String
    /// 1-based round; `nil` outside rounds.
    public var round: Int?
    /// The client that it was done for; `nil` for the server.
    public var client: Int?
    /// Hash of what went in.
    public var key: String
    /// Hash of what came out.
    public var outputSHA256: String?
    /// Floating-point operations that its virtual duration is modelled from.
    public var flops: Double?
    /// How long it really took, in seconds; outside the log hash.
    public var wallSeconds: Double?
    /// A JSON object with what it measured.
    public var metrics: String?

    static var table: LoggedTable { .work }

    func write(to sink: inout some ColumnSink) {
        sink.integer(work)
        sink.text(kind)
        sink.integer(round)
        sink.integer(client)
        sink.text(key)
        sink.text(outputSHA256)
        sink.real(flops)
        sink.wallClock(wallSeconds)
        sink.text(metrics)
    }
}
