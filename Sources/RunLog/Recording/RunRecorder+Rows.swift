import Simulator

extension RunRecorder {
    /// Records a client; before any row that names it.
    public func client(_ row: ClientRow) {
        record { add(row, to: &$0, meeting: { $0.meet($1) }) { $0.clients.append($1) } }
    }

    /// Records how many samples of a class a client holds.
    public func labelCount(client: Int, label: Int, className: String, samples: Int) {
        let row = LabelCountRow(client: client, label: label, className: className, samples: samples)
        record { add(row, to: &$0, meeting: { $0.meet($1) }) { $0.labelCounts.append($1) } }
    }

    /// Records an event.
    ///
    /// - Parameters:
    ///   - instant: Virtual time, not before that of the event recorded last.
    ///   - kind: What happened.
    ///   - round: 1-based round; `nil` outside rounds.
    ///   - client: The client concerned; `nil` for the server.
    ///   - bytes: Bytes concerned, where the kind has any.
    ///   - detail: What else there is to say.
    public func event(
        at instant: SimInstant, kind: EventKind, round: Int? = nil, client: Int? = nil, bytes: Int? = nil,
        detail: JSONText? = nil
    ) {
        let kind = kind.rawValue
        record { state in
            state.books.event(kind: kind, at: instant)
            let row = EventRow(
                sequence: state.nextEvent, instant: instant, kind: kind, round: round, client: client,
                bytes: bytes, detail: detail?.text)
            add(row, to: &state, meeting: { $0.meet($1) }) { $0.events.append($1) }
            state.nextEvent += 1
        }
    }

    /// Notes that a message was encoded and handed to the network. It writes no row: its bytes must be
    /// accounted for by transfers when the run finishes.
    ///
    /// - Parameters:
    ///   - bytes: Size of the message as really encoded.
    ///   - direction: Up: client to server.
    public func messageSent(bytes: Int, direction: TransferDirection) {
        state.withLock { if !$0.isSealed { $0.books.message(bytes: bytes, direction: direction) } }
    }

    /// Notes that work took virtual time from `start` to `end`. It writes no row: the books require that work
    /// of some operations takes some time.
    public func computed(kind: WorkKind, flops: Double, from start: SimInstant, to end: SimInstant) {
        state.withLock {
            if !$0.isSealed { $0.books.work(kind: kind.rawValue, flops: flops, from: start, to: end) }
        }
    }

    /// Records a message's way over the network, once it has ended.
    ///
    /// - Parameters:
    ///   - round: 1-based round; `nil` outside rounds.
    ///   - client: The client at one end.
    ///   - direction: Up: client to server.
    ///   - payload: What the message carries.
    ///   - bytes: Bytes that moved.
    ///   - messageBytes: Size of the whole message, if not all of it moved.
    ///   - start: When the message was handed to the network.
    ///   - end: When its last byte arrived, or when it was given up.
    ///   - status: What became of the message; a complete one moved entirely.
    public func transfer(
        round: Int? = nil, client: Int, direction: TransferDirection, payload: Payload, bytes: Int,
        messageBytes: Int? = nil, start: SimInstant, end: SimInstant, status: TransferStatus = .complete
    ) {
        record { state in
            state.books.interval("transfer of \(payload.rawValue)", from: start, to: end)
            state.books.transfer(
                moved: bytes, of: messageBytes ?? bytes, direction: direction, status: status)
            let row = TransferRow(
                transfer: state.nextTransfer, round: round, client: client, direction: direction,
                payload: payload.rawValue, bytes: bytes, start: start, end: end, status: status)
            add(row, to: &state, meeting: { $0.meet($1) }) { $0.transfers.append($1) }
            state.nextTransfer += 1
        }
    }

    /// Records a measured value. The views take `.accuracy` on `.test` without a client as the accuracy of
    /// the server's global model.
    ///
    /// - Parameters:
    ///   - instant: When it was measured.
    ///   - round: 1-based round; `nil` outside rounds.
    ///   - client: The client whose model was measured; `nil` for the server's global model.
    ///   - split: The data it was measured on.
    ///   - name: What was measured.
    ///   - value: The value; not-a-number is stored as NULL.
    public func metric(
        at instant: SimInstant, round: Int? = nil, client: Int? = nil, split: MetricSplit, name: MetricName,
        value: Double
    ) {
        record { state in
            state.books.interval("metric '\(name)'", from: instant, to: instant)
            let row = MetricRow(
                instant: instant, round: round, client: client, split: split.rawValue, name: name.rawValue,
                value: value)
            add(row, to: &state, meeting: { $0.meet($1) }) { $0.metrics.append($1) }
        }
    }

    /// Records a prompt that a client sent, with its size in UTF-8.
    ///
    /// - Parameters:
    ///   - client: Who sent it.
    ///   - label: The class's number.
    ///   - text: The prompt.
    ///   - bytes: its size on the wire where it is not sent as text.
    public func prompt(client: Int, label: Int, text: String, bytes: Int? = nil) {
        let row = PromptRow(client: client, label: label, text: text, bytes: bytes ?? text.utf8.count)
        record { add(row, to: &$0, meeting: { $0.meet($1) }) { $0.prompts.append($1) } }
    }

    /// Records a piece of real work.
    ///
    /// - Parameters:
    ///   - kind: What was done.
    ///   - round: 1-based round; `nil` outside rounds.
    ///   - client: Who did it; `nil` for the server.
    ///   - key: Hash of what went in.
    ///   - outputSHA256: Hash of what came out.
    ///   - flops: Floating-point operations that its virtual duration is modelled from.
    ///   - wallSeconds: How long it really took; outside the log hash.
    ///   - metrics: What it measured; nothing that depends on wall time.
    ///   - isCached: Whether an earlier run's result was found; outside the log hash.
    ///   - performer: The worker of an engine that did it, its type of machine, how often and when the work
    ///     was begun, and how long it had waited; outside the log hash.
    public func work(
        kind: WorkKind, round: Int? = nil, client: Int? = nil, key: String, outputSHA256: String? = nil,
        flops: Double? = nil, wallSeconds: Double? = nil, metrics: JSONText? = nil, isCached: Bool = false,
        performer: (
            worker: String, machine: String, attempts: Int, beganSeconds: Double, waitedSeconds: Double
        )? = nil
    ) {
        record { state in
            let row = WorkRow(
                work: state.nextWork, kind: kind.rawValue, round: round, client: client, key: key,
                outputSHA256: outputSHA256, flops: flops, wallSeconds: wallSeconds, metrics: metrics?.text)
            add(row, to: &state, meeting: { $0.meet($1) }) {
                $0.works.append($1)
                if isCached { $0.cachedWorks.append($1.work) }
                if let performer {
                    $0.performers.append(
                        WorkPerformance(
                            work: $1.work, worker: performer.worker, machine: performer.machine,
                            attempts: performer.attempts, beganSeconds: performer.beganSeconds,
                            waitedSeconds: performer.waitedSeconds))
                }
            }
            state.nextWork += 1
        }
    }
}
