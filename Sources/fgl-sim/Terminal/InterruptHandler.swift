import Dispatch
import Foundation

/// Ctrl-C: the first calls a handler, the second ends the process at once.
final class InterruptHandler {
    private let source: any DispatchSourceSignal

    init(_ handler: @escaping @Sendable () -> Void) {
        signal(SIGINT, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        let count = Counter()
        source.setEventHandler {
            if count.next() == 1 { handler() } else { _exit(ExitStatus.interrupted) }
        }
        source.resume()
    }

    /// Gives Ctrl-C its usual meaning back.
    func stop() {
        source.cancel()
        signal(SIGINT, SIG_DFL)
    }

    /// Counts signals; they arrive one at a time on the source's queue.
    private final class Counter: @unchecked Sendable {
        // @unchecked because a dispatch source never runs its handler twice at once.
        private var value = 0

        func next() -> Int {
            value += 1
            return value
        }
    }
}
