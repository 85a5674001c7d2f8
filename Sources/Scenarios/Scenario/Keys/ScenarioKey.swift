import Yams

/// The declaration of one key of a scenario file.
///
/// The same declaration parses the key, fills in its default, writes it into the resolved scenario and
/// appears in the reference of the keys.
public struct ScenarioKey: Sendable {
    /// The full path, such as `data.partition.beta`.
    public let path: String
    /// The kind of value.
    public let kind: Kind
    /// What is allowed, as the second half of an error sentence, with units where there are any.
    public let allowed: String
    /// The default as YAML; `nil` for a key without one, which is required or described by `defaultNote`.
    public let defaultValue: String?
    /// What an absent key means where no single value says it.
    public let defaultNote: String?
    /// Whether a scenario without this key is an error.
    public let isRequired: Bool
    /// One sentence for the reference.
    public let documentation: String

    /// The kinds of values.
    public enum Kind: Sendable, Equatable {
        /// Free text.
        case text
        /// A whole number.
        case integer
        /// A decimal number without a unit.
        case number
        /// `true` or `false`.
        case flag
        /// One of a few words.
        case choice
        /// A list of words.
        case list
        /// A number with a unit.
        case quantity(QuantityKind)
        /// A number with a unit, or a distribution of such numbers.
        case distribution(QuantityKind)
        /// A number without a unit, or a distribution of such numbers.
        case factor
    }

    /// Reads the node into the scenario, or reports why that cannot be.
    let read: @Sendable (Node, _ shownPath: String, inout ScenarioReader, inout Scenario) -> Void
    /// Sets the key back to its default.
    let reset: @Sendable (inout Scenario) -> Void
    /// The key's value in canonical form; `nil` where the key is absent.
    let write: @Sendable (Scenario) -> Node?

    /// The path of the section the key belongs to, `""` at the top.
    var section: String { path.lastIndex(of: ".").map { String(path[..<$0]) } ?? "" }
}

extension ScenarioKey {
    /// A key that always has a value.
    init<Value>(
        _ path: String, get: @escaping @Sendable (Scenario) -> Value,
        set: @escaping @Sendable (inout Scenario, Value) -> Void,
        _ format: ValueFormat<Value>, required: Bool = false, _ documentation: String,
        isWritten: @escaping @Sendable (Scenario) -> Bool = { _ in true }
    ) {
        self.path = path
        kind = format.kind
        allowed = format.allowed
        defaultValue = required ? nil : inlineYAML(format.write(get(.allDefaults)))
        defaultNote = nil
        isRequired = required
        self.documentation = documentation
        read = { node, shownPath, reader, scenario in
            if let value = format.read(node, shownPath, &reader) { set(&scenario, value) }
        }
        reset = { set(&$0, get(.allDefaults)) }
        write = { isWritten($0) ? format.write(get($0)) : nil }
    }

    /// A key that always has a value, stored at a key path.
    init<Value>(
        _ path: String, _ keyPath: WritableKeyPath<Scenario, Value> & Sendable,
        _ format: ValueFormat<Value>, required: Bool = false, _ documentation: String
    ) {
        self.init(
            path, get: { $0[keyPath: keyPath] }, set: { $0[keyPath: keyPath] = $1 },
            format, required: required, documentation)
    }

    /// A key with a list that may be absent, which is empty then.
    init<Element>(
        _ path: String, _ keyPath: WritableKeyPath<Scenario, [Element]> & Sendable,
        _ format: ValueFormat<[Element]>, absent: String, _ documentation: String
    ) {
        self.init(
            path, getPresent: { $0[keyPath: keyPath].isEmpty ? nil : $0[keyPath: keyPath] },
            set: { $0[keyPath: keyPath] = $1 ?? [] }, format, absent: absent, documentation)
    }

    /// A key that may be absent.
    init<Value>(
        _ path: String, optional keyPath: WritableKeyPath<Scenario, Value?> & Sendable,
        _ format: ValueFormat<Value>, absent: String, _ documentation: String
    ) {
        self.init(
            path, getPresent: { $0[keyPath: keyPath] }, set: { $0[keyPath: keyPath] = $1 }, format,
            absent: absent, documentation)
    }

    /// A key that may be absent, read and set by functions.
    ///
    /// - Parameter getPresent: the value; `nil` where the key is absent.
    init<Value>(
        _ path: String, getPresent: @escaping @Sendable (Scenario) -> Value?,
        set: @escaping @Sendable (inout Scenario, Value?) -> Void, _ format: ValueFormat<Value>,
        absent: String, _ documentation: String
    ) {
        self.path = path
        kind = format.kind
        allowed = format.allowed
        defaultValue = nil
        defaultNote = absent
        isRequired = false
        self.documentation = documentation
        read = { node, shownPath, reader, scenario in
            if let value = format.read(node, shownPath, &reader) { set(&scenario, value) }
        }
        reset = { set(&$0, nil) }
        write = { getPresent($0).map(format.write) }
    }
}

extension Scenario {
    /// What the declarations take their defaults from: name and methods, which are required, are empty here.
    static let allDefaults = Scenario(name: "", methods: [])
}
