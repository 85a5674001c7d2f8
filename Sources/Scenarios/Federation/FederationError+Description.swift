extension FederationError: CustomStringConvertible {
    /// One line: what, where, and what is allowed.
    public var description: String {
        switch self {
        case .malformedPrompts(let line):
            "a prompt message holds \"\(line)\"; allowed are lines of a label, a tab and a text"
        case .interrupted:
            "interrupted"
        }
    }
}
