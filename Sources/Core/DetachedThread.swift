import Foundation

/// A thread that runs a body and ends; the system may refuse to make it, which `Foundation.Thread` does not
/// tell.
public enum DetachedThread {
    /// The system makes no thread: the user, or the machine, has as many as are allowed, or no memory for its
    /// stack.
    public struct Unavailable: Error, Sendable, Equatable, CustomStringConvertible {
        /// What the thread was for.
        public let name: String
        /// The system's words.
        public let reason: String

        /// One line.
        public var description: String {
            "the system makes no thread for \(name): \(reason); see ulimit -u and ulimit -v, or use fewer "
                + "--jobs"
        }
    }

    /// How large the stack of a thread is, in bytes: deep recursions of libraries fit in.
    public static let stackSize = 16 << 20

    /// Checks that the system makes so many more threads, by making them: libdispatch, of which libraries
    /// make use, waits for ever where it gets none.
    ///
    /// - Throws: ``Unavailable``.
    public static func requireSpare(_ count: Int, for name: String) throws(Unavailable) {
        let end = DispatchSemaphore(value: 0)
        var made = 0
        defer { for _ in 0..<made { end.signal() } }
        while made < count {
            // With the stacks that libraries take.
            try start(name, stackSize: nil) { end.wait() }
            made += 1
        }
    }

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: what it is for; its name where the system shows threads.
    ///   - stackSize: of its stack, in bytes; nil takes the system's.
    ///   - body: what it does.
    /// - Throws: ``Unavailable``.
    public static func start(
        _ name: String, stackSize: Int? = stackSize, _ body: @escaping @Sendable () -> Void
    ) throws(Unavailable) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        if let stackSize { pthread_attr_setstacksize(&attributes, stackSize) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        let task = Unmanaged.passRetained(Task(name: name, body: body))
        #if canImport(Darwin)
            var thread: pthread_t?
            let code = pthread_create(&thread, &attributes, { Task.run($0) }, task.toOpaque())
        #else
            var thread = pthread_t()
            let code = pthread_create(&thread, &attributes, { Task.run($0!) }, task.toOpaque())
        #endif
        guard code == 0 else {
            task.release()
            throw Unavailable(name: name, reason: String(cString: strerror(code)))
        }
    }

    private final class Task: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        static func run(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
            let task = Unmanaged<Task>.fromOpaque(pointer).takeRetainedValue()
            Thread.current.name = task.name
            task.body()
            return nil
        }
    }
}
