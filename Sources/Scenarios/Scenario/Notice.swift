import Models

/// One line for whoever makes runs: how inputs were read, what was left out.
public struct Notice: Sendable, Hashable, CustomStringConvertible {
    /// Whether the user probably did not want this.
    public let isWarning: Bool
    /// The line; a warning begins with the word.
    public let description: String

    /// What the user probably did not want.
    public static func warning(_ sentence: String) -> Notice {
        Notice(isWarning: true, description: "warning: \(sentence)")
    }

    /// What is good to know.
    public static func note(_ sentence: String) -> Notice { Notice(isWarning: false, description: sentence) }

    private init(isWarning: Bool, description: String) {
        self.isWarning = isWarning
        self.description = description
    }

    /// What the reader of a data set has to say.
    init(_ notice: DataNotice) {
        isWarning =
            switch notice.kind {
            case .warning, .promptWarning: true
            case .note, .promptNote: false
            }
        description = notice.description
    }
}
