import Core
import Foundation
import Models

/// Talks to the bridge: hands work over and takes results, each on a thread of its own.
final class EngineClient: Sendable {
    typealias Completion = @Sendable (Result<ReturnedWork, any Error>) -> Void

    let settings: EngineSettings
    /// Check the bytes of results, so that the next one can arrive meanwhile.
    private let threads: WorkerThreads
    private let state = Monitor(State())
    private let session = "fgl-sim-" + UUID().uuidString.prefix(8).lowercased()

    private struct State {
        var bridge: BridgeProcess?
        /// How many pieces of work the workers do at a time; `nil` before they are there.
        var slots: Int?
        /// When that was.
        var reached = ContinuousClock.now
        var failure: EngineError?
        var pending: [String: Pending] = [:]
        var outbox: [Order] = []
        var nextWaiter = 0
        /// Whether the thread that writes has ended.
        var isClosed = false
        /// What each piece of work has come to, and who did it.
        var results: [String: (seal: String, worker: String)] = [:]
    }

    /// Work that is under way.
    private struct Pending {
        let content: WorkParcelContent
        /// When it was handed over.
        let handedOver = ContinuousClock.now
        var waiters: [Int: Completion] = [:]
        /// Results that did not have their hash.
        var damaged: [String] = []
        /// The number of the next attempt.
        var next = 1
    }

    /// What the thread that writes is to do.
    private enum Order {
        case submit(WorkParcelContent, first: Int)
        case repair(WorkParcelContent)
        case cancel(String)
        case release(WorkParcelContent)
        case close
    }

    init(_ settings: EngineSettings, threads: WorkerThreads) {
        self.settings = settings
        self.threads = threads
    }

    /// How many pieces of work the workers do at a time; 0 while there are none.
    var slots: Int { state.update { $0.slots ?? 0 } }
    /// Why no work is done any more.
    var failure: EngineError? { state.update { $0.failure } }
    /// Whether the bridge was started.
    var isConnected: Bool { state.update { $0.slots != nil } }

    private var name: String { settings.address.text }

    /// Starts the bridge, and waits until a worker is there.
    ///
    /// - Throws: `EngineError`; `DetachedThread.Unavailable`.
    func connect(_ machine: MachineType, device: Torch.Device) throws {
        for path in settings.certificates.map({ [$0.authority, $0.certificate, $0.key] }) ?? []
        where !FileManager.default.isReadableFile(atPath: path) {
            throw EngineError.badCertificate(path: path)
        }
        let folder = try settings.sharedFolder.map { try SharedFolder($0, session: session) }
        let bridge = try BridgeProcess(engine: name)
        state.update { $0.bridge = bridge }
        let first = bridgeSettings(machine, device, folder)
        try DetachedThread.start("engine out") { [self] in
            _ = Frame(first).write(to: bridge.input)
            send(to: bridge, folder)
        }
        try DetachedThread.start("engine in") { [self] in receive(from: bridge, folder) }
        try state.wait { state -> Result<Void, EngineError>? in
            state.failure.map { .failure($0) } ?? state.slots.map { _ in .success(()) }
        }.get()
    }

    private func bridgeSettings(
        _ machine: MachineType, _ device: Torch.Device, _ folder: SharedFolder?
    ) -> BridgeSettings {
        let tls = settings.certificates
        var local = 0
        if case .daskLocal(let workers) = settings.address { local = workers }
        return BridgeSettings(
            session: session, address: settings.address.daskText, local: local,
            type: settings.isMixed ? "" : machine.name,
            program: Bundle.main.executableURL?.resolvingSymlinksInPath().path ?? "",
            directory: FileManager.default.currentDirectoryPath, device: device.text,
            cacheLimit: settings.cacheLimitBytes, shared: folder?.path ?? "",
            timeout: settings.timeoutSeconds, silence: settings.silenceSeconds,
            tls: .init(ca: tls?.authority ?? "", cert: tls?.certificate ?? "", key: tls?.key ?? ""))
    }

    /// Hands over work. The same work under way is done once.
    ///
    /// - Returns: what gives the claim to the result up.
    func submit(
        _ content: WorkParcelContent, _ completion: @escaping Completion
    ) -> @Sendable () -> Void {
        let (failure, waiter) = state.update { state -> (EngineError?, Int) in
            if let failure = state.failure { return (failure, 0) }
            if state.pending[content.key] == nil {
                state.pending[content.key] = Pending(content: content)
                state.outbox.append(.submit(content, first: 1))
            }
            state.nextWaiter += 1
            state.pending[content.key]?.waiters[state.nextWaiter] = completion
            return (nil, state.nextWaiter)
        }
        if let failure { completion(.failure(failure)) }
        return { [self] in giveUp(content.key, waiter) }
    }

    private func giveUp(_ key: String, _ waiter: Int) {
        state.update { state in
            state.pending[key]?.waiters[waiter] = nil
            guard let pending = state.pending[key], pending.waiters.isEmpty else { return }
            state.pending[key] = nil
            state.outbox += [.cancel(key), .release(pending.content)]
        }
    }

    /// Ends the bridge, and with it a cluster that it has started.
    func close() {
        let bridge = state.update { state -> BridgeProcess? in
            state.outbox = [.close]
            return state.bridge
        }
        guard let bridge else { return }
        // Not for ever: a bridge that has stopped reads nothing.
        let limit = ContinuousClock.now + .seconds(10)
        while !state.update({ $0.isClosed || $0.failure != nil }), ContinuousClock.now < limit {
            usleep(5000)
        }
        bridge.end()
    }
}

// MARK: - Writing

extension EngineClient {
    private func send(to bridge: BridgeProcess, _ folder: SharedFolder?) {
        var blobs = EngineBlobs(bridge: bridge, folder: folder)
        while true {
            let order = state.wait { state -> Order? in
                if state.failure != nil { return .close }
                return state.outbox.isEmpty ? nil : state.outbox.removeFirst()
            }
            var isOver = false
            do {
                switch order {
                case .submit(let content, let first): try send(content, first, bridge, &blobs)
                case .repair(let content): try blobs.repair(content)
                case .cancel(let key):
                    _ = Frame(BridgeOrder(op: "cancel", key: key)).write(to: bridge.input)
                case .release(let content): blobs.release(content)
                case .close:
                    _ = Frame(BridgeOrder(op: "close")).write(to: bridge.input)
                    isOver = true
                }
            } catch {
                switch order {
                case .submit(let content, _), .repair(let content): fail(content.key, error)
                default: break
                }
            }
            if isOver { break }
        }
        folder?.remove()
        state.update { $0.isClosed = true }
    }

    /// Hands the bridge the bytes that it does not have, then the work.
    private func send(
        _ content: WorkParcelContent, _ first: Int, _ bridge: BridgeProcess, _ blobs: inout EngineBlobs
    ) throws {
        try blobs.supply(content)
        var order = BridgeOrder(op: "submit")
        order.job = JobMessage(
            key: content.key, scenario: BlobName(content.scenario), inputs: content.inputs.map(BlobName.init))
        order.names = settings.sharedFolder == nil ? EngineBlobs.names(of: content) : []
        order.first = first
        _ = Frame(order, bodies: [Array(content.text.utf8)]).write(to: bridge.input)
    }
}

// MARK: - Reading

extension EngineClient {
    private func receive(from bridge: BridgeProcess, _ folder: SharedFolder?) {
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
    private func lose(_ error: EngineError) {
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

    private func fail(_ key: String, _ error: any Error) { finish(key, .failure(error)) }

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
