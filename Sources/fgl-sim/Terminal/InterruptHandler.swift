import Core
import Dispatch
import Foundation
import Synchronization

/// Ctrl-C, and what ends a job of a cluster or a session: the first signal calls a handler, the second ends
/// the process at once.
final class InterruptHandler {
    /// Those that ask a process to end.
    private static let signals = [SIGINT, SIGTERM, SIGHUP]
    private static let received = Mutex(SIGINT)

    /// The number of the first signal that came; Ctrl-C's where none did.
    static var signalNumber: Int32 { received.withLock { $0 } }

    private let sources: [any DispatchSourceSignal]
    private let handled: [Int32]

    init(_ handler: @escaping @Sendable () -> Void) {
        // Who starts a process with a signal ignored, as nohup and scripts with `&` do, wants it to stay so.
        handled = Self.signals.filter { !Self.isIgnored($0) }
        let count = Counter()
        let came: @Sendable (Int32) -> Void = { number in
            guard count.next() == 1 else { _exit(ExitStatus.interrupted) }
            Self.received.withLock { $0 = number }
            handler()
        }
        sources = handled.map { number in Self.listen(to: number) { came(number) } }
    }

    /// Removes what is in temporary folders and ends the process: for commands that leave nothing half done.
    static func clearingScratchFolders() -> InterruptHandler {
        InterruptHandler {
            ScratchFolder.removeAll()
            _exit(ExitStatus.interrupted)
        }
    }

    /// Calls a handler for a signal, in the place of what the system does.
    static func listen(
        to number: Int32, _ handler: @escaping @Sendable () -> Void
    ) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler(handler: handler)
        source.resume()
        return source
    }

    /// Gives the signals their usual meaning back.
    func stop() {
        for source in sources { source.cancel() }
        for number in handled { signal(number, SIG_DFL) }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        // C's SIG_IGN is the address 1, which is no function that could be compared.
        return action.__sigaction_handler.sa_handler.map { unsafeBitCast($0, to: Int.self) } == 1
    }

    /// Counts signals, which may come on several threads.
    private final class Counter: Sendable {
        private let value = Mutex(0)

        func next() -> Int {
            value.withLock { value in
                value += 1
                return value
            }
        }
    }
}
