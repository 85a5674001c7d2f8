import Core
import Foundation
import Models

extension EngineClient {
    func receive(from bridge: BridgeProcess, _ folder: SharedFolder?) {
        while let frame = Frame.read(from: bridge.output, patience: settings.silenceSeconds) {
            guard let event = frame.decoded(BridgeEvent.self) else { break }
            switch event.event {
            case "missing":
                lose(
                    .noDask(
                        engine: name, python: event.python ?? "python3", reason: event.reason ?? ""))
            case "lost": lose(.lost(engine: name, reason: event.reason ?? "gone"))
            case "ready": ready(event)
            case "slots": changed(event)
            case "idle":
                settings.warning("worker \(event.worker ?? "") gets no work: \(event.reason ?? "")")
            case "relayed":
                settings.warning(
                    "--engine \(name): this machine does not reach the workers, so results come through the "
                        + "scheduler, which is slower")
            case "done":
                let arrived = ContinuousClock.now
                _ = threads.submit { [self] in finish(event, frame.bodies, folder, arrived) }
            case "failed": fail(event)
            case "lacks":
                let reason = "\(event.worker ?? "a worker"): \(event.message ?? "it lacks bytes")"
                again(event.key ?? "", after: event.attempts ?? 1, reason, repairs: true)
            default: break
            }
        }
        if bridge.isSilent {
            let seconds = Format.duration(settings.silenceSeconds)
            lose(.lost(engine: name, reason: "the bridge to Dask has not answered for \(seconds)"))
        } else {
            let complaint = bridge.lastComplaint.map { ": \($0)" } ?? ""
            lose(.lost(engine: name, reason: "the bridge to Dask has ended\(complaint)"))
        }
        bridge.forget()
    }

    private func ready(_ event: BridgeEvent) {
        let slots = event.slots ?? 0
        let dashboard = event.dashboard.flatMap { $0.isEmpty ? nil : "; dashboard at \($0)" } ?? ""
        settings.notice(
            "--engine \(name): \(event.workers ?? 0) workers, \(slots) at work at a time\(dashboard)")
        state.update {
            $0.slots = slots
            $0.reached = .now
        }
    }

    private func changed(_ event: BridgeEvent) {
        let slots = event.slots ?? 0
        if slots > 0 {
            settings.notice("--engine \(name): \(event.workers ?? 0) workers, \(slots) at work at a time")
        } else {
            let left = Format.duration(settings.timeoutSeconds)
            settings.warning("--engine \(name): no worker is left; waiting \(left) for one")
        }
        state.update { $0.slots = slots }
    }

    /// Gives up: whoever waits for work is told why.
    func lose(_ error: EngineError) {
        let waiting = state.update { state -> [Completion] in
            guard state.failure == nil else { return [] }
            state.failure = error
            defer { state.pending = [:] }
            // Each run sees it, in whatever order.
            return state.pending.sorted { $0.key < $1.key }.flatMap { entry in
                entry.value.waiters.sorted { $0.key < $1.key }.map(\.value)
            }
        }
        for completion in waiting { completion(.failure(error)) }
    }

    func fail(_ key: String, _ error: any Error) { finish(key, .failure(error)) }

    private func fail(_ event: BridgeEvent) {
        guard let key = event.key, let pending = state.update({ $0.pending[key] }) else { return }
        let tried = (event.tried ?? []).map { "\($0.worker): \($0.message)" }
        fail(
            key, EngineError.workFailed(kind: pending.content.kind.rawValue, key: key, tried: tried))
    }

    private func finish(_ key: String, _ result: Result<ReturnedWork, any Error>) {
        let pending = state.update { state -> Pending? in
            guard let pending = state.pending.removeValue(forKey: key) else { return nil }
            state.outbox.append(.release(pending.content))
            return pending
        }
        for waiter in (pending?.waiters ?? [:]).sorted(by: { $0.key < $1.key }) { waiter.value(result) }
    }

    private func finish(
        _ event: BridgeEvent, _ bodies: [[UInt8]], _ folder: SharedFolder?,
        _ arrived: ContinuousClock.Instant
    ) {
        guard let key = event.key, let pending = state.update({ $0.pending[key] }) else { return }
        let worker = event.worker ?? "a worker"
        guard let (record, blobs) = Self.checked(event, bodies, folder) else {
            return again(key, after: event.attempts ?? 1, "\(worker): the result does not have its hash")
        }
        let seal = record.sha256 ?? ""
        let earlier = state.update { state -> (seal: String, worker: String)? in
            defer { state.results[key] = (seal, worker) }
            return state.results[key]
        }
        if let earlier, earlier.seal != seal {
            return fail(
                key,
                EngineError.disagreement(
                    kind: pending.content.kind.rawValue, key: key,
                    first: "\(earlier.seal.prefix(12))… by \(earlier.worker)",
                    second: "\(seal.prefix(12))… by \(worker)"))
        }
        let attempts = max(event.attempts ?? 1, pending.next)
        let performer = performer(
            worker, event.machine ?? "", attempts, pending.handedOver, arrived, record.seconds)
        finish(
            key,
            .success(
                ReturnedWork(
                    sha256: record.sha256, fields: record.fields, blobs: blobs, seconds: record.seconds,
                    isCached: record.cached, performer: performer)))
    }

    /// Who has done work.
    private func performer(
        _ name: String, _ machine: String, _ attempts: Int, _ handedOver: ContinuousClock.Instant,
        _ arrived: ContinuousClock.Instant, _ seconds: Double
    ) -> WorkPerformer {
        let reached = state.update { $0.reached }
        return WorkPerformer(
            name: name, machine: machine, attempts: attempts,
            beganSeconds: max(0, (arrived - reached) / .seconds(1) - seconds),
            waitedSeconds: max(0, (arrived - handedOver) / .seconds(1) - seconds))
    }

    /// A result whose record and bytes have their hashes; `nil` where one of them has not.
    private static func checked(
        _ event: BridgeEvent, _ bodies: [[UInt8]], _ folder: SharedFolder?
    ) -> (ResultRecord, [CheckedBytes])? {
        guard let key = event.key, let text = event.result,
            event.seal == SHA256.hash(data: Array("\(key)\n\(text)".utf8)).hexadecimal,
            let record = try? JSONDecoder().decode(ResultRecord.self, from: Data(text.utf8))
        else { return nil }
        guard record.shared || bodies.count == record.blobs.count else { return nil }
        let blobs =
            record.shared
            ? record.blobs.map { folder?.takeResult($0) }
            : zip(record.blobs, bodies).map { CheckedBytes($1, as: $0) }
        let found = blobs.compactMap { $0 }
        return found.count == record.blobs.count ? (record, found) : nil
    }

    /// Has work done again whose result or whose files were damaged; the third time ends it.
    private func again(_ key: String, after attempts: Int, _ reason: String, repairs: Bool = false) {
        let tried = state.update { state -> [String] in
            guard var pending = state.pending[key] else { return [] }
            pending.damaged.append(reason)
            pending.next = max(pending.next, attempts) + 1
            if pending.damaged.count < 3 {
                if repairs { state.outbox.append(.repair(pending.content)) }
                state.outbox.append(.submit(pending.content, first: pending.next))
                state.outbox.append(.release(pending.content))
            }
            state.pending[key] = pending
            return pending.damaged.count < 3 ? [] : pending.damaged
        }
        guard !tried.isEmpty, let pending = state.update({ $0.pending[key] }) else { return }
        fail(key, EngineError.workFailed(kind: pending.content.kind.rawValue, key: key, tried: tried))
    }
}
