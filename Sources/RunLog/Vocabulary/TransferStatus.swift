/// `status` of a transfer.
public enum TransferStatus: String, Sendable, Hashable, CaseIterable {
    /// Every byte of the message arrived.
    case complete
    /// The message did not reach its receiver, though some of its bytes may have moved: the network dropped
    /// it, a participant went away, or the round ended without it.
    case lost
    /// The run ended after some of its bytes had moved.
    case aborted
}

extension TransferStatus: LogWord {
    public static var all: [Self] { allCases }

    public var meaning: String {
        switch self {
        case .complete: "All bytes of the message have moved."
        case .lost: "The message did not reach its receiver, though some of its bytes may have moved."
        case .aborted: "The run ended while the message was on its way."
        }
    }
}
