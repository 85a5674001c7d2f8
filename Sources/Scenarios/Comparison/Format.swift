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

    /// `0.8 s`, `75.2 s`, `20 min`, `3.4 h`.
    public static func duration(_ seconds: Double) -> String {
        switch seconds {
        case ..<600: String(format: "%.1f s", seconds)
        case ..<7200: String(format: "%.1f min", seconds / 60)
        default: String(format: "%.1f h", seconds / 3600)
        }
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
        return grouped(Int((value / magnitude).rounded() * magnitude))
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
