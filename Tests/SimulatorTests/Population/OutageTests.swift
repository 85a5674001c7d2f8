import Core
import Simulator
import Testing

private func window(_ start: Double, _ end: Double) -> AvailabilityPattern.Window {
    AvailabilityPattern.Window(from: .seconds(start), to: .seconds(end))
}

private func outage(_ start: Double, _ end: Double) -> Outage {
    Outage(start: .seconds(start), end: .seconds(end))
}

@Suite("Availability patterns")
struct AvailabilityPatternTests {
    @Test("the gaps between windows come again with the period, the last one joined with the first")
    func periodic() throws {
        // There from 10 to 20 and from 30 to 50, of 60: away from 50 of one period to 10 of the next.
        let pattern = try AvailabilityPattern(
            windows: [window(10, 20), window(30, 50)], period: .seconds(60))
        for (instant, expected) in [
            (0.0, outage(0, 10)), (9.999, outage(0, 10)), (10, outage(20, 30)), (20, outage(20, 30)),
            (29, outage(20, 30)), (30, outage(50, 70)), (49, outage(50, 70)), (50, outage(50, 70)),
            (65, outage(50, 70)), (70, outage(80, 90)), (6_000_000, outage(5_999_990, 6_000_010)),
        ] {
            #expect(pattern.outage(at: .seconds(instant)) == expected, "at \(instant) s")
        }
    }

    @Test("without a period nobody is there after the last window")
    func once() throws {
        let pattern = try AvailabilityPattern(windows: [window(0, 5), window(7, 9)], period: nil)
        #expect(pattern.outage(at: .start) == outage(5, 7))
        #expect(pattern.outage(at: .seconds(7)) == Outage(start: .seconds(9)))
        #expect(pattern.outage(at: .seconds(1e6)) == Outage(start: .seconds(9)))
    }

    @Test("no window: never there; windows that cover the period: always there")
    func extremes() throws {
        let never = try AvailabilityPattern(windows: [], period: .seconds(10))
        #expect(never.outage(at: .seconds(3)) == Outage(start: .start))
        let always = try AvailabilityPattern(windows: [window(0, 4), window(4, 10)], period: .seconds(10))
        #expect(always.windows == [window(0, 10)])
        #expect(always.outage(at: .seconds(9)) == nil)
        #expect(AvailabilityPattern.always.outage(at: .seconds(1e9)) == nil)
    }

    @Test("a shifted pattern is the pattern later, around the end of the period", arguments: 0..<40)
    func shifted(seed: UInt64) throws {
        var stream = RandomStream(seed: seed, purpose: "shift")
        let period = 4 + stream.index(below: 20), shift = stream.index(below: 3 * period)
        var there = (0..<period).map { _ in stream.index(below: 2) == 0 }
        there[stream.index(below: period)] = true
        let windows = there.indices.filter { there[$0] }.map { window(Double($0), Double($0 + 1)) }
        let pattern = try AvailabilityPattern(windows: windows, period: .seconds(Double(period)))
        let moved = pattern.shifted(by: .seconds(Double(shift)))
        for second in 0..<2 * period {
            let instant = SimInstant.seconds(Double(second) + 0.5)
            let isAway = moved.outage(at: instant).map { $0.start <= instant } ?? false
            // There at t + shift where the pattern is there at t.
            let original = ((second - shift) % period + period) % period
            #expect(isAway == !there[original], "second \(second), \(there) by \(shift)")
        }
    }

    @Test("gaps are those of a list of seconds, over seeds", arguments: 0..<40)
    func bruteForce(seed: UInt64) throws {
        var stream = RandomStream(seed: seed, purpose: "pattern")
        let period = 5 + stream.index(below: 20)
        let there = (0..<period).map { _ in stream.index(below: 2) == 0 }
        guard there.contains(true), there.contains(false) else { return }
        let windows = (0..<period).filter { there[$0] }.map { window(Double($0), Double($0 + 1)) }
        let pattern = try AvailabilityPattern(windows: windows, period: .seconds(Double(period)))
        for second in 0..<3 * period {
            let start = (second...).first { !there[$0 % period] }!
            let found = try #require(pattern.outage(at: .seconds(Double(second))))
            #expect(found.contains(.seconds(Double(start))))
            #expect(found.end > .seconds(Double(second)))
            #expect(found.start >= .seconds(Double(second)) || found.contains(.seconds(Double(second))))
            // It begins where somebody was there, and ends where somebody is there again.
            let last = Int(found.end.seconds)
            #expect(there[last % period])
            let first = Int(found.start.seconds)
            #expect(first == 0 || there[(first - 1) % period])
            #expect((first..<last).allSatisfy { !there[$0 % period] })
        }
    }

    @Test(
        "windows that make no sense are errors",
        arguments: [
            (
                [window(5, 5)], 10.0,
                "a.windows[0].end: 5.0 is not allowed, must be after the start of the window, 5 s"
            ),
            (
                [window(5, 4)], 10,
                "a.windows[0].end: 4.0 is not allowed, must be after the start of the window, 5 s"
            ),
            ([window(-1, 4)], 10, "a.windows[0].start: -1.0 is not allowed, must be 0 s or more"),
            ([window(1, 11)], 10, "a.windows[0].end: 11.0 is not allowed, must be within the period of 10 s"),
            (
                [window(1, 4), window(3, 5)], 10,
                "a.windows[1].start: 3.0 is not allowed, must be not before the end of the window before, 4 s"
            ),
            ([window(1, 4)], 0, "a.period: 0.0 is not allowed, must be at least 1 s"),
        ])
    func invalid(windows: [AvailabilityPattern.Window], period: Double, sentence: String) throws {
        let error = try #require(throws: SimulatorError.self) {
            try AvailabilityPattern(windows: windows, period: .seconds(period), field: "a")
        }
        #expect("\(error)" == sentence)
    }
}

@Suite("Outage timelines")
struct OutageTimelineTests {
    private func all(_ timeline: OutageTimeline, until end: Double) -> [Outage] {
        var timeline = timeline
        var found: [Outage] = [], instant = SimInstant.start
        while let next = timeline.outage(at: instant), next.start < .seconds(end) {
            found.append(next)
            instant = next.end
        }
        return found
    }

    @Test("listed outages are sorted, and joined where they overlap or touch")
    func listed() {
        let timeline = OutageTimeline([
            .listed([outage(30, 40), outage(1, 5), outage(4, 8), outage(8, 9), outage(35, 36)])
        ])
        #expect(all(timeline, until: 1e9) == [outage(1, 9), outage(30, 40)])
        var ended = timeline
        #expect(ended.outage(at: .seconds(39.9)) == outage(30, 40))
        #expect(ended.outage(at: .seconds(40)) == nil)
    }

    @Test("causes are merged: down when any is")
    func merged() throws {
        let pattern = try AvailabilityPattern(windows: [window(0, 8)], period: .seconds(10))
        let timeline = OutageTimeline([.outside(pattern), .listed([outage(5, 8), outage(22, 23)])])
        #expect(all(timeline, until: 30) == [outage(5, 10), outage(18, 20), outage(22, 23), outage(28, 30)])
    }

    @Test("causes that take turns for ever end in pieces, not in a hang")
    func takingTurns() throws {
        let even = try AvailabilityPattern(windows: [window(0, 1)], period: .seconds(2))
        let odd = try AvailabilityPattern(windows: [window(1, 2)], period: .seconds(2))
        var timeline = OutageTimeline([.outside(even), .outside(odd)])
        for second in stride(from: 0.5, to: 1000, by: 7) {
            #expect(timeline.outage(at: .seconds(second))?.contains(.seconds(second)) == true)
        }
    }

    @Test("a timeline that has made many outages at once tells each like one that makes them one by one")
    func forgetting() throws {
        let rate = try FaultRate(every: .exponential(mean: 90), lasting: .uniform(from: 5, to: 15))
        let fresh = OutageTimeline([.drawn(rate, RandomStream(seed: 4, purpose: "outages"))])
        let expected = all(fresh, until: 200_000)
        #expect(expected.count > 1500)
        var timeline = fresh
        // Work of so many seconds asks for all outages on its way.
        #expect(timeline.end(of: .seconds(200_000), from: .start) != nil)
        for outage in expected {
            timeline.forget(before: outage.start)
            #expect(timeline.outage(at: outage.start) == outage)
        }
    }

    @Test("drawn outages: the long-run fraction of time down is E[for] / (E[every] + E[for])")
    func drawnFraction() throws {
        // An alternating renewal process (Ross, Introduction to Probability Models, section 7.5).
        let rate = try FaultRate(every: .exponential(mean: 90), lasting: .uniform(from: 5, to: 15))
        var timeline = OutageTimeline([.drawn(rate, RandomStream(seed: 4, purpose: "outages"))])
        var down = 0.0, instant = SimInstant.start
        let horizon = 2e6
        while let next = timeline.outage(at: instant), next.start < .seconds(horizon) {
            #expect(next.start >= instant && (next.end - next.start).seconds >= 5)
            down += (next.end - next.start).seconds
            instant = next.end
            timeline.forget(before: instant)
        }
        // 20,000 cycles: the deviation of the mean is below 1 %.
        #expect(relativeError(down / horizon, 10.0 / 100) < 0.03)
    }

    @Test("work pauses during outages: its end is its span plus theirs")
    func endOfWork() {
        let timeline = OutageTimeline([.listed([outage(10, 15), outage(20, 60)])])
        for (start, span, end) in [
            (0.0, 5.0, 5.0), (0, 10, 10), (0, 10.5, 15.5), (0, 15, 20), (0, 16, 61), (12, 1, 16), (70, 3, 73),
        ] {
            var copy = timeline
            #expect(
                copy.end(of: .seconds(span), from: .seconds(start)) == .seconds(end),
                "\(span) s from \(start) s")
        }
        var forGood = OutageTimeline([.listed([Outage(start: .seconds(10))])])
        #expect(forGood.end(of: .seconds(10), from: .start) == .seconds(10))
        #expect(forGood.end(of: .seconds(11), from: .start) == nil)
    }

    @Test("the end of work equals a walk second by second, over seeds", arguments: 0..<20)
    func endOfWorkBruteForce(seed: UInt64) {
        var stream = RandomStream(seed: seed, purpose: "work")
        let outages = (0..<8).map { _ in
            let start = Double(stream.index(below: 100))
            return outage(start, start + 1 + Double(stream.index(below: 9)))
        }
        for span in stride(from: 1, through: 60, by: 7) {
            var rest = span, second = 0
            while rest > 0 {
                let instant = SimInstant.seconds(Double(second))
                if !outages.contains(where: { $0.contains(instant) }) { rest -= 1 }
                second += 1
            }
            var timeline = OutageTimeline([.listed(outages)])
            #expect(timeline.end(of: .seconds(Double(span)), from: .start) == .seconds(Double(second)))
        }
    }
}
