/// The bounds of the quantities of clients and of the times of faults, in base units: what a scenario may
/// give, and what a draw from a distribution is brought within. A draw may lie anywhere in the tail of its
/// distribution.
package enum ClientBounds {
    /// Bytes per second of a link, given or drawn.
    package static let rate = 1...1e15
    /// Seconds of latency, given or drawn.
    package static let latency = 0...86_400.0
    /// Floating-point operations per second that a scenario may give.
    package static let givenSpeed = 1...1e21
    /// Floating-point operations per second of a client, after the draw.
    package static let drawnSpeed = 1...1e24
    /// How many times longer a client computes, given or drawn.
    package static let slowdown = 1e-6...1e6

    /// Seconds of a span that a scenario may give.
    package static let givenSpan = 1e-9...longestGiven
    /// Seconds of a span that may be nothing, or of an instant, that a scenario may give.
    package static let givenInstant = 0...longestGiven
    /// Seconds between or of outages that a scenario may give.
    package static let givenFaultSpan = shortestFault...longestGiven
    /// Seconds between or of outages, after the draw.
    package static let drawnFaultSpan = shortestFault...longestDrawn
    /// The longest span that is drawn or that a trace repeats after, in seconds. Virtual time ends a little
    /// later.
    package static let longestDrawn = 9e9

    /// A million hours.
    private static let longestGiven = 3.6e9
    /// So that no run ends in an endless row of outages.
    private static let shortestFault = 1e-3
}

extension Double {
    /// This number, or the nearest one of a range.
    package func clamped(to range: ClosedRange<Double>) -> Double {
        Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
    }
}
