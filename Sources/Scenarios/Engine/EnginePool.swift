import Core
import Foundation
import Models

/// A pool whose work is done by the workers of an engine; what is cheap, by threads of this process.
public final class EnginePool: WorkPool {
    private let threads: WorkerThreads
    private let client: EngineClient
    private let pace = EnginePace()
    private let state = Monitor(State())

    private struct State {
        /// Results that runs share, by group and key.
        var shared: [String: [String: any Sendable]] = [:]
        /// What gives up each piece of work that has not ended, by a number of its own.
        var unfinished: [Int: @Sendable () -> Void] = [:]
        var submitted = 0
    }

    /// - Parameters:
    ///   - settings: which engine, and how it is used.
    ///   - jobs: threads of this process.
    public init(_ settings: EngineSettings, jobs: Int) {
        let threads = WorkerThreads(workers: jobs)
        self.threads = threads
        client = EngineClient(settings, threads: threads)
    }

    public var workers: Int { threads.workers }
    public var capacity: Int { max(threads.workers, client.slots) }
    public var isCancelled: Bool { threads.isCancelled || client.failure != nil }
    public var failure: (any Error)? { threads.isCancelled ? nil : client.failure }

    public func requireThreads() throws { try threads.requireThreads() }

    public func prepare(for device: Torch.Device) throws {
        guard !client.isConnected else { return }
        // On a thread that computes as a worker's does.
        let build = client.settings.build
        let machine = try threads.submit { try MachineType(build: build, device: device) }.wait()
        try client.connect(machine, device: device)
    }

    public func submit<Output: Sendable>(_ job: WorkJob<Output>) -> WorkTicket<Output> {
        guard let parcel = job.parcel, client.isConnected, pace.travels(parcel.content) else {
            return threads.submit(measured(job))
        }
        // At once: a run that is played again with these bytes must not find this work under way.
        if let missing = parcel.content.inputs.first(where: { !$0.isAtHand }) {
            return .completed(.failure(ContentMissing(sha256: missing.sha256)))
        }
        guard let sharing = job.sharing else { return send(parcel) }
        return state.update { state -> WorkTicket<Output>? in
            state.shared[sharing.group]?[sharing.key] as? WorkTicket<Output>
        } ?? sendShared(parcel, sharing)
    }

    private func sendShared<Output: Sendable>(
        _ parcel: WorkParcel<Output>, _ sharing: WorkJob<Output>.Sharing
    ) -> WorkTicket<Output> {
        let ticket = send(parcel, sharing)
        return state.update { state in
            // Another run may have been as fast; both have the one piece of work.
            if let known = state.shared[sharing.group]?[sharing.key] as? WorkTicket<Output> { return known }
            state.shared[sharing.group, default: [:]][sharing.key] = ticket
            return ticket
        }
    }

    /// Work of this process, whose time is noted.
    private func measured<Output: Sendable>(_ job: WorkJob<Output>) -> WorkJob<Output> {
        guard let content = job.parcel?.content else { return job }
        return WorkJob(
            body: { [pace] in
                let start = ContinuousClock.now
                let output = try job.body()
                pace.note(content, seconds: (ContinuousClock.now - start) / .seconds(1))
                return output
            }, sharing: job.sharing)
    }

    private func send<Output: Sendable>(
        _ parcel: WorkParcel<Output>, _ sharing: WorkJob<Output>.Sharing? = nil
    ) -> WorkTicket<Output> {
        let givesUp = Monitor<(@Sendable () -> Void)?>(nil)
        let ticket = WorkTicket<Output>(abandoned: { givesUp.update { $0 }?() })
        let number = state.update { state -> Int in
            state.submitted += 1
            state.unfinished[state.submitted] = { ticket.complete(.failure(WorkCancelled())) }
            return state.submitted
        }
        if isCancelled { ticket.complete(.failure(WorkCancelled())) }
        let cancel = client.submit(parcel.content) { [self] result in
            switch result {
            case .success(let returned): accept(returned, parcel, ticket, number)
            case .failure(let error):
                // Another run may have what this one lacked.
                if let sharing { state.update { $0.shared[sharing.group]?[sharing.key] = nil } }
                end(number, ticket, .failure(error))
            }
        }
        givesUp.update { $0 = cancel }
        return ticket
    }

    /// Takes a result into the run; called on a thread of this process.
    private func accept<Output: Sendable>(
        _ returned: ReturnedWork, _ parcel: WorkParcel<Output>, _ ticket: WorkTicket<Output>, _ number: Int
    ) {
        pace.note(parcel.content, seconds: returned.seconds)
        end(number, ticket, Result { try parcel.accept(returned) })
    }

    private func end<Output: Sendable>(
        _ number: Int, _ ticket: WorkTicket<Output>, _ result: Result<Output, any Error>
    ) {
        state.update { $0.unfinished[number] = nil }
        ticket.complete(result)
    }

    public func releaseShared(group: String) {
        threads.releaseShared(group: group)
        let released = state.update { $0.shared.removeValue(forKey: group) }
        // Not under the lock: letting go of a result may remove its file.
        withExtendedLifetime(released) {}
    }

    public func cancel() {
        threads.cancel()
        for giveUp in state.update({ $0.unfinished.sorted { $0.key < $1.key }.map(\.value) }) { giveUp() }
    }

    public func close() {
        client.close()
        threads.close()
    }
}

/// Decides what travels: work that takes longer than moving what it reads.
///
/// Of each kind in each scenario the mean time is known once one was done; before that, all travels that
/// computes.
final class EnginePace: Sendable {
    private let means = Monitor<[String: (count: Int, seconds: Double)]>([:])

    /// An empty task through Dask and back, measured: 3 ms; with the frames, 6 ms.
    private static let fixedSeconds = 0.006
    /// Bytes a second to a worker, measured on one machine: 45 MB in 0.31 s.
    private static let bytesPerSecond = 150e6

    private static func name(_ content: WorkParcelContent) -> String {
        "\(content.kind.rawValue) \(content.scenario.sha256)"
    }

    /// Whether work is better done elsewhere.
    func travels(_ content: WorkParcelContent) -> Bool {
        guard let mean = means.update({ $0[Self.name(content)] }) else { return true }
        let bytes = content.inputs.reduce(0) { $0 + $1.count }
        return mean.seconds > Self.fixedSeconds + Double(bytes) / Self.bytesPerSecond
    }

    /// Notes how long a piece of work has taken.
    func note(_ content: WorkParcelContent, seconds: Double) {
        means.update { means in
            let name = Self.name(content), known = means[name] ?? (0, 0)
            // Of the latest ten, so that a slow beginning is forgotten.
            let count = min(known.count + 1, 10)
            means[name] = (count, known.seconds + (seconds - known.seconds) / Double(count))
        }
    }
}
