/// The settings of a method, a section of scenario files.
///
/// They stand in the method's own file, with the keys that read them: `FedDyn.swift`.
public protocol MethodSettings: Sendable, Equatable {
    /// The name of the section.
    static var section: String { get }
    /// The defaults.
    init()
}

/// The settings of all methods that bring their own, by section; those that are defaults are left out.
struct MethodSettingsTable: Sendable {
    private var values: [String: any MethodSettings] = [:]

    subscript<Settings: MethodSettings>(type: Settings.Type) -> Settings {
        get { values[Settings.section] as? Settings ?? Settings() }
        set { values[Settings.section] = newValue == Settings() ? nil : newValue }
    }
}

extension MethodSettingsTable: Equatable {
    static func == (left: MethodSettingsTable, right: MethodSettingsTable) -> Bool {
        func equals<Settings: MethodSettings>(_ value: Settings, _ other: any MethodSettings) -> Bool {
            other as? Settings == value
        }
        return left.values.count == right.values.count
            && left.values.allSatisfy { section, value in
                right.values[section].map { equals(value, $0) } ?? false
            }
    }
}

extension Scenario {
    /// A method's settings.
    public subscript<Settings: MethodSettings>(type: Settings.Type) -> Settings {
        get { methodSettings[type] }
        set { methodSettings[type] = newValue }
    }
}

extension ScenarioKey {
    /// A key of a method's settings. A scenario is written with it where it names the method or where the
    /// value is not the default, so that a new method changes no other scenario's text.
    ///
    /// - Parameters:
    ///   - name: The key in the section of the settings.
    ///   - methods: The methods that have the settings.
    ///   - keyPath: Where the settings hold the value.
    ///   - format: What is allowed.
    ///   - documentation: One sentence for the reference.
    public init<Settings: MethodSettings, Value: Equatable & Sendable>(
        _ name: String, of methods: String..., at keyPath: WritableKeyPath<Settings, Value> & Sendable,
        _ format: ValueFormat<Value>, _ documentation: String
    ) {
        self.init(
            "\(Settings.section).\(name)", get: { $0[Settings.self][keyPath: keyPath] },
            set: { $0[Settings.self][keyPath: keyPath] = $1 }, format, documentation,
            isWritten: { scenario in
                scenario[Settings.self] != Settings() || scenario.methods.contains(where: methods.contains)
            })
    }

    /// A key of a method's settings that may be absent; it is written where it is there.
    ///
    /// - Parameters:
    ///   - name: The key in the section of the settings.
    ///   - keyPath: Where the settings hold the value.
    ///   - format: What is allowed.
    ///   - absent: What an absent key means.
    ///   - documentation: One sentence for the reference.
    public init<Settings: MethodSettings, Value: Sendable>(
        _ name: String, ofOptional keyPath: WritableKeyPath<Settings, Value?> & Sendable,
        _ format: ValueFormat<Value>, absent: String, _ documentation: String
    ) {
        self.init(
            "\(Settings.section).\(name)", getPresent: { $0[Settings.self][keyPath: keyPath] },
            set: { $0[Settings.self][keyPath: keyPath] = $1 }, format, absent: absent, documentation)
    }
}

/// A value of a key that does not go with something else in a scenario.
public struct SettingConflict: Sendable {
    /// The path of the key.
    public let key: String
    /// Its value.
    public let value: String
    /// What it does not go with.
    public let other: String
    /// What is allowed, and why.
    public let allowed: String

    public init(_ key: String, _ value: String, with other: String, allowed: String) {
        self.key = key
        self.value = value
        self.other = other
        self.allowed = allowed
    }
}

extension FederatedMethod {
    /// That a set to start from does not go with it, where a scenario has one.
    ///
    /// - Parameter reason: what images are made from instead.
    func conflictOfSet(in scenario: Scenario, because reason: String) -> SettingConflict? {
        scenario.synthesis.set.map { _ in
            SettingConflict(
                "synthesis.set", "a set", with: "methods: \(name)", allowed: "no such key: \(reason)")
        }
    }

    /// That an attack which changes texts does not go with it, where a scenario has one.
    ///
    /// - Parameter reason: why its uploads are no texts.
    func conflictOfText(in scenario: Scenario, because reason: String) -> SettingConflict? {
        let kind = scenario.attack.kind
        guard kind.changesText else { return nil }
        return SettingConflict(
            "attack.kind", kind.rawValue, with: "methods: \(name)", allowed: "wrong-label: \(reason)")
    }
}

extension ScenarioReader {
    /// Reports what methods say does not go with them.
    mutating func checkMethods(of scenario: Scenario) {
        report(catalogue.methods.flatMap { $0.conflicts(in: scenario) })
    }

    mutating func report(_ conflicts: [SettingConflict]) {
        for conflict in conflicts {
            reportConflict(
                conflict.value, with: conflict.other, allowed: conflict.allowed, at: conflict.key)
        }
    }
}
