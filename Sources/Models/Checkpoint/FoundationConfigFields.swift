import Foundation

/// The keys of one configuration file, read by type, so that what nobody read can be refused by name.
struct ConfigurationFields: Sendable {
    /// Shown in errors.
    let file: String
    private let values: [String: ConfigurationValue]
    private var seen: Set<String> = []

    /// Larger sizes would only ask for memory that no machine has.
    static let largestSize = 1 << 20
    /// More layers, heads or blocks than any model of these kinds has.
    static let mostLayers = 1000

    /// What diffusers' `EMAModel` adds to a network's configuration: how its averages of weights came about.
    static let averagingKeys = [
        "decay", "min_decay", "optimization_step", "update_after_step", "use_ema_warmup", "inv_gamma",
        "power",
    ]

    init(file: String, values: [String: ConfigurationValue]) {
        self.file = file
        self.values = values
    }

    /// Reads the file at `path`.
    ///
    /// - Throws: `FoundationModelError`.
    init(path: String) throws {
        let url = URL(fileURLWithPath: path)
        self = try CheckpointFiles(folder: url.deletingLastPathComponent().path).fields(url.lastPathComponent)
    }

    /// The value of `key`; nil where it is absent or null.
    private mutating func take(_ key: String) -> ConfigurationValue? {
        seen.insert(key)
        guard let value = values[key], value != .null else { return nil }
        return value
    }

    private func unsupported(_ key: String, _ value: ConfigurationValue, _ allowed: String)
        -> FoundationModelError
    {
        .unsupportedValue(path: file, key: key, value: value.excerpt, allowed: allowed)
    }

    /// A size: a positive integer.
    ///
    /// - Parameter largest: more would only ask for memory and time that no model of the kind takes.
    mutating func size(
        _ key: String, default standard: Int? = nil, largest: Int = ConfigurationFields.largestSize
    ) throws -> Int {
        guard take(key) != nil else {
            if let standard { return standard }
            throw FoundationModelError.missingKey(path: file, key: key)
        }
        return try wholeNumber(key, default: 1, in: 1...largest)
    }

    /// The side of a square: a size, or a list of its height and its width.
    mutating func side(
        _ key: String, default standard: Int, largest: Int = ConfigurationFields.largestSize
    ) throws -> Int {
        guard case .array(let items)? = values[key] else {
            return try size(key, default: standard, largest: largest)
        }
        let sides = try sizes(key, largest: largest)
        guard sides.count == 2, sides[0] == sides[1] else {
            throw unsupported(key, .array(items), "an integer, or a list of two equal ones")
        }
        return sides[0]
    }

    /// Whether a version 0.`minor` of diffusers, or a later one, did not write this file but an earlier one.
    func isWrittenBefore(minor: Int) -> Bool {
        let numbers = (text("_diffusers_version") ?? "").split(separator: ".").prefix(2).map { Int($0) }
        return numbers.count == 2 && numbers[0] == 0 && (numbers[1] ?? minor) < minor
    }

    /// The keys of the object under `key`; errors of them name it behind the file. `nil` where there is none.
    func section(_ key: String) -> Self? {
        guard case .object(let part)? = values[key] else { return nil }
        return Self(file: "\(file), \(key)", values: part)
    }

    /// The same with another value of a key.
    func replacing(_ key: String, with value: ConfigurationValue) -> Self {
        var values = values
        values[key] = value
        return Self(file: file, values: values)
    }

    /// A list of sizes.
    mutating func sizes(_ key: String, largest: Int = ConfigurationFields.largestSize) throws -> [Int] {
        guard let value = take(key) else { throw FoundationModelError.missingKey(path: file, key: key) }
        guard case .array(let items) = value, !items.isEmpty, items.count <= 16 else {
            throw unsupported(key, value, "a list of 1 to 16 integers")
        }
        return try items.map { item in
            guard let size = item.integer, (1...largest).contains(size) else {
                throw unsupported(key, value, "a list of integers from 1 to \(largest)")
            }
            return size
        }
    }

    /// A size for each of `count` levels, given as a list or as one size for all.
    mutating func sizes(
        _ key: String, count: Int, default standard: Int? = nil,
        largest: Int = ConfigurationFields.largestSize
    ) throws -> [Int] {
        guard case .array(let items)? = values[key] else {
            return Array(repeating: try size(key, default: standard, largest: largest), count: count)
        }
        let sizes = try sizes(key, largest: largest)
        guard sizes.count == count else {
            throw unsupported(key, .array(items), "one integer, or a list of \(count), one per block")
        }
        return sizes
    }

    /// One token's id or a list of them; empty where the key is absent or null.
    mutating func tokens(_ key: String) throws -> [Int] {
        guard let value = take(key) else { return [] }
        if case .array = value { return try wholeNumbers(key, in: 0...Int(Int32.max)) }
        return [try wholeNumber(key, default: 0, in: 0...Int(Int32.max))]
    }

    /// An integer within `range`.
    mutating func wholeNumber(
        _ key: String, default standard: Int, in range: ClosedRange<Int>
    ) throws -> Int {
        guard let value = take(key) else { return standard }
        guard let number = value.integer, range.contains(number) else {
            throw unsupported(key, value, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A real number within `range`.
    mutating func number(_ key: String, default standard: Double, in range: ClosedRange<Double>) throws
        -> Double
    {
        guard let value = take(key) else { return standard }
        guard case .number(let number) = value, range.contains(number) else {
            throw unsupported(key, value, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func flag(_ key: String, default standard: Bool) throws -> Bool {
        guard let value = take(key) else { return standard }
        guard case .bool(let flag) = value else { throw unsupported(key, value, "true or false") }
        return flag
    }

    /// A list of names out of `allowed`, of `count` items.
    mutating func names<Choice: RawRepresentable & CaseIterable>(
        _ key: String, of type: Choice.Type, count: Int
    ) throws -> [Choice] where Choice.RawValue == String {
        guard let value = take(key) else { throw FoundationModelError.missingKey(path: file, key: key) }
        let allowed =
            "a list of \(count), one per block, of " + Self.listed(type.allCases.map { "\"\($0.rawValue)\"" })
        guard case .array(let items) = value, items.count == count else {
            throw unsupported(key, value, allowed)
        }
        return try items.map { item in
            guard case .string(let name) = item, let choice = Choice(rawValue: name) else {
                throw unsupported(key, value, allowed)
            }
            return choice
        }
    }

    /// A name out of `allowed`.
    mutating func name<Choice: RawRepresentable>(
        _ key: String, default standard: Choice, allowed: [Choice]
    ) throws -> Choice where Choice.RawValue == String {
        guard let value = take(key) else { return standard }
        guard case .string(let name) = value, let choice = allowed.first(where: { $0.rawValue == name })
        else {
            throw unsupported(key, value, Self.listed(allowed.map { "\"\($0.rawValue)\"" }))
        }
        return choice
    }

    /// Refuses `key` where it has a value other than those under which the implemented computation is right.
    mutating func require(_ key: String, _ allowed: ConfigurationValue...) throws {
        try require(key, anyOf: allowed)
    }

    /// As above.
    mutating func require(_ key: String, anyOf allowed: [ConfigurationValue]) throws {
        guard let value = take(key), !allowed.contains(value) else { return }
        throw unsupported(key, value, Self.listed(allowed.map(\.description)))
    }

    /// Refuses `key` where it switches something on.
    mutating func requireOff(_ key: String, allowed: String) throws {
        guard let value = take(key), !value.isOff else { return }
        throw unsupported(key, value, allowed)
    }

    /// A list of integers within `range`; empty where the key is absent or null.
    mutating func wholeNumbers(_ key: String, in range: ClosedRange<Int>) throws -> [Int] {
        guard let value = take(key) else { return [] }
        if case .array(let items) = value, items.count <= 100_000 {
            let numbers = items.compactMap(\.integer).filter(range.contains)
            if numbers.count == items.count { return numbers }
        }
        throw unsupported(key, value, "a list of integers from \(range.lowerBound) to \(range.upperBound)")
    }

    /// Refuses whatever value `key` has.
    func refuse(_ key: String, allowed: String) throws {
        throw unsupported(key, values[key] ?? .null, allowed)
    }

    /// Refuses `keys` that are null where the library's default is none: null then means something else.
    func refuseNull(_ keys: String...) throws {
        if let key = keys.first(where: { values[$0] == .null }) {
            throw unsupported(key, .null, "a value, or no such key")
        }
    }

    /// Whether `key` has this very value.
    func isEqual(_ key: String, _ value: ConfigurationValue) -> Bool { values[key] == value }

    /// A list of `count` numbers within `range`; nil where the key is absent or null.
    mutating func numbers(_ key: String, count: Int, in range: ClosedRange<Double>) throws -> [Double]? {
        guard let value = take(key) else { return nil }
        var numbers: [Double] = []
        if case .array(let items) = value {
            for case .number(let number) in items where range.contains(number) { numbers.append(number) }
            if items.count == count, numbers.count == count { return numbers }
        }
        throw unsupported(
            key, value, "a list of \(count) numbers from \(range.lowerBound) to \(range.upperBound)")
    }

    /// Whether `key` has a value other than null.
    func isGiven(_ key: String) -> Bool { values[key].map { $0 != .null } ?? false }

    /// Refuses a size of `key` that `divisor` does not divide.
    ///
    /// The size may be the key's default: then that is the value the error names.
    func requireMultiples(_ key: String, _ sizes: [Int], of divisor: Int, named name: String) throws {
        guard let size = sizes.first(where: { $0 % divisor != 0 }) else { return }
        throw unsupported(
            key, values[key] ?? .number(Double(size)),
            "multiples of \(name) \(divisor), which \(size) is not")
    }

    /// A text; nil where the key has anything else.
    func text(_ key: String) -> String? {
        if case .string(let text)? = values[key] { text } else { nil }
    }

    /// Whether `key` names a part of a pipeline, `["diffusers", "AutoencoderKL"]`, which is there.
    func isPart(_ key: String) -> Bool {
        if case .array(let items)? = values[key] { !items.allSatisfy { $0 == .null } } else { false }
    }

    /// Accepts keys whatever their value: they do not change what is computed.
    mutating func ignore(_ keys: String...) { ignore(keys) }

    /// Accepts keys whatever their value.
    mutating func ignore(_ keys: some Sequence<String>) { seen.formUnion(keys) }

    /// Refuses keys that nobody asked for, unless they switch something off or are private to the library
    /// that wrote the file (`_class_name`, `_diffusers_version`).
    func refuseOthers() throws {
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            if seen.contains(key) || key.hasPrefix("_") || value.isOff { continue }
            throw FoundationModelError.unknownKey(path: file, key: key, value: value.excerpt)
        }
    }

    static func listed(_ items: [String]) -> String { items.joined(separator: " or ") }
}

/// A configuration that is read from and written to a JSON file of diffusers' or transformers'.
protocol ConfigurationFile: Codable {
    init(_ fields: inout ConfigurationFields) throws
    /// Every key that changes the computation, under the library's name.
    var values: [String: ConfigurationValue] { get }
}

extension ConfigurationFile {
    /// Reads the file at `path`.
    ///
    /// - Throws: `FoundationModelError` for a key that is missing, or whose value is refused.
    static func load(path: String) throws -> Self {
        var fields = try ConfigurationFields(path: path)
        return try Self(&fields)
    }

    /// Decodes a configuration file; errors name the type where the file is not known.
    public init(from decoder: any Decoder) throws {
        let values = try [String: ConfigurationValue](from: decoder)
        var fields = ConfigurationFields(file: "\(Self.self)", values: values)
        try self.init(&fields)
    }

    /// Encodes as the library's configuration file.
    public func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }
}
