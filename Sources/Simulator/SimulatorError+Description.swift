// All English that the simulator speaks, in one place.

extension SimulatorError: CustomStringConvertible {
    /// One line: what, where, and what is allowed.
    public var description: String {
        switch self {
        case .deadlock(let instant, let blocked):
            let list = blocked.map { "\($0)" }.joined(separator: "; ")
            return "deadlock at \(instant): no event is left, but \(counted(blocked.count, "process")) "
                + "\(blocked.count == 1 ? "waits" : "wait"): \(list)"
        case .endOfTime(let instant, let awaiting):
            return "at \(instant): \(awaiting) would take until the end of virtual time, 292 years; "
                + "a link or a device is too slow for what it has to do"
        case .noProgress(let instant, let events, let awaiting):
            return
                "at \(instant): stopped after \(events) events in which no transfer and no work was "
                + "completed, the last of \(awaiting); see faults and participation in the scenario"
        case .tooManyOutages(let instant, let target, let outages):
            return
                "at \(instant): stopped after \(outages) outages, the last of \(target); they are too many "
                + "to be followed: faults that last longer, or come less often, are allowed"
        case .tooManyChanges(let instant, let changes):
            return
                "at \(instant): stopped after \(changes) changes of links; they are too many to be followed: "
                + "changes that come less often, or shorter transfers, are allowed"
        case .invalidQuantity(let field, let value, let allowed):
            return "\(field): \(value) is not allowed, must be \(allowed)"
        case .unknownClient(let field, let client, let clientCount):
            return "\(field): there is no client \(client), "
                + (clientCount == 0
                    ? "the case has no clients" : "clients are numbered 0 to \(clientCount - 1)")
        case .duplicateFlow(let field, let id):
            return "\(field): flow id \(id) is used twice, ids must differ"
        case .malformedCase(let reason):
            return "not a network case: \(reason)"
        }
    }
}

extension BlockedProcess: CustomStringConvertible {
    /// E.g. `"client 3" awaits a message in "updates" since 12.5 s`.
    public var description: String {
        "\"\(name)\" awaits \(awaiting) since \(since)"
    }
}

extension Awaited: CustomStringConvertible {
    var description: String {
        switch self {
        case .start: "its start"
        case .instant(let instant): "\(instant)"
        case .end(let name): "the end of \"\(name)\""
        case .message(let mailbox): "a message in \"\(mailbox)\""
        case .turn(let name): "its turn at \"\(name)\""
        case .children(let count): "the end of \(counted(count, "child process"))"
        case .transfer(let bytes, let client, let direction):
            "a transfer of \(bytes) bytes \(direction == .up ? "from" : "to") client \(client)"
        }
    }
}

/// `1 process`, `2 processes`.
private func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "es")"
}
