/// A quantity over virtual time that is constant between instants, and may come again after a period.
public struct PiecewiseConstant<Value: Sendable & Hashable>: Sendable, Hashable {
    /// A value and when it begins.
    public struct Piece: Sendable, Hashable {
        /// Since the start of the run, or of each period.
        public let start: SimDuration
        /// From then on.
        public let value: Value

        /// Makes a piece.
        public init(start: SimDuration, value: Value) {
            self.start = start
            self.value = value
        }
    }

    /// In ascending order.
    public let pieces: [Piece]
    /// After which the pieces come again; `nil` where the last one stays.
    public let period: SimDuration?

    /// Makes a quantity.
    ///
    /// - Parameters:
    ///   - pieces: in ascending order of their starts. What comes before the first has its value.
    ///   - period: greater than the last start.
    /// - Precondition: there is a piece, the starts ascend, and the period is as above.
    public init(pieces: [Piece], period: SimDuration? = nil) {
        precondition(!pieces.isEmpty, "a quantity without a value")
        precondition(zip(pieces, pieces.dropFirst()).allSatisfy { $0.start < $1.start }, "starts must ascend")
        precondition(pieces[0].start >= .zero, "a piece before the start")
        precondition(
            pieces[pieces.count - 1].start < period ?? .nanoseconds(.max), "a piece after the period")
        self.pieces = pieces
        self.period = period
    }

    /// The value at an instant, and when the next piece begins, `nil` where none does.
    ///
    /// - Complexity: O(log *n*) in the number of pieces.
    public func value(at instant: SimInstant) -> (value: Value, until: SimInstant?) {
        let length = period?.nanoseconds ?? .max
        let begin = period == nil ? 0 : instant.nanoseconds / length * length
        let offset = instant.nanoseconds - begin
        // The first piece that begins later.
        var low = 0, high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].start.nanoseconds <= offset { low = middle + 1 } else { high = middle }
        }
        let value = pieces[max(0, low - 1)].value
        if low < pieces.count {
            // Before the first piece its value holds already.
            let next = low == 0 ? 1 : low
            guard next < pieces.count || period != nil else { return (value, nil) }
            let start = next < pieces.count ? pieces[next].start.nanoseconds : length
            return (value, SimInstant(nanoseconds: begin).advanced(by: .nanoseconds(start)))
        }
        guard let period else { return (value, nil) }
        return (value, SimInstant(nanoseconds: begin).advanced(by: period))
    }
}
