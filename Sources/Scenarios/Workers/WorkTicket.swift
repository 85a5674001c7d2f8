/// Work was given up because the run is being interrupted.
public struct WorkCancelled: Error {}

/// A claim to the result of work under way.
public final class WorkTicket<Output: Sendable>: Sendable {
    private let result: Monitor<Result<Output, any Error>?>
    private let abandoned: (@Sendable () -> Void)?

    /// - Parameter abandoned: called where the work is given up before its end.
    init(abandoned: (@Sendable () -> Void)? = nil) {
        result = Monitor(nil)
        self.abandoned = abandoned
    }

    /// A claim to what is there already.
    init(_ output: Output) {
        result = Monitor(.success(output))
        abandoned = nil
    }

    /// A claim to a result that is known.
    static func completed(_ outcome: Result<Output, any Error>) -> WorkTicket {
        let ticket = WorkTicket()
        ticket.complete(outcome)
        return ticket
    }

    /// Whether `wait()` would not block.
    var isComplete: Bool { result.update { $0 != nil } }

    /// Gives the work up: nobody will ask for its result. It is not done where no worker has begun with it.
    public func abandon() {
        if complete(.failure(WorkCancelled())) { abandoned?() }
    }

    /// Notes a result; the first counts.
    ///
    /// - Returns: whether it was the first.
    @discardableResult
    func complete(_ outcome: Result<Output, any Error>) -> Bool {
        result.update { known in
            guard known == nil else { return false }
            known = outcome
            return true
        }
    }

    /// Blocks the thread until the work is done.
    ///
    /// - Throws: what the work threw; `WorkCancelled` where it was given up.
    public func wait() throws -> Output {
        try result.wait { $0 }.get()
    }
}
