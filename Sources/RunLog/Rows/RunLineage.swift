/// Something that a run read beside its scenario, such as images, as far as a replay needs it.
public struct RunInput: Sendable, Hashable {
    /// What it is: the text of an `InputKind`, or of one that another version knows.
    public var kind: String
    /// Which one: the part of the scenario that names it, as canonical text.
    public var settings: String
    /// Hash of its content.
    public var sha256: String
    /// A JSON object with what the simulation itself needs to know of it, such as labels.
    public var facts: String

    /// Makes an input.
    public init(kind: InputKind, settings: String, sha256: String, facts: String) {
        self.init(reading: kind.rawValue, settings: settings, sha256: sha256, facts: facts)
    }

    /// An input as a file has it.
    init(reading kind: String, settings: String, sha256: String, facts: String) {
        self.kind = kind
        self.settings = settings
        self.sha256 = sha256
        self.facts = facts
    }
}

/// The place of a run among those that were planned together.
public struct PlanPosition: Sendable, Hashable {
    /// The experiment's id in the file.
    public var experiment: Int64
    /// 0-based place among its runs.
    public var position: Int

    /// Makes a place.
    public init(experiment: Int64, position: Int) {
        self.experiment = experiment
        self.position = position
    }
}

/// A run that was planned, whether it has been begun or not.
public struct PlannedRow: Sendable, Hashable {
    /// Its place.
    public var place: PlanPosition
    /// What was known about it; the build is the one that planned it.
    public var description: RunDescription
    /// The run, once begun.
    public var runID: Int64?
}

/// The run that another one is a variation of.
public struct RunOrigin: Sendable, Hashable {
    /// The run whose recorded work was used.
    public var parent: Int64
    /// What is different, as `key.path=value`.
    public var changes: [String]

    /// Makes an origin.
    public init(parent: Int64, changes: [String]) {
        self.parent = parent
        self.changes = changes
    }
}
