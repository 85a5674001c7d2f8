import Core

/// When one entity is down: outages from several causes, merged, asked for as time goes on.
///
/// Outages are made when they are asked for, so that a schedule of a million clients costs those that are
/// looked at. A timeline is a value: the same causes give the same outages.
public struct OutageTimeline: Sendable {
    /// Why somebody is down.
    public enum Cause: Sendable {
        /// At times that were written down; they may overlap.
        case listed([Outage])
        /// Outside of the windows of a pattern.
        case outside(AvailabilityPattern)
        /// Now and then: up for a time, down for a time, and again, each drawn anew, starting with up.
        case drawn(FaultRate, RandomStream)
    }

    private var causes: [PendingCause]
    /// Merged outages that have been made, ascending.
    private var made: [Outage] = []
    /// How many of them, the first, are forgotten: removed at times, not one after the other.
    private var forgotten = 0
    /// The end of the outage made last.
    private var lastEnd = SimInstant.start
    /// How many outages may still be made; beyond, there are none.
    private(set) var budget = Int.max
    /// Whether there were more outages than that.
    var isExhausted: Bool { budget <= 0 }

    /// An entity that goes down for any of these causes.
    public init(_ causes: [Cause]) {
        self.causes = causes.map(PendingCause.init)
    }

    /// The outage in progress at an instant, or the first after it; `nil` where there is none any more.
    ///
    /// - Precondition: the instant is not before the one last given to ``forget(before:)``.
    /// - Complexity: O(1), amortized, for instants that ascend.
    public mutating func outage(at instant: SimInstant) -> Outage? {
        let over = countOver(at: instant)
        if over < made.count { return made[over] }
        while let next = makeNext() {
            made.append(next)
            if next.end > instant { return next }
        }
        return nil
    }

    /// Gives up what is over before an instant.
    ///
    /// - Complexity: O(log *n*) for *n* outages that were made, amortized.
    public mutating func forget(before instant: SimInstant) {
        forgotten = countOver(at: instant)
        guard forgotten > 16, forgotten > made.count / 2 else { return }
        made.removeFirst(forgotten)
        forgotten = 0
    }

    /// How many of the outages that have been made are over: they end in ascending order.
    private func countOver(at instant: SimInstant) -> Int {
        var over = forgotten, end = made.count
        while over < end {
            let middle = (over + end) / 2
            if made[middle].end <= instant { over = middle + 1 } else { end = middle }
        }
        return over
    }

    /// Sets how many outages may be made from here on.
    mutating func allow(outages: Int) { budget = outages }

    /// The instant at which work that takes `span` without outages is done, when it pauses during them;
    /// `nil` where it never is.
    ///
    /// - Complexity: O(*k*) in the number of outages on the way.
    public mutating func end(of span: SimDuration, from start: SimInstant) -> SimInstant? {
        var instant = start, rest = span
        while let outage = outage(at: instant) {
            if outage.start > instant {
                let free = outage.start - instant
                // Work that is done at the very start of an outage is done.
                if rest <= free { break }
                rest = rest - free
            }
            guard outage.end < .distantFuture else { return nil }
            instant = outage.end
        }
        return instant.advanced(by: rest)
    }

    /// The first outage of any cause, joined with those that begin before it ends.
    private mutating func makeNext() -> Outage? {
        while !isExhausted, let first = causes.compactMap(\.next).min(by: { $0.start < $1.start }) {
            var end = first.end
            // Causes that take turns for ever would never come to an end: such an outage is told in pieces.
            for _ in 0..<64 {
                let grown = dropOutages(startingBy: end)
                if grown <= end { break }
                end = grown
            }
            let start = max(first.start, lastEnd)
            guard start < end else { continue }
            lastEnd = end
            return Outage(start: start, end: end)
        }
        return nil
    }

    /// Goes past all outages that start until `instant`, and returns the latest of their ends.
    private mutating func dropOutages(startingBy instant: SimInstant) -> SimInstant {
        var latest = SimInstant.start
        for index in causes.indices {
            while !isExhausted, let next = causes[index].next, next.start <= instant {
                budget -= 1
                latest = max(latest, next.end)
                causes[index].drop()
            }
        }
        return latest
    }
}

/// How often something goes wrong and for how long, in seconds.
public struct FaultRate: Sendable, Hashable {
    /// Time from one outage's end, or the start of the run, to the next outage.
    public var every: Distribution
    /// How long an outage lasts.
    public var lasting: Distribution

    /// Makes a rate.
    ///
    /// - Throws: ``SimulatorError/invalidQuantity(field:value:allowed:)``.
    public init(every: Distribution, lasting: Distribution, field: String = "faults") throws {
        try every.validate(field: "\(field).every")
        try lasting.validate(field: "\(field).for")
        self.every = every
        self.lasting = lasting
    }

    /// A span within `ClientBounds.drawnFaultSpan`.
    fileprivate static func span(_ distribution: Distribution, _ stream: inout RandomStream) -> SimDuration {
        .seconds(distribution.sample(using: &stream).clamped(to: ClientBounds.drawnFaultSpan))
    }
}

/// A cause and its outage that comes next.
private struct PendingCause: Sendable {
    private(set) var next: Outage?
    private var cause: OutageTimeline.Cause
    /// Listed outages that have been `next`.
    private var passed = 0

    init(_ cause: OutageTimeline.Cause) {
        if case .listed(let outages) = cause {
            self.cause = .listed(outages.sorted { ($0.start, $0.end) < ($1.start, $1.end) })
        } else {
            self.cause = cause
        }
        advance(from: .start)
    }

    /// Goes on to the next outage.
    mutating func drop() {
        guard let end = next?.end else { return }
        next = nil
        if end < .distantFuture || isListed { advance(from: end) }
    }

    private var isListed: Bool {
        if case .listed = cause { true } else { false }
    }

    private mutating func advance(from instant: SimInstant) {
        switch cause {
        case .listed(let outages):
            next = passed < outages.count ? outages[passed] : nil
            passed += 1
        case .outside(let pattern):
            next = pattern.outage(at: instant)
        case .drawn(let rate, var stream):
            let start = instant.advanced(by: FaultRate.span(rate.every, &stream))
            let end = start.advanced(by: FaultRate.span(rate.lasting, &stream))
            next = start < end ? Outage(start: start, end: end) : nil
            cause = .drawn(rate, stream)
        }
    }
}
