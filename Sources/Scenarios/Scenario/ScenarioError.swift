import Core

/// Everything that is wrong with a scenario file or its overrides.
public struct ScenarioError: Error, Sendable, Equatable {
    /// The file as the user named it.
    public let file: String
    /// The problems: those of the file by line, then those of the overrides. Never empty.
    public let problems: [ScenarioProblem]

    /// The process exit code for bad input (`EX_DATAERR`).
    public var exitCode: Int32 { 65 }

    /// Reports the given problems, ordered by place.
    public init(file: String, problems: [ScenarioProblem]) {
        precondition(!problems.isEmpty, "a ScenarioError needs at least one problem")
        self.file = file
        // Equal places keep the order in which the problems were found: `sorted` alone does not promise that.
        self.problems = problems.enumerated()
            .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element)
    }
}

extension ScenarioError {
    /// Whether the file is missing or cannot be read; otherwise its content is at fault.
    public var isFileAccess: Bool {
        problems.contains { problem in
            switch problem.reason {
            case .fileMissing, .fileUnreadable: true
            default: false
            }
        }
    }
}

/// One thing that is wrong with a scenario.
public struct ScenarioProblem: Error, Sendable, Equatable {
    /// Where it is.
    public let place: Place
    /// The key it concerns, such as `data.partition.beta`; `nil` when it concerns the whole text.
    public let keyPath: String?
    /// What is wrong.
    public let reason: Reason

    /// A problem at a place.
    public init(place: Place, keyPath: String?, reason: Reason) {
        self.place = place
        self.keyPath = keyPath
        self.reason = reason
    }

    /// Where a problem is.
    public enum Place: Sendable, Equatable, Comparable {
        /// The file as a whole.
        case file
        /// A position in the file, both counted from 1.
        case line(Int, column: Int)
        /// The override of this key path, by its position among the overrides.
        case override(index: Int, keyPath: String)
    }

    /// What is wrong. Values are as the user wrote them, shortened where long.
    public enum Reason: Sendable, Equatable {
        // The text as a whole.
        case fileMissing
        case fileUnreadable(String)
        case fileTooLarge(bytes: Int, limit: Int)
        case notUTF8(UTF8Text.Failure)
        case empty
        case malformed(String)
        case notAMapping(found: String)
        case unsupportedYAML(String)
        case tooDeep(limit: Int)
        case more(count: Int)
        // Keys.
        /// Nothing is at the path that the key names.
        case pathMissing(path: String)
        case unknownKey(suggestion: String?, known: [String])
        case duplicateKey
        case missingKey(allowed: String)
        case missingPath(set: String)
        case partitionNeedsDomains(set: String)
        case partitionNeedsOwners(set: String)
        case missingFor(String)
        case conflict(value: String, with: String, allowed: String)
        // Values.
        case noValue(allowed: String)
        case notAllowed(value: String, allowed: String)
        case noUnit(value: String, allowed: String)
        case unknownUnit(value: String, unit: String, suggestion: String?, allowed: String)
        case duplicateItem(value: String)
        case unknownMethod(value: String, suggestion: String?, known: [String])
        case unknownClass(value: String, suggestion: String?, allowed: String)
        // Overrides and sweeps.
        case overrideSyntax(text: String)
        case overrideIsSwept(axis: String)
        case notSweepable
        case overlappingAxes(other: String)
        case tooManyVariants(count: Int, limit: Int)
    }
}
