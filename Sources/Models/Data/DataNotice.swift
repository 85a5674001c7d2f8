import Core

/// One line that the reader of a data set has to say about it. `DataNotice+Sentences.swift` holds the sentences.
public struct DataNotice: Sendable, Hashable, CustomStringConvertible {
    /// How much it matters.
    public enum Kind: Sendable, Hashable {
        /// How the set is read.
        case note
        /// Something that the user probably did not want.
        case warning
        /// The same about the names of classes, which matter to runs with prompts alone.
        case promptWarning
        /// How classes are called in prompts.
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
        // Names of files and folders are anything.
        description = (isWarning ? "warning: " : "") + TerminalText.line(sentence, limit: 4000)
    }
}
