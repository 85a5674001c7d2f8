import Core

/// A line about a data set that was read. The sentences are in `DataNotice+Sentences.swift`.
public struct DataNotice: Sendable, Hashable, CustomStringConvertible {
    /// How much it matters.
    public enum Kind: Sendable, Hashable {
        /// How the set is read.
        case note
        /// Something the user probably did not intend.
        case warning
        /// A warning about class names, for runs with prompts only.
        case promptWarning
        /// Where class names in prompts come from, for runs with prompts only.
        case promptNote
    }

    /// How much it matters.
    public let kind: Kind
    /// The sentence; a warning begins with the word.
    public let description: String

    /// Whether it matters to runs with prompts alone.
    public var isAboutPrompts: Bool { kind == .promptWarning || kind == .promptNote }

    /// Makes a notice.
    init(_ kind: Kind, _ sentence: String) {
        self.kind = kind
        let isWarning = kind == .warning || kind == .promptWarning
        // Names of files and folders may hold any character.
        description = (isWarning ? "warning: " : "") + TerminalText.line(sentence, limit: 4000)
    }
}
