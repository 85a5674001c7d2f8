/// A span of virtual time, in whole nanoseconds.
///
/// A duration is not an instant: `SimInstant - SimInstant` is a duration, `SimInstant + SimInstant` does not
/// exist. Arithmetic is checked and traps on overflow (292 years).
///
/// Every conversion from a real number to virtual time is in this file, and each states its rounding.
public struct SimDuration: Sendable, Hashable, Comparable, Codable {
    /// The span in nanoseconds.
    public let nanoseconds: Int64

    /// The empty span.
    public static let zero = SimDuration(nanoseconds: 0)

    /// A span of whole nanoseconds.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// A span of whole nanoseconds.
    public static func nanoseconds(_ nanoseconds: Int64) -> SimDuration {
        SimDuration(nanoseconds: nanoseconds)
    }

    /// A span of `seconds`, rounded to the nearest nanosecond, halves away from zero.
    ///
    /// - Precondition: `seconds` is finite and within ±9.2e9.
    public static func seconds(_ seconds: Double) -> SimDuration {
        SimDuration(nanoseconds: roundedNanoseconds(seconds: seconds, .toNearestOrAwayFromZero))
    }

    /// The time in which `bytes` pass a link of `bytesPerSecond` that nothing else uses.
    ///
    /// Rounded up to the next nanosecond: the last byte never arrives before its time. At most 292 years.
    ///
    /// - Precondition: `bytes` is not negative, `bytesPerSecond` is positive.
    public static func transferring(bytes: Int, bytesPerSecond: Double) -> SimDuration {
        precondition(bytes >= 0, "a transfer of \(bytes) bytes")
        precondition(bytesPerSecond > 0, "a link of \(bytesPerSecond) bytes/s")
        return roundedUp(seconds: Double(bytes) / bytesPerSecond)
    }

    /// The time in which a device of `flopsPerSecond` executes `flops` floating-point operations.
    ///
    /// Rounded up to the next nanosecond: work that is not nothing takes at least one nanosecond. At most 292
    /// years.
    ///
    /// - Precondition: `flops` is finite and not negative, `flopsPerSecond` is positive.
    public static func computing(flops: Double, flopsPerSecond: Double) -> SimDuration {
        precondition(flops >= 0, "work of \(flops) FLOPs")
        precondition(flopsPerSecond > 0, "a device of \(flopsPerSecond) FLOP/s")
        return roundedUp(seconds: flops / flopsPerSecond)
    }

    /// A span that a user's numbers lead to: rounded up, and cut where virtual time ends.
    private static func roundedUp(seconds: Double) -> SimDuration {
        precondition(!seconds.isNaN, "a span of \(seconds) s")
        guard seconds < 9.2e9 else { return SimDuration(nanoseconds: .max) }
        return SimDuration(nanoseconds: roundedNanoseconds(seconds: seconds, .up))
    }

    /// The span in seconds, correctly rounded to a `Double`.
    public var seconds: Double {
        Double(nanoseconds) / 1e9
    }

    /// Nanoseconds of `seconds` under `rule`.
    static func roundedNanoseconds(seconds: Double, _ rule: FloatingPointRoundingRule) -> Int64 {
        let scaled = (seconds * 1e9).rounded(rule)
        guard let exact = Int64(exactly: scaled) else {
            preconditionFailure("\(seconds) s do not fit virtual time, which ends at 9.2e9 s")
        }
        return exact
    }
}

extension SimDuration {
    /// Whether `left` is the shorter span.
    public static func < (left: SimDuration, right: SimDuration) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The sum of two spans.
    public static func + (left: SimDuration, right: SimDuration) -> SimDuration {
        SimDuration(nanoseconds: left.nanoseconds + right.nanoseconds)
    }

    /// The difference of two spans; it may be negative.
    public static func - (left: SimDuration, right: SimDuration) -> SimDuration {
        SimDuration(nanoseconds: left.nanoseconds - right.nanoseconds)
    }

    /// The span, `count` times.
    public static func * (span: SimDuration, count: Int) -> SimDuration {
        SimDuration(nanoseconds: span.nanoseconds * Int64(count))
    }

    /// The span stretched by a factor, rounded to the nearest nanosecond.
    public static func * (span: SimDuration, factor: Double) -> SimDuration {
        .seconds(span.seconds * factor)
    }

    /// A part of the span, rounded to the nearest nanosecond.
    ///
    /// - Precondition: `part` is in `0...1`.
    public func part(_ part: Double) -> SimDuration {
        precondition((0...1).contains(part), "the part \(part) of \(self)")
        // So near the end of virtual time the part itself might round beyond it.
        guard seconds < 9e9 else {
            let scaled = Double(nanoseconds) * part
            return scaled < Double(nanoseconds) ? SimDuration(nanoseconds: Int64(scaled)) : self
        }
        return .seconds(part * seconds)
    }

    /// Lengthens `left` by `right`.
    public static func += (left: inout SimDuration, right: SimDuration) {
        left = left + right
    }
}

extension SimDuration: CustomStringConvertible {
    /// The span in seconds with its unit, e.g. `0.25 s`.
    public var description: String {
        secondsText(nanoseconds: nanoseconds)
    }
}

/// Nanoseconds as exact decimal seconds with the unit, without trailing zeros: `1.000000001 s`, `5 s`.
func secondsText(nanoseconds: Int64) -> String {
    let (whole, rest) = nanoseconds.magnitude.quotientAndRemainder(dividingBy: 1_000_000_000)
    let sign = nanoseconds < 0 ? "-" : ""
    guard rest > 0 else { return "\(sign)\(whole) s" }
    var digits = String(String(rest + 1_000_000_000).dropFirst())
    while digits.last == "0" { digits.removeLast() }
    return "\(sign)\(whole).\(digits) s"
}
