import Models

/// What does the real work of a simulation (training, synthesis, evaluation) beside its clock: threads of
/// this process, or the workers of an engine.
///
/// A simulation submits a piece of work when its virtual interval begins and waits for the result when the
/// interval ends. Who does the work never changes a result.
public protocol WorkPool: Sendable {
    /// The number of threads of this process.
    var workers: Int { get }
    /// How many pieces of work are done at a time.
    var capacity: Int { get }
    /// Whether no more work is done; long work asks between steps.
    var isCancelled: Bool { get }
    /// Why no more work is done, where ``cancel()`` was not called.
    var failure: (any Error)? { get }

    /// Checks that all threads of this process are there.
    ///
    /// - Throws: `DetachedThread.Unavailable`.
    func requireThreads() throws

    /// Gets ready for work on a device; returns when there is somebody to do it.
    ///
    /// - Throws: `EngineError` where an engine cannot be reached.
    func prepare(for device: Torch.Device) throws

    /// Queues work.
    func submit<Output: Sendable>(_ job: WorkJob<Output>) -> WorkTicket<Output>

    /// Lets go of the shared results of a group, whose runs are over.
    func releaseShared(group: String)

    /// Gives up all work that has not ended: whoever waits for it gets `WorkCancelled` at once. Work under
    /// way sees `isCancelled` at its next step, and what it comes to is not used.
    func cancel()

    /// Ends the workers after the work queued so far. Those of a cancelled pool end at the next step of their
    /// work, and nobody waits for that.
    func close()
}

extension WorkPool {
    public var capacity: Int { workers }
    public var failure: (any Error)? { nil }
    public func prepare(for device: Torch.Device) throws {}

    /// Queues work that is done in this process.
    public func submit<Output: Sendable>(
        _ body: @escaping @Sendable () throws -> Output
    ) -> WorkTicket<Output> {
        submit(WorkJob(body: body))
    }

    /// Queues work of this process unless the same work, by its key, was queued before; runs that share it
    /// get one result, which stays until its group is released.
    public func submitShared<Output: Sendable>(
        key: String, group: String = "", _ body: @escaping @Sendable () throws -> Output
    ) -> WorkTicket<Output> {
        submit(WorkJob(body: body, sharing: .init(group: group, key: key)))
    }
}

/// A piece of work as a pool takes it.
public struct WorkJob<Output: Sendable>: Sendable {
    /// Names work that several runs ask for and that is done once.
    struct Sharing: Sendable {
        /// The runs.
        let group: String
        /// The work.
        let key: String
    }

    /// Does it on the calling thread.
    let body: @Sendable () throws -> Output
    /// `nil` where one run alone asks for it.
    let sharing: Sharing?
    /// How another process does it; `nil` where it stays here.
    let parcel: WorkParcel<Output>?

    init(
        body: @escaping @Sendable () throws -> Output, sharing: Sharing? = nil,
        parcel: WorkParcel<Output>? = nil
    ) {
        self.body = body
        self.sharing = sharing
        self.parcel = parcel
    }
}
