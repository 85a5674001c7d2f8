import Core

/// What a comment of the form `# name: value` may set.
enum TraceSetting: String, CaseIterable {
    /// The seconds after which a trace begins again.
    case period = "period_s"
    /// Floating-point operations of the sample that FedScale's `computation` is about.
    case flopsPerSample = "flops-per-sample"

    /// Whether a name was meant to be this one: another spelling, a slip, or without its unit.
    fileprivate func isMeant(by name: String) -> Bool {
        func letters(_ text: some StringProtocol) -> String { text.lowercased().filter(\.isLetter) }
        let found = letters(name), meant = letters(rawValue)
        return found == letters(rawValue.prefix { $0 != "_" && $0 != "-" })
            || editDistance(Array(found.prefix(64)), Array(meant)) <= 1
    }
}

extension TraceTable {
    /// The value of a setting; `nil` where the file does not have it.
    ///
    /// - Throws: ``TraceError`` where it is not in the range; of a recorded trace, where it is not above 0.
    func setting(_ setting: TraceSetting, _ range: AllowedRange = .positive) throws -> Double? {
        guard let found = settings.last(where: { $0.name == setting.rawValue }) else { return nil }
        let range = isRecorded ? .positive : range
        guard let value = Double(found.value), range.contains(value) else {
            throw TraceError(
                file, line: found.line,
                .notAllowed(
                    column: found.name, value: String(found.value.prefix(40)), allowed: range.text))
        }
        return value
    }

    /// Refuses settings that a trace of this kind does not have, misspelt ones, and those that stand there
    /// twice; other comments may say anything.
    func requireSettings(among allowed: [TraceSetting]) throws {
        if !isRecorded { try Self.require(settings, among: allowed, in: file) }
    }

    static func require(_ settings: [Setting], among allowed: [TraceSetting], in file: String) throws {
        var lines: [TraceSetting: Int] = [:]
        for (name, line, _) in settings {
            if let setting = TraceSetting(rawValue: name) {
                guard allowed.contains(setting) else {
                    throw TraceError(
                        file, line: line, .idleSetting(name, allowed: allowed.map(\.rawValue)))
                }
                if let first = lines[setting] {
                    throw TraceError(file, line: line, .duplicateSetting(name, firstLine: first))
                }
                lines[setting] = line
            } else if let meant = allowed.first(where: { $0.isMeant(by: name) }) {
                throw TraceError(file, line: line, .misspeltSetting(found: name, meant: meant.rawValue))
            }
        }
    }
}
