/// How captions are searched for.
public struct CaptionOptions: Sendable, Hashable {
    /// Longest caption, in tokens, its end token included.
    public var maximumNewTokens: Int
    /// Continuations kept at a time; 1 takes the likeliest token each time (greedy search).
    public var beams: Int
    /// A caption's log-probability is divided by its length to this power before captions are compared; only
    /// beam search compares.
    public var lengthPenalty: Double
    /// When beam search ends.
    public var stopping: BeamStopping
    /// Images that go through the networks together.
    public var batch: Int

    /// Greedy search, unless more than one beam is asked for.
    public init(
        maximumNewTokens: Int = 20, beams: Int = 1, lengthPenalty: Double = 1,
        stopping: BeamStopping = .heuristic, batch: Int = 32
    ) {
        precondition(
            maximumNewTokens > 0 && beams > 0 && batch > 0,
            "\(maximumNewTokens) tokens, \(beams) beams, batches of \(batch)")
        self.maximumNewTokens = maximumNewTokens
        self.beams = beams
        self.lengthPenalty = lengthPenalty
        self.stopping = stopping
        self.batch = batch
    }
}

/// When beam search ends before captions have reached their longest: transformers' `early_stopping`.
public enum BeamStopping: Sendable, Hashable, CaseIterable {
    /// Once the best open caption, as long as it is, is no better than the worst of the finished ones.
    case heuristic
    /// Once there are as many finished captions as beams.
    case immediate
    /// Once no open caption can get better than the worst of the finished ones, however it goes on.
    case exact
}
