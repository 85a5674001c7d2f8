/// Where a run comes from.
public enum RunProvenance: String, Sendable, Hashable, CaseIterable {
    /// A scenario was run.
    case run
    /// A recorded run was re-timed under other settings.
    case whatIf = "what-if"
    /// Another program's outcomes were imported.
    case imported = "import"

    /// Where a run with these inputs comes from.
    init(isWhatIf: Bool, inputs: [RunInput]) {
        let isImported = inputs.contains { $0.kind == InputKind.outcomes.rawValue }
        self = isWhatIf ? .whatIf : isImported ? .imported : .run
    }
}

extension RunProvenance: LogWord {
    public static var all: [Self] { allCases }

    public var meaning: String {
        switch self {
        case .run: "A scenario was run."
        case .whatIf: "A recorded run was re-timed under changed settings."
        case .imported: "The results of real work came from elsewhere."
        }
    }
}
