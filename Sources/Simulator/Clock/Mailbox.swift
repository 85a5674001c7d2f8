import DequeModule

/// A queue of messages between processes: sending never waits, receiving waits for a message.
///
/// First sent is first received, and first waiting is first served. A message handed to a process that is
/// cancelled at the same instant is not lost: that process receives it, and its *next* wait throws.
public final class Mailbox<Message> {
    /// The name, as deadlock reports print it.
    public let name: String
    private let simulation: Simulation
    private var messages = Deque<Message>()
    private var receivers = Deque<Receiver>()

    /// One waiting process and the message handed to it.
    private final class Receiver {
        let token: WaitToken
        var message: Message?

        init(token: WaitToken) {
            self.token = token
        }
    }

    /// Makes an empty mailbox.
    public init(_ simulation: Simulation, name: String) {
        self.simulation = simulation
        self.name = name
    }

    /// Messages that nobody has received yet.
    public var count: Int { messages.count }

    /// Puts a message in; the first waiting process receives it at the current instant.
    ///
    /// - Complexity: O(log *n*) in the number of pending events.
    public func send(_ message: Message) {
        while let receiver = receivers.popFirst() {
            if simulation.wake(receiver.token) {
                receiver.message = message
                return
            }
        }
        messages.append(message)
    }

    /// Takes the oldest message, waiting for one if there is none.
    ///
    /// - Throws: `CancellationError` when the process is cancelled.
    public nonisolated(nonsending) func receive() async throws -> Message {
        if let message = messages.popFirst() { return message }
        var receiver: Receiver?
        try await simulation.suspend(awaiting: .message(mailbox: name)) { token in
            let waiting = Receiver(token: token)
            receivers.append(waiting)
            receiver = waiting
        }
        guard let message = receiver?.message else {
            preconditionFailure("mailbox \"\(name)\" woke a process without a message")
        }
        return message
    }

    /// Takes the oldest message if there is one, without waiting.
    public func receiveIfAvailable() -> Message? {
        messages.popFirst()
    }
}
