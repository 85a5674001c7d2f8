import Foundation

/// A value that several threads share: one at a time may touch it, and any may wait until it has changed.
final class Monitor<State>: @unchecked Sendable {
    // @unchecked because `state` is touched only while `condition` is locked.
    private let condition = NSCondition()
    private var state: State

    init(_ state: State) {
        self.state = state
    }

    /// Changes the value and wakes those who wait for a change.
    func update<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    /// Blocks the thread until `body` returns a value.
    func wait<Result>(_ body: (inout State) throws -> Result?) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = try body(&state) { return result }
            condition.wait()
        }
    }
}
