import Core
import Foundation
import Models

/// Talks to the bridge: hands work over and takes results, each on a thread of its own.
final class EngineClient: Sendable {
    typealias Completion = @Sendable (Result<ReturnedWork, any Error>) -> Void

    let settings: EngineSettings
    /// Check the bytes of results, so that the next one can arrive meanwhile.
    let threads: WorkerThreads
    let state = Monitor(State())
    let session = "fgl-sim-" + UUID().uuidString.prefix(8).lowercased()

    struct State {
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
    struct Pending {
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
    enum Order {
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

    var name: String { settings.address.text }

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
