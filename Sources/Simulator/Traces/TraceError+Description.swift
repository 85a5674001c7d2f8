extension TraceError: CustomStringConvertible {
    /// One line: file, line, what is wrong, what is allowed.
    public var description: String {
        file + (line.map { ":\($0)" } ?? "") + ": \(problem)"
    }
}

extension TraceError.Problem: CustomStringConvertible {
    /// What is wrong and what is allowed, without the place.
    public var description: String {
        switch self {
        case .unreadable:
            "the trace cannot be read: no such file, or no permission"
        case .notRegular(let kind):
            "the trace is \(kind); allowed: a regular file"
        case .tooLarge(let limit):
            "the trace is too large; allowed: at most \(limit >> 20) MiB"
        case .notText(let failure):
            failure.description
        case .empty(let kinds):
            "the trace has no values; allowed: a header such as \(kinds.joined(separator: " or ")), "
                + "and lines under it"
        case .unknownHeader(let found, let kinds):
            "\(found) is not the header of such a trace; allowed: \(kinds.joined(separator: " or "))"
        case .unknownColumn(let name, let known):
            "\(name) is no column of a trace, or stands there twice; "
                + "allowed: \(known.joined(separator: ", "))"
        case .missingColumn(let name, let found):
            "the scenario asks for the column \(name), but the trace has \(found.joined(separator: ", "))"
        case .wrongCount(let found, let expected):
            "\(found) values, but the header has \(expected) columns"
        case .notAllowed(let column, let value, let allowed):
            "\(column): \(value.isEmpty ? "no value" : value) is not allowed; allowed: \(allowed)"
        case .misspeltSetting(let found, let meant):
            "# \(found): is no setting of a trace; allowed: # \(meant): and a number, or other comments"
        case .idleSetting(let name, let allowed):
            "# \(name): is no setting of this kind of trace; allowed: "
                + (allowed.isEmpty ? "none" : allowed.map { "# \($0):" }.joined(separator: ", "))
        case .duplicateSetting(let name, let firstLine):
            "# \(name): stands in line \(firstLine) already; allowed: once"
        case .unknownClient(let client, let count):
            "there is no client \(client); allowed: 0 to \(count - 1)"
        case .duplicateClient(let client, let firstLine):
            "client \(client) stands in line \(firstLine) already; allowed: once"
        case .missingClient(let client, let count):
            "there is no line for client \(client); allowed: every client from 0 to \(count - 1)"
        }
    }
}
