import Models
import Simulator
import Yams

/// How values of one type stand in YAML: what is allowed, reading, and canonical writing.
public struct ValueFormat<Value: Sendable>: Sendable {
    /// The kind, for the reference.
    let kind: ScenarioKey.Kind
    /// What is allowed, as the second half of an error sentence.
    let allowed: String
    /// The value of a node; `nil` after a problem was reported.
    let read: @Sendable (Node, _ path: String, inout ScenarioReader) -> Value?
    /// The canonical node of a value. `read` gives exactly the value back.
    let write: @Sendable (Value) -> Node

    init(
        kind: ScenarioKey.Kind, allowed: String,
        read: @escaping @Sendable (Node, String, inout ScenarioReader) -> Value?,
        write: @escaping @Sendable (Value) -> Node
    ) {
        self.kind = kind
        self.allowed = allowed
        self.read = read
        self.write = write
    }

    /// A format of plain scalars, in which `parse` gives `nil` for what is not allowed.
    init(
        kind: ScenarioKey.Kind, allowed: String,
        plain parse: @escaping @Sendable (String) -> Value?,
        write: @escaping @Sendable (Value) -> String
    ) {
        self.init(kind: kind, allowed: allowed, text: { $0.plainText }, parse, write)
    }

    /// A format of words, in quotes or not: JSON has them in quotes, and many who write YAML, too.
    init(
        kind: ScenarioKey.Kind, allowed: String,
        word parse: @escaping @Sendable (String) -> Value?,
        write: @escaping @Sendable (Value) -> String
    ) {
        self.init(kind: kind, allowed: allowed, text: { $0.textOfScalar }, parse, write)
    }

    private init(
        kind: ScenarioKey.Kind, allowed: String, text: @escaping @Sendable (Node) -> String?,
        _ parse: @escaping @Sendable (String) -> Value?, _ write: @escaping @Sendable (Value) -> String
    ) {
        self.init(kind: kind, allowed: allowed) { node, path, reader in
            guard reader.hasValue(node, path, allowed: allowed) else { return nil }
            if let text = text(node), let value = parse(text) { return value }
            reader.reject(node, path, allowed: allowed)
            return nil
        } write: {
            Node(write($0))
        }
    }
}

extension ValueFormat where Value == Int {
    /// A whole number in a range.
    public static func integer(_ range: ClosedRange<Int>) -> Self {
        Self(
            kind: .integer, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)",
            plain: { text in Int(text).flatMap { range.contains($0) ? $0 : nil } },
            write: { "\($0)" })
    }
}

extension ValueFormat where Value == UInt64 {
    /// The seed of a run: what an INTEGER of SQLite holds without a sign.
    static var seed: Self {
        Self(
            kind: .integer, allowed: "a whole number from 0 to \(Scenario.highestSeed)",
            plain: { text in UInt64(text).flatMap { $0 <= Scenario.highestSeed ? $0 : nil } },
            write: { "\($0)" })
    }
}

extension ValueFormat where Value == Double {
    /// A number without a unit for which `condition` holds.
    static func number(_ allowed: String, where condition: @escaping @Sendable (Double) -> Bool) -> Self {
        Self(
            kind: .number, allowed: allowed,
            plain: { text in parseDecimal(text).flatMap { condition($0) ? $0 : nil } },
            write: formatDecimal)
    }

    /// A number without a unit above one bound and at most another.
    public static func number(above lower: Double, atMost upper: Double) -> Self {
        number("a number above \(formatDecimal(lower)), at most \(formatDecimal(upper))") {
            $0 > lower && $0 <= upper
        }
    }

    /// A number without a unit between two bounds, both included.
    public static func number(from lower: Double, to upper: Double) -> Self {
        number("a number from \(formatDecimal(lower)) to \(formatDecimal(upper))") {
            (lower...upper).contains($0)
        }
    }

    /// A number without a unit from one bound on and below another.
    public static func number(from lower: Double, below upper: Double) -> Self {
        number("a number from \(formatDecimal(lower)), below \(formatDecimal(upper))") {
            (lower..<upper).contains($0)
        }
    }

    /// A number with a unit of this kind, within the kind's bounds unless others are given; stored in base
    /// units.
    static func quantity(_ kind: QuantityKind, in bounds: QuantityBounds? = nil) -> Self {
        let bounds = bounds ?? kind.usualBounds
        let allowed = kind.allowed(bounds)
        return Self(kind: .quantity(kind), allowed: allowed) { node, path, reader in
            guard reader.hasValue(node, path, allowed: allowed) else { return nil }
            guard let text = node.textOfScalar else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            do throws(QuantityError) {
                let value = try kind.parse(text)
                if bounds.range.contains(value) { return value }
                reader.reject(node, path, allowed: allowed)
            } catch {
                switch error {
                case .notANumber:
                    reader.reject(node, path, allowed: allowed)
                case .noUnit:
                    reader.report(.noUnit(value: node.shortText, allowed: allowed), at: path, node)
                case .unknownUnit(let unit, let suggestion):
                    let reason = ScenarioProblem.Reason.unknownUnit(
                        value: node.shortText, unit: shortened(unit), suggestion: suggestion, allowed: allowed
                    )
                    reader.report(reason, at: path, node)
                }
            }
            return nil
        } write: {
            Node(kind.format($0))
        }
    }
}

extension ValueFormat where Value == Double {
    /// A duration that the virtual clock can reach.
    static func span(zero: Bool = false) -> Self {
        .quantity(.duration, in: zero ? .durationFromZero : nil)
    }
}

/// The values that a key with a unit takes, in base units, and how they are written.
struct QuantityBounds: Sendable {
    let range: ClosedRange<Double>
    let lower: String
    let upper: String

    /// An instant of virtual time, or a time that may be nothing.
    static let durationFromZero = QuantityBounds(
        range: ClientBounds.givenInstant, lower: "0s", upper: "1000000h")
    /// A latency.
    static let latency = QuantityBounds(range: ClientBounds.latency, lower: "0s", upper: "24h")
    /// How often something fails, and how long.
    static let faultSpan = QuantityBounds(range: ClientBounds.givenFaultSpan, lower: "1ms", upper: "1000000h")
}

extension QuantityKind {
    /// The bounds of keys that have no narrower ones.
    var usualBounds: QuantityBounds {
        switch self {
        case .bandwidth: QuantityBounds(range: bounds, lower: "8bps", upper: "8Pbps")
        case .duration: QuantityBounds(range: bounds, lower: "1ns", upper: "1000000h")
        case .speed: QuantityBounds(range: bounds, lower: "1FLOPS", upper: "1000EFLOPS")
        case .size: QuantityBounds(range: bounds, lower: "1B", upper: "1000000TB")
        case .power: QuantityBounds(range: bounds, lower: "0W", upper: "1000kW")
        case .energyPerByte: QuantityBounds(range: bounds, lower: "0J/B", upper: "1J/B")
        case .carbonIntensity: QuantityBounds(range: bounds, lower: "0g/kWh", upper: "10kg/kWh")
        }
    }

    /// What is allowed for a quantity of this kind.
    func allowed(_ bounds: QuantityBounds) -> String {
        "a \(rawValue) from \(bounds.lower) to \(bounds.upper) such as \(example), in "
            + units.map(\.symbol).joined(separator: ", ")
    }
}

extension ValueFormat where Value == Bool {
    /// `true` or `false`.
    public static var flag: Self {
        Self(
            kind: .flag, allowed: "true, false",
            plain: { ["true": true, "false": false][$0] },
            write: { "\($0)" })
    }
}

extension ValueFormat where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of the words of an enumeration.
    public static var choice: Self {
        Self(
            kind: .choice, allowed: Value.allCases.map(\.rawValue).joined(separator: ", "),
            word: { Value(rawValue: $0) },
            write: { $0.rawValue })
    }
}

extension ValueFormat where Value == Torch.Device {
    /// Where tensors are computed with.
    static var device: Self {
        Self(
            kind: .choice, allowed: Torch.Device.allowed, word: { Torch.Device($0) }, write: { $0.text })
    }
}

extension ValueFormat where Value == Scenario.DataSet {
    /// One of the sources of images that a catalogue has.
    static func dataSet(among names: [String]) -> Self {
        Self(
            kind: .choice, allowed: names.joined(separator: ", "),
            word: { names.contains($0) ? Scenario.DataSet(rawValue: $0) : nil }, write: { $0.rawValue })
    }
}

extension ValueFormat where Value == String {
    /// One of a few words that are known when the program runs.
    public static func word(among words: [String]) -> Self {
        Self(
            kind: .choice, allowed: words.joined(separator: ", "),
            word: { words.contains($0) ? $0 : nil }, write: { $0 })
    }

    /// Text on one line, quoted or not, for which `condition` holds.
    static func text(_ allowed: String, where condition: @escaping @Sendable (String) -> Bool) -> Self {
        Self(kind: .text, allowed: allowed) { node, path, reader in
            guard reader.hasValue(node, path, allowed: allowed) else { return nil }
            if let text = node.textOfScalar, text.count <= 1000, !text.contains(where: \.isNewline),
                !text.unicodeScalars.contains("\0"), condition(text)
            {
                return text
            }
            reader.reject(node, path, allowed: allowed)
            return nil
        } write: {
            textNode($0)
        }
    }
}

extension ValueFormat where Value == Scenario.FoundationModel {
    /// The name of a model that ships, or the path of a folder.
    static var foundation: Self {
        let names = FoundationQuality.allCases.map(\.rawValue).joined(separator: ", ")
        let text = ValueFormat<String>.path("a diffusers folder", or: names)
        return Self(kind: .text, allowed: text.allowed) { node, path, reader in
            text.read(node, path, &reader).map { text in
                FoundationQuality(rawValue: text).map { .shipped($0) } ?? .folder(text)
            }
        } write: { foundation in
            switch foundation {
            case .shipped(let quality): Node(quality.rawValue)
            case .folder(let path): textNode(path)
            }
        }
    }
}

extension ValueFormat where Value == Scenario.CaptionerModel {
    /// `builtin` or the path of a folder.
    static var captioner: Self {
        let text = ValueFormat<String>.path("a BLIP-2 folder", or: "builtin")
        return Self(kind: .text, allowed: text.allowed) { node, path, reader in
            text.read(node, path, &reader).map { $0 == "builtin" ? .builtin : .folder($0) }
        } write: { captioner in
            switch captioner {
            case .builtin: Node("builtin")
            case .folder(let path): textNode(path)
            }
        }
    }
}

extension ValueFormat where Value == [String] {
    /// A non-empty list of different method names, each known to the reader.
    static var methods: Self {
        let allowed = "a list of at least one method, such as [fgl-one-shot, fedavg]"
        return Self(kind: .list, allowed: allowed) { node, path, reader in
            guard reader.hasValue(node, path, allowed: allowed) else { return nil }
            guard case .sequence(let items) = node, !items.isEmpty else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            return reader.methods(Array(items), path)
        } write: { methods in
            Node(methods.map(textNode), .implicit, .flow)
        }
    }
}

/// A scalar that reads back as this text: quoted where it would otherwise be something else in YAML.
func textNode(_ text: String) -> Node {
    let safe = text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "-_./".utf8.contains(byte)
    }
    let startsWithLetter = text.first?.isLetter ?? false
    let isPlain = safe && startsWithLetter && text != "null"
    return Node(text, Tag(.str), isPlain ? .plain : .doubleQuoted)
}
