/// What scenarios can name: methods, participation policies, selections of clients and sources of images.
///
/// A value that the parser and the federation are handed. A package that depends on `Scenarios` adds its own
/// without a change of this one: `try Catalogue(adding: [MyMethod()])`.
public struct Catalogue: Sendable {
    /// In the order in which they are listed.
    public let methods: [any FederatedMethod]
    public let policies: [any ParticipationPolicy]
    public let selections: [any ClientSelection]
    /// Those beside the built-in sets of `Scenario.DataSet`.
    public let sources: [any DataSource]
    /// The keys of scenario files, those of the methods' settings among them.
    public let keys: ScenarioKeys

    /// What this package has.
    public static let standard: Catalogue = {
        do {
            return try Catalogue(
                methods: FederatedMethods.all, policies: ParticipationPolicies.all,
                selections: ClientSelections.all, sources: [])
        } catch {
            preconditionFailure("\(error)")
        }
    }()

    /// What this package has, and more.
    ///
    /// - Throws: `CatalogueError` where two of a kind have one name.
    public init(
        adding methods: [any FederatedMethod] = [], policies: [any ParticipationPolicy] = [],
        selections: [any ClientSelection] = [], sources: [any DataSource] = []
    ) throws(CatalogueError) {
        try self.init(
            methods: FederatedMethods.all + methods, policies: ParticipationPolicies.all + policies,
            selections: ClientSelections.all + selections, sources: sources)
    }

    private init(
        methods: [any FederatedMethod], policies: [any ParticipationPolicy],
        selections: [any ClientSelection], sources: [any DataSource]
    ) throws(CatalogueError) {
        let sets = Scenario.DataSet.builtIn.map(\.rawValue)
        try Self.requireDifferent(methods.map(\.name), "methods")
        try Self.requireDifferent(policies.map(\.name), "policies")
        try Self.requireDifferent(selections.map(\.name), "selections")
        try Self.requireDifferent(sets + sources.map(\.name), "sources of images")
        let keys = ScenarioKeys(
            methods: methods, policies: policies, selections: selections, sets: sets + sources.map(\.name))
        try Self.requireDifferent(keys.all.map(\.path), "keys")
        self.methods = methods
        self.policies = policies
        self.selections = selections
        self.sources = sources
        self.keys = keys
    }

    private static func requireDifferent(_ names: [String], _ kind: String) throws(CatalogueError) {
        var known: Set<String> = []
        for name in names {
            guard !name.isEmpty, name.unicodeScalars.allSatisfy(isPlain) else {
                throw .badName(kind: kind, name: name)
            }
            guard known.insert(name).inserted else { throw .sameName(kind: kind, name: name) }
        }
    }

    /// Whether a scalar may stand in a name: what YAML reads as a plain word.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789-._".unicodeScalars.contains(scalar))
    }

    /// The method called `name`.
    public func method(_ name: String) -> (any FederatedMethod)? { methods.first { $0.name == name } }

    /// The policy called `name`.
    public func policy(_ name: String) -> (any ParticipationPolicy)? { policies.first { $0.name == name } }

    /// The rule of selection called `name`.
    public func selection(_ name: String) -> (any ClientSelection)? { selections.first { $0.name == name } }

    /// The added source of images called `name`.
    public func source(_ name: String) -> (any DataSource)? { sources.first { $0.name == name } }
}

/// A catalogue makes no difference to what a valid scenario means, so that all are equal where scenarios are
/// compared.
extension Catalogue: Equatable {
    public static func == (_: Catalogue, _: Catalogue) -> Bool { true }
}

/// What can be wrong with a catalogue.
public enum CatalogueError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Two of a kind have one name.
    case sameName(kind: String, name: String)
    /// A name is not a plain word.
    case badName(kind: String, name: String)

    /// One line: what is wrong, and what is allowed.
    public var description: String {
        switch self {
        case .sameName(let kind, let name):
            "a catalogue has two \(kind) called '\(name)'; allowed: one of each name"
        case .badName(let kind, let name):
            "a catalogue has \(kind) called '\(name)'; allowed: letters, digits, '-', '_' and '.'"
        }
    }
}
