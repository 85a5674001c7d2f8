/// A discrete-event simulation: a virtual clock, an event queue, and the processes that wait on it.
///
/// The kernel is a synchronous loop: pop *one* event, resume the process it belongs to, run it until it
/// waits again, pop the next. So one process runs at a time, all on the thread that calls ``run()``, and the
/// order of everything is a function of the program alone: by instant, ties in the order of scheduling.
///
/// ```swift
/// let simulation = Simulation()
/// simulation.spawn("client 0") {
///     try await simulation.sleep(for: .seconds(1.5))
///     print(simulation.now)                             // 1.5 s
/// }
/// try simulation.run()
/// ```
///
/// Rules for the code of a process: it waits only through its simulation, a ``Mailbox`` or a resource built
/// on them; it starts concurrent work with ``spawn(_:background:_:)`` or ``concurrently(_:name:_:)``, never
/// with `Task`, `async let` or a task group; and it checks its assumptions again after each `await`.
public final class Simulation {
    // The state of the loop is private, with public getters: so the compiler sees every access to it and
    // proves exclusivity itself, where a public property costs a check at run time, several per event.
    private var instant = SimInstant.start
    private var executedEvents = 0
    private var spawnedProcesses = 0
    /// Unsafe to spare atomic counts per event: `live` holds the process while its code is executed.
    private unowned(unsafe) var runningProcess: Process?

    private let queue = EventQueue()
    private let executor: LoopExecutor
    private let parkingExecutor = ParkingExecutor()
    /// Where processes wait.
    let parkingLot: ParkingLot
    private var live: [Process] = []
    private var backgroundCount = 0
    private var failure: (any Error)?
    private var isRunning = false
    /// After how many events ``interruption`` is asked: a fraction of a second.
    private static let eventsPerQuestion = 1024
    /// The events executed when something was achieved last.
    private var eventsAtProgress = 0

    /// Makes a simulation at instant 0 without processes.
    public convenience init() {
        self.init(.standard)
    }

    /// As the public initializer, with a way to go on with parked processes.
    package init(_ resumption: Resumption) {
        executor = LoopExecutor(resumption)
        parkingLot = ParkingLot(executor: parkingExecutor)
    }

    /// The current instant of virtual time.
    public var now: SimInstant { instant }

    /// Events executed so far.
    public var eventCount: Int { executedEvents }

    /// Jobs that the runtime has handed to the loop's executor so far: with ``Resumption/straight`` one for
    /// the start of each process.
    package var enqueuedJobCount: Int { executor.enqueuedCount }

    /// Processes spawned so far.
    public var spawnCount: Int { spawnedProcesses }

    /// The most events that a run executes without ``noteProgress()``; without one, any number.
    ///
    /// Somebody who tries in vain for ever is found by it: a transfer over a link that is down a thousand
    /// times a second, a client that fails again and again.
    public var idleLimit = Int.max

    /// Asked at times whether the run is to end, and why; for people who do not wait for an event.
    public var interruption: (() -> (any Error)?)?

    /// Notes that something was achieved, such as a transfer or a piece of work.
    public func noteProgress() { eventsAtProgress = executedEvents }

    /// Notes that an event of a kind with a limit of its own was executed: it is none of those in which
    /// nothing is achieved.
    func noteForeseenEvent() { eventsAtProgress += 1 }

    /// Ends the run with an error at the next event, unless it has failed before.
    public func fail(_ error: any Error) {
        if failure == nil { failure = error }
    }

    /// The process whose code is being executed, `nil` outside of processes.
    public var currentProcess: Process? { runningProcess }

    /// Processes that have been spawned and have not ended.
    public var liveProcessCount: Int { live.count }

    /// Starts a process at the current instant, after the events already scheduled for it.
    ///
    /// - Parameters:
    ///   - name: the name in reports, e.g. `client 17`.
    ///   - background: whether the run may end without it: it is cancelled when no other process is left.
    ///   - body: what it does. It needs not be `Sendable`: all processes share the thread of ``run()``.
    @discardableResult
    public func spawn(
        _ name: String, background: Bool = false, _ body: @escaping () async throws -> Void
    ) -> Process {
        spawn(name, background: background, supervised: false, body)
    }

    /// As the public method; errors of a `supervised` process are its spawner's to handle.
    func spawn(
        _ name: String, background: Bool, supervised: Bool, _ body: @escaping () async throws -> Void
    ) -> Process {
        let process = Process(
            name: name, simulation: self, spawnNumber: spawnedProcesses, isBackground: background,
            isSupervised: supervised, body: body)
        spawnedProcesses += 1
        process.liveIndex = live.count
        live.append(process)
        if background { backgroundCount += 1 }
        schedule(process, at: now)
        return process
    }

    /// Runs until every process has ended and no event is left.
    ///
    /// Ends early with the first error that no process handles. All processes still alive are then
    /// cancelled, so that nothing of the run is left behind.
    ///
    /// - Throws: the unhandled error of a process; ``SimulatorError/deadlock(at:blocked:)`` when processes
    ///   live but no event is left that could wake them; ``SimulatorError/endOfTime(at:awaiting:)`` when the
    ///   next event lies 292 years after the start; ``SimulatorError/noProgress(at:events:awaiting:)`` when
    ///   nothing is achieved in as many events as ``idleLimit``.
    public func run() throws {
        precondition(!isRunning, "run() is called from inside the run")
        isRunning = true
        defer { isRunning = false }
        executor.adoptCurrentThread()
        parkingExecutor.adoptCurrentThread()
        while failure == nil {
            if backgroundCount > 0, live.count == backgroundCount { cancelAll() }
            guard let (instant, target) = queue.popFirst() else { break }
            guard instant < .distantFuture else {
                failure = endOfTime(target)
                break
            }
            execute(target, at: instant)
            if executedEvents - eventsAtProgress > idleLimit { fail(noProgress(target)) }
            if executedEvents % Self.eventsPerQuestion == 0, let error = interruption?() { fail(error) }
        }
        if failure == nil, !live.isEmpty { failure = deadlock() }
        guard let error = failure else { return }
        abandon()
        failure = nil
        throw error
    }

    /// Advances the clock to the instant of an event and lets its target act.
    private func execute(_ target: EventTarget, at instant: SimInstant) {
        precondition(instant >= self.instant, "time goes back from \(self.instant) to \(instant)")
        self.instant = instant
        executedEvents += 1
        switch target {
        case .alarm(let alarm): alarm.fire()
        case .process(let process): resume(process)
        }
    }

    /// Runs the process until it waits again or ends.
    private func resume(_ process: Process) {
        process.pendingSequence = 0
        process.state = .running
        runningProcess = process
        if let job = process.parkedJob {
            executor.run(job, parkedIn: parkingExecutor)
        } else {
            start(process)
        }
        executor.drain()
        process.parkedJob = parkingExecutor.collect()
        runningProcess = nil
        precondition(
            process.state != .running,
            "process \"\(process.name)\" awaits something that is not on the virtual clock")
    }

    /// Begins the body of a process, in the one place of the simulator that makes a task.
    private func start(_ process: Process) {
        guard let body = process.body else { preconditionFailure("\"\(process.name)\" started twice") }
        process.body = nil
        if process.isCancelled { return finish(process, .failure(process.cancellationReason)) }
        let confined = Confined(value: (simulation: self, process: process, body: body))
        Task(executorPreference: executor) {
            let (simulation, process, body) = confined.value
            do {
                try await body()
                simulation.finish(process, .success(()))
            } catch {
                simulation.finish(process, .failure(error))
            }
        }
    }

    /// Records the outcome, wakes those who wait for it, and notes an error nobody handles.
    private func finish(_ process: Process, _ result: Result<Void, any Error>) {
        process.state = .finished
        process.result = result
        live.swapAt(process.liveIndex, live.count - 1)
        live[process.liveIndex].liveIndex = process.liveIndex
        live.removeLast()
        if process.isBackground { backgroundCount -= 1 }
        let joiners = process.joiners
        process.joiners = []
        var handled = process.isSupervised
        for joiner in joiners where wake(joiner) { handled = true }
        guard case .failure(let error) = result, !handled, failure == nil else { return }
        if process.isEffectOfCancellation(error) { return }
        failure = error
    }

    /// Puts the start or the resumption of a process into the queue.
    ///
    /// - Precondition: `instant` is not in the past.
    func schedule(_ process: Process, at instant: SimInstant) {
        precondition(instant >= now, "an event at \(instant), but it is already \(now)")
        process.pendingSequence = queue.schedule(process, at: instant)
    }

    /// Puts an alarm into the queue.
    ///
    /// - Precondition: `instant` is not in the past.
    func schedule(_ alarm: Alarm, at instant: SimInstant) {
        precondition(instant >= now, "an event at \(instant), but it is already \(now)")
        alarm.pendingSequence = queue.schedule(alarm, at: instant)
    }
}

// MARK: - The end of a run

extension Simulation {
    /// The live processes in the order of spawning.
    private var liveInSpawnOrder: [Process] {
        live.sorted { $0.spawnNumber < $1.spawnNumber }
    }

    private func cancelAll() {
        for process in liveInSpawnOrder { process.cancel() }
    }

    /// Cancels what is left and runs it to its end, so that no task and no continuation leaks.
    ///
    /// Only the instant of the failure is played out: cancelled processes end in it.
    private func abandon() {
        var mayContinue = !live.isEmpty
        while mayContinue {
            mayContinue = false
            cancelAll()
            while let (instant, target) = queue.popFirst(), instant == now {
                execute(target, at: instant)
                mayContinue = true
            }
        }
    }

    private func endOfTime(_ target: EventTarget) -> SimulatorError {
        switch target {
        case .process(let process): .endOfTime(at: now, awaiting: "\"\(process.name)\"")
        case .alarm: .endOfTime(at: now, awaiting: "a transfer")
        }
    }

    private func noProgress(_ target: EventTarget) -> SimulatorError {
        switch target {
        case .process(let process): .noProgress(at: now, events: idleLimit, awaiting: "\"\(process.name)\"")
        case .alarm: .noProgress(at: now, events: idleLimit, awaiting: "a transfer")
        }
    }

    private func deadlock() -> SimulatorError {
        .deadlock(
            at: now,
            blocked: liveInSpawnOrder.map {
                BlockedProcess(name: $0.name, awaiting: "\($0.awaited)", since: $0.awaitingSince)
            })
    }
}
