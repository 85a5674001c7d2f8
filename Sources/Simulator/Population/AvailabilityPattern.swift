/// When somebody is there: windows of time that come again with a period, such as the nights of a week.
public struct AvailabilityPattern: Sendable, Hashable {
    /// A span in which somebody is there, counted from the start of the period, its end not included.
    public struct Window: Sendable, Hashable {
        /// When it begins.
        public let start: SimDuration
        /// When it ends.
        public let end: SimDuration

        /// Makes a window; a pattern checks it.
        public init(from start: SimDuration, to end: SimDuration) {
            self.start = start
            self.end = end
        }
    }

    /// The windows, ascending and without overlap.
    public let windows: [Window]
    /// After what time they come again; `nil`: never, and after the last nobody is there.
    public let period: SimDuration?

    /// Always there.
    public static let always = AvailabilityPattern()

    private init() {
        windows = [Window(from: .zero, to: .seconds(1))]
        period = .seconds(1)
    }

    /// Makes a pattern.
    ///
    /// Windows that touch are one. Without any window, nobody is ever there.
    ///
    /// - Parameters:
    ///   - windows: when the client is there, ascending and disjoint.
    ///   - period: after what time the windows come again; `nil`: never.
    ///   - field: where the pattern stands, for errors.
    /// - Throws: ``SimulatorError/invalidQuantity(field:value:allowed:)`` for a window that ends before it
    ///   starts, overlaps the one before it or reaches beyond the period, and for a period of less than 1 s.
    public init(windows: [Window], period: SimDuration?, field: String = "availability") throws {
        if let period, period < .seconds(1) {
            throw SimulatorError.invalidQuantity(
                field: "\(field).period", value: period.seconds, allowed: "at least 1 s")
        }
        var merged: [Window] = []
        for (index, window) in windows.enumerated() {
            let place = "\(field).windows[\(index)]"
            let earliest = merged.last?.end ?? .zero
            guard window.start >= earliest else {
                throw SimulatorError.invalidQuantity(
                    field: "\(place).start", value: window.start.seconds,
                    allowed: merged.isEmpty
                        ? "0 s or more" : "not before the end of the window before, \(earliest)")
            }
            guard window.end > window.start else {
                throw SimulatorError.invalidQuantity(
                    field: "\(place).end", value: window.end.seconds,
                    allowed: "after the start of the window, \(window.start)")
            }
            if let period, window.end > period {
                throw SimulatorError.invalidQuantity(
                    field: "\(place).end", value: window.end.seconds,
                    allowed: "within the period of \(period)")
            }
            if let last = merged.last, last.end == window.start {
                merged[merged.count - 1] = Window(from: last.start, to: window.end)
            } else {
                merged.append(window)
            }
        }
        self.windows = merged
        self.period = period
    }

    /// The same windows, each so much later; what reaches beyond the end of the period comes at its start.
    ///
    /// - Parameter shift: modulo the period.
    /// - Precondition: there is a period, and `shift` is not negative.
    /// - Complexity: O(*n* log *n*) in the number of windows.
    public func shifted(by shift: SimDuration) -> AvailabilityPattern {
        guard let period else { preconditionFailure("windows that come once cannot come around") }
        precondition(shift >= .zero, "a shift by \(shift)")
        let offset = SimDuration(nanoseconds: shift.nanoseconds % period.nanoseconds)
        var moved: [Window] = []
        for window in windows {
            let (start, end) = (window.start + offset, window.end + offset)
            if start >= period {
                moved.append(Window(from: start - period, to: end - period))
            } else if end > period {
                moved.append(Window(from: start, to: period))
                moved.append(Window(from: .zero, to: end - period))
            } else {
                moved.append(Window(from: start, to: end))
            }
        }
        moved.sort { $0.start < $1.start }
        guard let pattern = try? AvailabilityPattern(windows: moved, period: period) else {
            preconditionFailure("\(moved) within \(period)")
        }
        return pattern
    }

    /// The outage in progress at an instant, or the first after it; `nil` where there is none any more.
    ///
    /// - Precondition: `instant` is not before the run.
    /// - Complexity: O(log *n*) in the number of windows.
    public func outage(at instant: SimInstant) -> Outage? {
        precondition(instant >= .start, "an outage at \(instant)")
        guard !windows.isEmpty else { return Outage(start: .start) }
        let base = SimInstant(
            nanoseconds: period.map { instant.nanoseconds / $0.nanoseconds * $0.nanoseconds } ?? 0)
        let offset = instant - base
        // Windows that have begun; the gap is the one after the last of them.
        var begun = 0, end = windows.count
        while begun < end {
            let middle = (begun + end) / 2
            if windows[middle].start <= offset { begun = middle + 1 } else { end = middle }
        }
        if let gap = gap(after: begun - 1, base: base) { return gap }
        // The last window touches the first one of the next period.
        return period.flatMap { gap(after: 0, base: base.advanced(by: $0)) }
    }

    /// The gap between a window of the period that begins at `base` and the next one, -1 for the gap before
    /// the first; `nil` where they touch.
    private func gap(after window: Int, base: SimInstant) -> Outage? {
        let first = windows[0], last = windows[windows.count - 1]
        let start: SimInstant, end: SimInstant
        switch window {
        case -1:
            // It began where the last window of the period before ended.
            start = period.map { base > .start ? base - ($0 - last.end) : base } ?? base
            end = base.advanced(by: first.start)
        case windows.count - 1:
            start = base.advanced(by: last.end)
            end = period.map { base.advanced(by: $0).advanced(by: first.start) } ?? .distantFuture
        default:
            start = base.advanced(by: windows[window].end)
            end = base.advanced(by: windows[window + 1].start)
        }
        return start < end ? Outage(start: start, end: end) : nil
    }
}
