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
        let bytes = message.byteCount
        let detail = JSONText(["payload": .text(message.payload.rawValue)])
        recorder.messageSent(bytes: bytes, direction: direction)
        log(
            direction == .up ? .uploadStart : .downloadStart, client: client, bytes: bytes, detail: detail
        )
        let round = round, start = simulation.now
        energy?.transfer(direction, client: client, begins: true, at: start)
        defer { energy?.transfer(direction, client: client, begins: false, at: simulation.now) }
        let stopsAfter = direction == .up ? droppedBytes(of: client, upload: bytes) : nil
        var moved = 0
        let times: TransferTimes
        do {
            times = try await network.transfer(
                bytes: stopsAfter ?? bytes, client: client, direction: direction
            ) { moved = $0.deliveredBytes }
        } catch {
            recorder.transfer(
                round: round, client: client, direction: direction, payload: message.payload,
                bytes: moved, messageBytes: bytes, start: start, end: simulation.now,
                status: error is CancellationError ? .aborted : .lost)
            energy?.moved(moved, client: client, direction)
            progress.moved(bytes: moved, direction: direction, at: simulation.now)
            log(
                direction == .up ? .uploadLost : .downloadLost, client: client, bytes: moved,
                detail: detail)
            throw error
        }
        recorder.transfer(
            round: round, client: client, direction: direction, payload: message.payload,
            bytes: stopsAfter ?? bytes, messageBytes: bytes, start: times.start, end: times.end,
            status: stopsAfter == nil ? .complete : .lost)
        energy?.moved(stopsAfter ?? bytes, client: client, direction)
        if let stopsAfter {
            log(.uploadLost, client: client, bytes: stopsAfter, detail: detail)
            progress.moved(bytes: stopsAfter, direction: direction, at: simulation.now)
            try dropDuringUpload(client)
        }
        simulation.noteProgress()
        log(direction == .up ? .uploadEnd : .downloadEnd, client: client, bytes: bytes, detail: detail)
        progress.moved(bytes: bytes, direction: direction, at: simulation.now)
    }
}
