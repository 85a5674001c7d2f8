extension FederationError: CustomStringConvertible {
    /// One line: what, where, and what is allowed.
    public var description: String {
        switch self {
        case .malformedPrompts(let line):
            "a prompt message holds \"\(line)\"; allowed are lines of a label, a tab and a text"
        case .tooManyClients(let clients, let images):
            "clients: \(clients) clients share \(images) training images; allowed are at most as many clients as images"
        case .interrupted:
            "interrupted"
        case .runsFailed(let messages):
            messages.joined(separator: "\n")
        }
    }
}
