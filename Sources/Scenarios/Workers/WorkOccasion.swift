import RunLog

/// When and where in a run work of a kind is done. There may be several pieces of it, one after the other.
public struct WorkOccasion: Sendable, Hashable {
    /// What the log calls it.
    public let kind: WorkKind
    /// 1-based round; 0 outside rounds.
    public let round: Int
    /// The client that does it; `nil` for the server.
    public let client: Int?

    /// Names one.
    public init(kind: WorkKind, round: Int, client: Int?) {
        self.kind = kind
        self.round = round
        self.client = client
    }
}
