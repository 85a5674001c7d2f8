import Simulator

/// A kind of quantity that scenario values are given in.
public enum QuantityKind: String, Sendable, CaseIterable {
    /// Data per time; base unit bytes per second.
    case bandwidth
    /// Time; base unit seconds.
    case duration
    /// Floating-point operations per time; base unit operations per second.
    case speed
    /// Amount of data; base unit bytes.
    case size
    /// Energy per time; base unit watts.
    case power
    /// Energy per amount of data; base unit joules per byte.
    case energyPerByte = "transmission energy"
    /// Greenhouse gas per energy; base unit grams of CO2 equivalent per kilowatt-hour.
    case carbonIntensity = "carbon intensity"
}

extension QuantityKind {
    /// A unit: its spelling and its exact ratio to the base unit of its kind.
    public struct Unit: Sendable, Equatable {
        /// The spelling, case included.
        public let symbol: String
        /// The unit is `multiplier / divisor` base units; two exact factors keep `50ms` at the double 0.05.
        let multiplier: Double
        let divisor: Double

        init(_ symbol: String, _ multiplier: Double, per divisor: Double = 1) {
            self.symbol = symbol
            self.multiplier = multiplier
            self.divisor = divisor
        }
    }
}

extension QuantityKind {
    /// The units of this kind. Decimal prefixes are powers of 1000, `Ki`, `Mi`, `Gi` powers of 1024.
    public var units: [Unit] {
        switch self {
        case .bandwidth:
            [
                Unit("bps", 1, per: 8), Unit("kbps", 1e3, per: 8), Unit("Mbps", 1e6, per: 8),
                Unit("Gbps", 1e9, per: 8), Unit("Tbps", 1e12, per: 8), Unit("Pbps", 1e15, per: 8),
                Unit("B/s", 1), Unit("kB/s", 1e3), Unit("MB/s", 1e6), Unit("GB/s", 1e9),
                Unit("KiB/s", 0x1p10), Unit("MiB/s", 0x1p20), Unit("GiB/s", 0x1p30),
            ]
        case .duration:
            [
                Unit("ns", 1, per: 1e9), Unit("us", 1, per: 1e6), Unit("ms", 1, per: 1e3),
                Unit("s", 1), Unit("min", 60), Unit("h", 3600),
            ]
        case .speed:
            [
                Unit("FLOPS", 1), Unit("kFLOPS", 1e3), Unit("MFLOPS", 1e6), Unit("GFLOPS", 1e9),
                Unit("TFLOPS", 1e12), Unit("PFLOPS", 1e15), Unit("EFLOPS", 1e18),
            ]
        case .size:
            [
                Unit("B", 1), Unit("kB", 1e3), Unit("MB", 1e6), Unit("GB", 1e9), Unit("TB", 1e12),
                Unit("KiB", 0x1p10), Unit("MiB", 0x1p20), Unit("GiB", 0x1p30),
            ]
        case .power: [Unit("mW", 1, per: 1e3), Unit("W", 1), Unit("kW", 1e3)]
        case .energyPerByte:
            [
                Unit("nJ/B", 1, per: 1e9), Unit("uJ/B", 1, per: 1e6), Unit("J/B", 1),
                Unit("J/MB", 1, per: 1e6),
                Unit("J/GB", 1, per: 1e9), Unit("Wh/GB", 3600, per: 1e9), Unit("kWh/GB", 3.6e6, per: 1e9),
            ]
        case .carbonIntensity: [Unit("g/kWh", 1), Unit("kg/kWh", 1e3), Unit("kg/MWh", 1)]
        }
    }

    /// The unit of stored values.
    public var baseUnit: String {
        switch self {
        case .bandwidth: "B/s"
        case .duration: "s"
        case .speed: "FLOPS"
        case .size: "B"
        case .power: "W"
        case .energyPerByte: "J/B"
        case .carbonIntensity: "g/kWh"
        }
    }

    /// The values that a scenario may give, in base units. Times and rates beyond them are not realistic and
    /// would overflow the arithmetic of the clock and the network.
    public var bounds: ClosedRange<Double> {
        switch self {
        case .bandwidth: ClientBounds.rate
        case .duration: ClientBounds.givenSpan
        case .speed: ClientBounds.givenSpeed
        case .size: 1...1e18
        case .power: 0...1e6
        case .energyPerByte: 0...1
        case .carbonIntensity: 0...1e4
        }
    }

    /// A typical value.
    public var example: String {
        switch self {
        case .bandwidth: "20Mbps"
        case .duration: "50ms"
        case .speed: "0.5TFLOPS"
        case .size: "44MiB"
        case .power: "6.3W"
        case .energyPerByte: "0.06kWh/GB"
        case .carbonIntensity: "381g/kWh"
        }
    }

    /// Units that print well, in rising order.
    private var printedUnits: [Unit] {
        switch self {
        case .bandwidth: units.filter { $0.symbol.hasSuffix("bps") }
        case .duration: units.filter { $0.multiplier == 1 }
        case .speed: units
        case .size: units.filter { !$0.symbol.contains("i") }
        case .power: units
        case .energyPerByte: units.filter { $0.symbol.hasSuffix("/B") }
        case .carbonIntensity: units.filter { $0.symbol == "g/kWh" }
        }
    }
}

/// Why a text is not a quantity.
package enum QuantityError: Error, Equatable {
    case notANumber
    case noUnit
    case unknownUnit(String, suggestion: String?)
}

extension QuantityKind {
    /// The value of a quantity such as `20Mbps` or `1.5 min`, in base units.
    ///
    /// - Throws: `QuantityError` for anything but a finite decimal number and a unit of this kind.
    package func parse(_ text: String) throws(QuantityError) -> Double {
        let number = text.prefix { $0.isASCII && ($0.isNumber || "+-.".contains($0)) }
        var rest = text[number.endIndex...]
        var digits = number
        // An exponent belongs to the number only with digits behind it: no unit begins that way.
        if let mark = rest.first, "eE".contains(mark) {
            let exponent = rest.dropFirst().prefix { $0.isASCII && ($0.isNumber || "+-".contains($0)) }
            if exponent.contains(where: \.isNumber) {
                digits = text[..<exponent.endIndex]
                rest = text[exponent.endIndex...]
            }
        }
        guard let value = parseDecimal(digits) else { throw .notANumber }
        let symbol = rest.drop { $0 == " " }
        guard !symbol.isEmpty else { throw .noUnit }
        guard let unit = units.first(where: { $0.symbol == symbol }) else {
            throw .unknownUnit(
                String(symbol), suggestion: UnitSpelling.suggestion(for: String(symbol), of: self))
        }
        let scaled = value * unit.multiplier / unit.divisor
        guard scaled.isFinite else { throw .notANumber }
        return scaled
    }

    /// The shortest usual spelling of a value in base units that parses back to exactly that value.
    package func format(_ value: Double) -> String {
        for unit in printedUnits.reversed() where abs(value) * unit.divisor >= unit.multiplier {
            let text = formatDecimal(value * unit.divisor / unit.multiplier) + unit.symbol
            if !text.contains("e"), (try? parse(text)) == value { return text }
        }
        return formatDecimal(value) + baseUnit
    }
}

/// A finite decimal number: digits, an optional point and exponent; no `nan`, `inf`, hexadecimal digits.
func parseDecimal(_ text: some StringProtocol) -> Double? {
    let allowed = text.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
    }
    guard allowed, let value = Double(text), value.isFinite else { return nil }
    return value
}

/// The shortest text that parses back to this number, without a trailing `.0`.
func formatDecimal(_ value: Double) -> String {
    let text = "\(value)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
