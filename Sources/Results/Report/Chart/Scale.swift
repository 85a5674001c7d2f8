import Core
import Foundation

/// Maps values to positions along an axis, and says where its ticks are.
package struct Scale {
    /// A place on the axis that is worth a line and a label.
    package struct Tick: Equatable {
        package let value: Double
        package let label: String

        package init(value: Double, label: String) {
            self.value = value
            self.label = label
        }
    }

    /// The values at both ends.
    package let domain: ClosedRange<Double>
    /// Whether equal distances are equal ratios.
    package let isLogarithmic: Bool
    package let ticks: [Tick]

    /// Where a value lies: 0 at the lower end, 1 at the upper, clamped to these.
    package func position(of value: Double) -> Double {
        let share =
            isLogarithmic
            ? log(max(value, domain.lowerBound) / domain.lowerBound)
                / log(domain.upperBound / domain.lowerBound)
            : (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
        return min(1, max(0, share))
    }

    /// An even axis around values, from and to round numbers, with a tick every 1, 2 or 5 times a power of
    /// ten.
    ///
    /// - Parameters:
    ///   - most: the greatest number of intervals.
    ///   - label: the text of a tick, given its value and the distance between ticks.
    package static func linear(
        covering range: ClosedRange<Double>, intervals most: Int = 6,
        label: (_ value: Double, _ step: Double) -> String
    ) -> Scale {
        // A damaged file may hold values whose distance is no number.
        let span = min(range.upperBound - range.lowerBound, .greatestFiniteMagnitude)
        let width = span > 0 ? span : max(abs(range.upperBound), 1)
        let step = niceStep(atLeast: width / Double(max(1, most)))
        let first = (range.lowerBound / step + 1e-9).rounded(.down)
        let last = max((range.upperBound / step - 1e-9).rounded(.up), first + 1)
        let ticks = stride(from: first, through: last, by: 1).map { $0 * step }
        return Scale(
            domain: (first * step)...(last * step), isLogarithmic: false,
            ticks: ticks.map { Tick(value: $0, label: label($0, step)) })
    }

    /// A logarithmic axis around positive values, with ticks at those of `candidates` that lie on it, thinned
    /// out evenly to at most `most`.
    ///
    /// - Precondition: the range is positive, the candidates ascend.
    package static func logarithmic(
        covering range: ClosedRange<Double>, candidates: [Tick], most: Int = 8
    ) -> Scale {
        precondition(range.lowerBound > 0, "a logarithmic axis from \(range.lowerBound)")
        // A fifth of the span more at both ends, and never less than a factor of 2 around a single value.
        let margin = max(2, pow(range.upperBound / range.lowerBound, 0.06))
        let domain = (range.lowerBound / margin)...(range.upperBound * margin)
        let inside = candidates.filter { domain.contains($0.value) }
        let stride = max(1, (inside.count + most - 1) / most)
        let ticks = inside.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
        return Scale(domain: domain, isLogarithmic: true, ticks: ticks)
    }

    /// The least of 1, 2, 5, 10, 20, 50, … and their decimal fractions that is not below `least`.
    package static func niceStep(atLeast least: Double) -> Double {
        let magnitude = pow(10, floor(log10(least)))
        for factor in [1.0, 2, 5] where factor * magnitude >= least * (1 - 1e-9) {
            return factor * magnitude
        }
        return 10 * magnitude
    }
}

extension Scale {
    /// Accuracy: a fraction, shown in percent.
    package static func accuracy(covering range: ClosedRange<Double>, intervals: Int = 5) -> Scale {
        linear(covering: range, intervals: intervals) { value, step in
            String(format: step < 0.01 ? "%.1f %%" : "%.0f %%", value * 100)
        }
    }

    /// A count.
    package static func count(covering range: ClosedRange<Double>, intervals: Int = 8) -> Scale {
        let whole = max(1, (range.upperBound - range.lowerBound).rounded(.up))
        return linear(covering: range, intervals: Int(min(Double(intervals), whole))) { value, _ in
            value.magnitude < 1e15 ? Format.grouped(Int(value.rounded())) : Format.significant(value)
        }
    }

    /// Virtual time from zero, in seconds.
    package static func seconds(upTo end: Double, intervals: Int = 6) -> Scale {
        let unit: (seconds: Double, name: String) =
            switch end {
            case ..<300: (1, "s")
            case ..<10_800: (60, "min")
            case ..<259_200: (3600, "h")
            default: (86_400, "d")
            }
        let plain = linear(covering: 0...max(end / unit.seconds, 1e-9), intervals: intervals) { value, step in
            value == 0 ? "0" : "\(decimal(value, step: step)) \(unit.name)"
        }
        return Scale(
            domain: 0...(plain.domain.upperBound * unit.seconds), isLogarithmic: false,
            ticks: plain.ticks.map { Tick(value: $0.value * unit.seconds, label: $0.label) })
    }

    /// Bytes over many powers: a tick at each KiB, MiB, …, and in between where there is room.
    package static func bytes(covering range: ClosedRange<Double>, most: Int = 8) -> Scale {
        // The coarsest ticks of which three lie on the axis, so that they are as round as may be.
        var scale: Scale?
        for factors in [[1], [1, 32], [1, 4, 16, 64, 256], [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]] {
            scale = logarithmic(covering: range, candidates: byteTicks(factors), most: most)
            if let scale, scale.ticks.count >= 3 { return scale }
        }
        return scale!
    }

    /// Multiples of each unit of bytes.
    private static func byteTicks(_ factors: [Int]) -> [Tick] {
        ["B", "KiB", "MiB", "GiB", "TiB", "PiB"].enumerated().flatMap { index, unit in
            factors.map { Tick(value: Double($0) * pow(1024, Double(index)), label: "\($0) \(unit)") }
        }
    }

    /// Virtual times over many powers.
    package static func logarithmicSeconds(covering range: ClosedRange<Double>, most: Int = 8) -> Scale {
        let coarse: [(Double, String)] = [
            (1e-6, "1 µs"), (1e-5, "10 µs"), (1e-4, "0.1 ms"), (0.001, "1 ms"), (0.01, "10 ms"),
            (0.1, "0.1 s"), (1, "1 s"), (10, "10 s"), (60, "1 min"),
            (600, "10 min"), (3600, "1 h"), (36_000, "10 h"), (86_400 * 5, "5 d"), (86_400 * 50, "50 d"),
        ]
        let scale = logarithmic(
            covering: range, candidates: coarse.map { Tick(value: $0.0, label: $0.1) }, most: most)
        return scale.ticks.count >= 3
            ? scale : logarithmic(covering: range, candidates: fineTimeTicks, most: most)
    }

    /// Times of which at least two lie on any axis between a millisecond and years, however short.
    private static let fineTimeTicks: [Tick] = {
        let units: [(seconds: Double, name: String, factors: [Int])] = [
            (0.001, "ms", [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500]),
            (1, "s", [1, 2, 3, 5, 10, 20, 30]),
            (60, "min", [1, 2, 3, 5, 10, 20, 30]), (3600, "h", [1, 2, 3, 5, 10, 20]),
            (86_400, "d", [1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000]),
        ]
        return units.flatMap { unit in
            unit.factors.map { Tick(value: Double($0) * unit.seconds, label: "\($0) \(unit.name)") }
        }
    }()

    /// As many decimals as the distance between ticks needs.
    private static func decimal(_ value: Double, step: Double) -> String {
        let places = max(0, Int(-floor(log10(step) + 1e-9)))
        return String(format: "%.\(places)f", value)
    }
}
