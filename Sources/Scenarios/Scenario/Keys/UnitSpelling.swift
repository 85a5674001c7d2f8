/// Spellings of units that other programs and textbooks use, and the unit of a scenario that means the same.
///
/// Similar spelling does not mean similar size: `MBps` is one letter from `Mbps` and eight times as much. So
/// a suggestion is made only for a spelling whose meaning is known, and it has exactly that size. For any
/// other spelling the error lists the units.
enum UnitSpelling {
    /// The unit of `kind` that a foreign spelling means, or two where it is ambiguous; `nil` where it is
    /// unknown or means no unit of this kind.
    static func suggestion(for symbol: String, of kind: QuantityKind) -> String? {
        // The longest spelling is "mebibytes per second"; a longer text is no unit.
        guard symbol.utf8.count <= 32 else { return nil }
        let symbols = kind.units.map(\.symbol)
        if kind == .bandwidth, let both = sloppyRate(symbol) { return both }
        if let both = iperfAmount(symbol, of: kind) { return both }
        let candidate =
            switch kind {
            case .bandwidth: rate(symbol)
            // Formally megaseconds, more likely a typing error for ms.
            case .duration: symbol == "Ms" ? nil : durations[symbol.lowercased()]
            case .speed: speed(symbol)
            case .size: size(symbol)
            case .power: powers[symbol.lowercased()]
            case .energyPerByte, .carbonIntensity: energyRatios[symbol.lowercased().replacing(" ", with: "")]
            }
        if let candidate, symbols.contains(candidate) { return candidate }
        // Letters in another order, such as Mpbs, are a typing error.
        let sameLetters = symbols.filter { $0.count > 2 && $0.sorted() == symbol.sorted() }
        return sameLetters.count == 1 ? sameLetters[0] : nil
    }

    // MARK: Rates

    /// SimGrid writes `MBps` for megabytes a second; tc writes `mbit` and `Mbit` for megabits.
    private static func rate(_ symbol: String) -> String? {
        for ending in ["/s", "/sec", "/second", "ps", " per second", " per s"]
        where symbol.lowercased().hasSuffix(ending) {
            guard let amount = DataAmount(String(symbol.dropLast(ending.count))) else { continue }
            return amount.isBits ? (amount.isBinary ? nil : "\(amount.prefix)bps") : "\(amount.prefix)B/s"
        }
        // An amount of bytes alone, `20MB`, is no rate; `20Mbit` is how tc writes one.
        guard let amount = DataAmount(symbol), amount.isBits, amount.isSpelledOut, !amount.isBinary else {
            return nil
        }
        return "\(amount.prefix)bps"
    }

    /// `mbps` is megabytes in tc and megabits elsewhere, and `MBPS` is ambiguous: both units are suggested.
    private static func sloppyRate(_ symbol: String) -> String? {
        let prefixes = ["m": "M", "g": "G", "t": "T", "k": "k", "": ""]
        let lower = symbol.lowercased()
        guard let ending = ["bps", "b/s"].first(where: lower.hasSuffix),
            let prefix = prefixes[String(lower.dropLast(ending.count))],
            symbol == symbol.uppercased() || (symbol == lower && prefix != "k" && prefix != ""),
            // In `MB/S` the capital B means bytes.
            !(symbol == symbol.uppercased() && ending == "b/s"),
            prefix != "T"
        else { return nil }
        return "\(prefix)bps (bits) or \(prefix)B/s (bytes)"
    }

    /// iperf's `MBytes` and `MBytes/sec` are powers of 1024, other programs' of 1000: both units are
    /// suggested.
    private static func iperfAmount(_ symbol: String, of kind: QuantityKind) -> String? {
        let endings: [String], per: String
        switch kind {
        case .bandwidth: (endings, per) = (["Bytes/sec", "Bytes/s"], "/s")
        case .size: (endings, per) = (["Bytes"], "")
        default: return nil
        }
        guard let prefix = symbol.first, "KMG".contains(prefix), endings.contains(String(symbol.dropFirst()))
        else { return nil }
        return "\(prefix)iB\(per) or \(prefix == "K" ? "k" : "\(prefix)")B\(per)"
    }

    // MARK: Sizes

    private static func size(_ symbol: String) -> String? {
        guard let amount = DataAmount(symbol) else { return nil }
        // Mebibits are not in use: `mib` is MiB.
        guard !amount.isBits || (amount.isBinary && !amount.isSpelledOut) else { return nil }
        return "\(amount.prefix)B"
    }

    // MARK: Speeds

    /// `GFLOPs`, `Gflop/s`, `GF`, SimGrid's `Gf`. `GFLOP` without "per second" is taken for a speed as well.
    private static func speed(_ symbol: String) -> String? {
        let lower = symbol.lowercased()
        for ending in ["flops/s", "flop/s", "flops/sec", "flop/sec", "flops", "flop", "f/s", "f"]
        where lower.hasSuffix(ending) {
            let prefix = symbol.dropLast(ending.count)
            switch prefix {
            case "": return ending.hasPrefix("flop") ? "FLOPS" : nil
            case "k", "K": return "kFLOPS"
            // The m of "mflops" is mega, not milli.
            case "M", "m": return "MFLOPS"
            case "G", "g", "T", "t", "P", "p", "E", "e": return "\(prefix.uppercased())FLOPS"
            default: return nil
            }
        }
        return nil
    }

    // MARK: Energy

    /// Milliwatts and megawatts differ in their first letter's case alone; a device has no megawatts.
    private static let powers = [
        "w": "W", "watt": "W", "watts": "W", "kw": "kW", "kilowatt": "kW", "kilowatts": "kW",
        "milliwatt": "mW", "milliwatts": "mW",
    ]

    /// By spelling without capitals and spaces.
    private static let energyRatios = [
        "kwh/gb": "kWh/GB", "wh/gb": "Wh/GB", "j/b": "J/B", "j/byte": "J/B", "uj/b": "uJ/B",
        "uj/byte": "uJ/B",
        "µj/b": "uJ/B", "µj/byte": "uJ/B", "nj/b": "nJ/B", "nj/byte": "nJ/B", "j/mb": "J/MB", "j/gb": "J/GB",
        "g/kwh": "g/kWh", "kg/kwh": "kg/kWh", "kg/mwh": "kg/MWh", "gco2/kwh": "g/kWh", "gco2e/kwh": "g/kWh",
        "gco2eq/kwh": "g/kWh", "gco2.eq/kwh": "g/kWh", "kgco2/kwh": "kg/kWh", "kgco2e/kwh": "kg/kWh",
    ]

    // MARK: Times

    private static let durations: [String: String] = {
        var table: [String: String] = [:]
        for (unit, names) in [
            ("ns", ["ns", "nsec", "nsecs", "nanosecond", "nanoseconds"]),
            ("us", ["us", "usec", "usecs", "µs", "μs", "µsec", "μsec", "microsecond", "microseconds"]),
            ("ms", ["ms", "msec", "msecs", "millisecond", "milliseconds"]),
            ("s", ["s", "sec", "secs", "second", "seconds"]),
            ("min", ["min", "mins", "minute", "minutes"]),
            ("h", ["h", "hr", "hrs", "hour", "hours"]),
        ] {
            for name in names { table[name] = unit }
        }
        return table
    }()
}

/// An amount of data as foreign spellings write it: a prefix, and bits or bytes.
private struct DataAmount {
    /// As scenarios write it: `k`, `Mi`, or nothing.
    let prefix: String
    let isBits: Bool
    /// Whether bits or bytes is a word and not a letter.
    let isSpelledOut: Bool
    /// Whether the prefix is a power of 1024.
    var isBinary: Bool { prefix.hasSuffix("i") }

    init?(_ symbol: String) {
        let lower = symbol.lowercased()
        let words = [("bits", true), ("bit", true), ("bytes", false), ("byte", false)]
        let count: Int
        if let (word, isBits) = words.first(where: { lower.hasSuffix($0.0) }) {
            (self.isBits, isSpelledOut, count) = (isBits, true, word.count)
        } else if symbol.hasSuffix("b") || symbol.hasSuffix("B") {
            (isBits, isSpelledOut, count) = (symbol.hasSuffix("b"), false, 1)
        } else {
            return nil
        }
        guard let prefix = Self.prefix(String(symbol.dropLast(count))) else { return nil }
        self.prefix = prefix
    }

    /// A prefix of a power of 1000, or of 1024 with `i`. A small `m` is milli in the SI and mega in practice.
    private static func prefix(_ text: String) -> String? {
        let words = [
            "kilo": "k", "mega": "M", "giga": "G", "tera": "T", "peta": "P", "kibi": "Ki", "mebi": "Mi",
            "gibi": "Gi",
        ]
        switch text {
        case "": return ""
        case "k", "K": return "k"
        case "m", "M": return "M"
        case "g", "G": return "G"
        case "t", "T": return "T"
        case "p", "P": return "P"
        case "ki", "Ki", "KI": return "Ki"
        case "mi", "Mi", "MI": return "Mi"
        case "gi", "Gi", "GI": return "Gi"
        default: return words[text.lowercased()]
        }
    }
}
