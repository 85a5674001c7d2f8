import RunLog
import Simulator

extension RunContext {
    /// Whether a message that has arrived counts. Logs it where it comes too late for its round.
    func admits(_ message: Message, from client: Int) -> Bool {
        guard let attempt = participation.attempts[client], let gate = attempt.gate else { return true }
        if gate.admit() {
            attempt.isAccepted = true
            return true
        }
        let staleness = round - gate.round
        guard participation.settings.late == .acceptStale, message.payload == .weights else {
            log(.updateLate, client: client, bytes: message.byteCount)
            return false
        }
        log(
            .updateStale, client: client, bytes: message.byteCount,
            detail: ["staleness": .integer(staleness)])
        recorder.metric(
            at: simulation.now, round: round, client: client, split: .train, name: .staleness,
            value: Double(staleness))
        return true
    }

    /// Sends a message between a client and the server and returns when its last byte has arrived.
    ///
    /// - Throws: the reason of the cancellation when the sending process is cancelled; what moved until then
    ///   is logged, as aborted where the run ends and as lost where the client was cut, or client, link or
    ///   server went down.
    func send(_ message: Message, client: Int, direction: TransferDirection) async throws {
        let passage = Passage(message, client, direction, round: round, at: simulation.now)
        begin(passage)
        defer { energy?.transfer(direction, client: client, begins: false, at: simulation.now) }
        let stopsAfter = direction == .up ? droppedBytes(of: client, upload: passage.bytes) : nil
        var moved = 0
        let times: TransferTimes
        do {
            times = try await network.transfer(
                bytes: stopsAfter ?? passage.bytes, client: client, direction: direction
            ) { moved = $0.deliveredBytes }
        } catch {
            lose(passage, moved: moved, because: error)
            throw error
        }
        try end(passage, times, stopsAfter: stopsAfter)
    }

    @inline(never)
    private func begin(_ passage: Passage) {
        recorder.messageSent(bytes: passage.bytes, direction: passage.direction)
        log(passage, up: .uploadStart, down: .downloadStart, bytes: passage.bytes)
        energy?.transfer(passage.direction, client: passage.client, begins: true, at: passage.start)
    }

    @inline(never)
    private func lose(_ passage: Passage, moved: Int, because error: any Error) {
        record(
            passage, moved: moved, TransferTimes(start: passage.start, end: simulation.now),
            status: error is CancellationError ? .aborted : .lost)
        progress.moved(bytes: moved, direction: passage.direction, at: simulation.now)
        log(passage, up: .uploadLost, down: .downloadLost, bytes: moved)
    }

    /// - Parameter stopsAfter: the bytes after which the client stops.
    @inline(never)
    private func end(_ passage: Passage, _ times: TransferTimes, stopsAfter: Int?) throws {
        let moved = stopsAfter ?? passage.bytes
        record(passage, moved: moved, times, status: stopsAfter == nil ? .complete : .lost)
        if stopsAfter != nil {
            log(passage, up: .uploadLost, down: .downloadLost, bytes: moved)
            progress.moved(bytes: moved, direction: passage.direction, at: simulation.now)
            try dropDuringUpload(passage.client)
        }
        simulation.noteProgress()
        log(passage, up: .uploadEnd, down: .downloadEnd, bytes: moved)
        progress.moved(bytes: moved, direction: passage.direction, at: simulation.now)
    }

    private func record(_ passage: Passage, moved: Int, _ times: TransferTimes, status: TransferStatus) {
        recorder.transfer(
            round: passage.round, client: passage.client, direction: passage.direction,
            payload: passage.payload, bytes: moved, messageBytes: passage.bytes, start: times.start,
            end: times.end, status: status)
        energy?.moved(moved, client: passage.client, passage.direction)
    }

    private func log(_ passage: Passage, up: EventKind, down: EventKind, bytes: Int) {
        log(
            passage.direction == .up ? up : down, client: passage.client, bytes: bytes,
            detail: passage.detail)
    }
}

/// What is known of a message on its way; the message itself is not kept.
private struct Passage {
    let payload: Payload
    /// What events say of it beside the bytes.
    let detail: JSONText
    let bytes: Int
    let client: Int
    let direction: TransferDirection
    let round: Int
    let start: SimInstant

    init(
        _ message: Message, _ client: Int, _ direction: TransferDirection, round: Int, at start: SimInstant
    ) {
        payload = message.payload
        detail = JSONText(["payload": .text(message.payload.rawValue)])
        bytes = message.byteCount
        self.client = client
        self.direction = direction
        self.round = round
        self.start = start
    }
}
