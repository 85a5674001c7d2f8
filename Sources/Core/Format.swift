import Foundation

/// Numbers as people read them.
public enum Format {
    /// `229 B`, `42.70 MiB`: binary multiples, from 1,024 on.
    public static func bytes(_ count: Int) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB"]
        guard count.magnitude >= 1024 else { return "\(count) B" }
        var value = Double(count) / 1024, unit = 0
        while value.magnitude >= 1024, unit + 1 < units.count {
            value /= 1024
            unit += 1
        }
        return String(format: "%.2f %@", value, units[unit])
    }

    /// `25.3 ms`, `0.8 s`, `75.2 s`, `20 min`, `3.4 h`.
    public static func duration(_ seconds: Double) -> String {
        switch seconds {
        case 0.000_000_05..<0.000_05: String(format: "%.1f µs", seconds * 1e6)
        case 0.000_05..<0.1: String(format: "%.1f ms", seconds * 1000)
        case ..<600: String(format: "%.1f s", seconds)
        case ..<7200: String(format: "%.1f min", seconds / 60)
        default: String(format: "%.1f h", seconds / 3600)
        }
    }

    /// A mean as a whole number; what no `Int` holds becomes the nearest that it does.
    package static func whole(_ value: Double) -> Int {
        Int(exactly: value.rounded()) ?? (value > 0 ? .max : value < 0 ? .min : 0)
    }

    /// Six significant digits, for tables of raw numbers.
    package static func significant(_ value: Double) -> String {
        value == value.rounded() && value.magnitude < 1e15 ? "\(Int(value))" : String(format: "%.6g", value)
    }

    /// `4.20 MiB`, or `4.20 ± 0.13 MiB` where seeds differ by more than the digits shown.
    package static func bytes(over spread: Spread) -> String {
        let mean = bytes(whole(spread.mean))
        return withDeviation(mean, of: spread, places: mean.contains(".") ? 2 : 0)
    }

    /// `75.2 s`, or `75.2 ± 1.4 s` where seeds differ by more than the digits shown.
    package static func duration(over spread: Spread) -> String {
        withDeviation(duration(spread.mean), of: spread, places: 1)
    }

    /// `6.50 kJ`: a quantity in the largest unit that keeps a digit before the point; each is a thousand of
    /// the one before, the first a thousandth.
    private static func scaled(_ value: Double, _ units: [String]) -> String {
        var value = value * 1000, unit = 0
        while value.magnitude >= 1000, unit + 1 < units.count {
            value /= 1000
            unit += 1
        }
        return String(format: "%.2f %@", value, units[unit])
    }

    /// `512.00 J`, `6.50 kJ`.
    public static func joules(_ value: Double) -> String {
        scaled(value, ["mJ", "J", "kJ", "MJ", "GJ", "TJ"])
    }

    /// `0.32 g`, `1.20 kg`.
    public static func grams(_ value: Double) -> String { scaled(value, ["mg", "g", "kg", "t"]) }

    /// `6.50 kJ`, or `6.50 ± 0.13 kJ` where seeds differ by more than the digits shown.
    package static func joules(over spread: Spread) -> String {
        withDeviation(joules(spread.mean), of: spread, places: 2)
    }

    /// `1.20 kg`, or `1.20 ± 0.03 kg` where seeds differ by more than the digits shown.
    package static func grams(over spread: Spread) -> String {
        withDeviation(grams(spread.mean), of: spread, places: 2)
    }

    /// A mean with its unit, and with the deviation in the same one where that is more than the digits shown.
    private static func withDeviation(_ mean: String, of spread: Spread, places: Int) -> String {
        guard let deviation = spread.deviation, deviation > 0, spread.mean > 0 else { return mean }
        let parts = mean.split(separator: " ")
        guard let shown = Double(parts[0]), shown != 0 else { return mean }
        let text = String(format: "%.\(places)f", deviation * shown / spread.mean)
        return Double(text) == 0 ? mean : "\(parts[0]) ± \(text) \(parts[1])"
    }

    /// `81.4 %`, or `81.4 ± 0.6 %` over several seeds.
    package static func percent(over spread: Spread) -> String {
        guard let deviation = spread.deviation else { return percent(spread.mean) }
        return String(format: "%.1f ± %.1f %%", spread.mean * 100, deviation * 100)
    }

    /// `81.4 %` of a fraction.
    public static func percent(_ fraction: Double) -> String {
        String(format: "%.1f %%", fraction * 100)
    }

    /// `195,000` with three significant digits, for ratios.
    public static func ratio(_ value: Double) -> String {
        guard value.isFinite, value > 0 else { return "–" }
        if value < 100 { return String(format: "%.3g", value) }
        let magnitude = pow(10, floor(log10(value)) - 2)
        return grouped(whole((value / magnitude).rounded() * magnitude))
    }

    /// `44,776,112`.
    public static func grouped(_ value: Int) -> String {
        var digits = String(value.magnitude), groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        groups.insert(digits, at: 0)
        return (value < 0 ? "-" : "") + groups.joined(separator: ",")
    }
}
