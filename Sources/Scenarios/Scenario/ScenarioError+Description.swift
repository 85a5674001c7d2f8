import Core

// The English of every scenario error. One line each: where, which key, what is wrong, what is allowed.

extension ScenarioError: CustomStringConvertible {
    /// One line per problem.
    public var description: String {
        problems.map { $0.sentence(file: file) }.joined(separator: "\n")
    }
}

extension ScenarioProblem {
    /// This problem as one line that begins with its place.
    ///
    /// - Parameter file: The file as the user named it.
    public func sentence(file: String) -> String {
        let name = TerminalText.lines(file)
        var parts: [String]
        switch place {
        case .file:
            parts = [name]
        case .line(let line, let column):
            parts = ["\(name):\(line):\(column)"]
        case .override(_, let overridden):
            parts = ["--set \(TerminalText.line(overridden, limit: 100))"]
            if keyPath == overridden { return "\(parts[0]): \(reason)" }
        }
        if let keyPath { parts.append(TerminalText.line(keyPath, limit: 200)) }
        return parts.joined(separator: ": ") + ": \(reason)"
    }
}

extension ScenarioProblem.Reason: CustomStringConvertible {
    /// What is wrong and what is allowed, without the place.
    public var description: String {
        switch self {
        case .fileMissing:
            "there is no such file"
        case .fileUnreadable(let why):
            "the file cannot be read: \(why)"
        case .fileTooLarge(let bytes, let limit):
            "\(bytes) bytes are too many; allowed: at most \(limit)"
        case .notUTF8(let failure):
            failure.description
        case .pathMissing(let path):
            "\(TerminalText.line(path, limit: 300)): there is no such file or folder; allowed: a path "
                + "relative to the scenario's file or to the working directory, an absolute one, or one "
                + "from ~/"
        case .empty:
            "the scenario is empty; it needs at least the keys name and methods"
        case .malformed(let why):
            "this is not YAML: \(why)"
        case .notAMapping(let found):
            "\(found) is not allowed; allowed: a mapping of key: value pairs"
        case .unsupportedYAML(let text):
            "\(text) begins an anchor, an alias or block text; allowed: values written out on one line"
        case .tooDeep(let limit):
            "nested too deeply; allowed: at most \(limit) levels"
        case .more(let count):
            "and \(count) more problems"
        case .unknownKey, .duplicateKey, .missingKey, .missingPath, .partitionNeedsDomains,
            .partitionNeedsOwners, .missingFor, .conflict:
            keySentence
        case .noValue, .notAllowed, .noUnit, .unknownUnit, .duplicateItem, .unknownMethod,
            .unknownClass:
            valueSentence
        case .overrideSyntax, .overrideIsSwept, .notSweepable, .overlappingAxes, .tooManyVariants:
            variationSentence
        }
    }

    private var variationSentence: String {
        switch self {
        case .overrideSyntax(let text):
            "\(text) is not an override; allowed: key.path=value, such as training.rounds=20"
        case .overrideIsSwept(let axis):
            "sweep.\(axis) sets this key in every variant; remove the sweep with --set sweep="
        case .notSweepable:
            "this key cannot be swept; allowed: every key but name, device and seed (for seeds: --seeds 1..3)"
        case .overlappingAxes(let other):
            "sweep.\(other) sets the same keys; allowed: axes that do not overlap"
        case .tooManyVariants(let count, let limit):
            "the sweep has \(count) variants; allowed: at most \(limit)"
        default:
            preconditionFailure("\(self) is not about an override or a sweep")
        }
    }

    private var keySentence: String {
        switch self {
        case .unknownKey(let suggestion, let known):
            "unknown key; "
                + (suggestion.map { "did you mean \($0)?" } ?? "known here: \(known.joined(separator: ", "))")
        case .duplicateKey:
            "duplicate key; allowed: once in its section"
        case .missingKey(let allowed):
            "this key is missing; allowed: \(allowed)"
        case .missingPath(let set):
            "this key is missing; data.set: \(set) needs the path of the images"
        case .partitionNeedsDomains(let set):
            "domains is not allowed with data.set: \(set); allowed: iid, dirichlet, or data.set: domains, "
                + "or two data.styles"
        case .partitionNeedsOwners(let set):
            "natural is not allowed with data.set: \(set) without owners; allowed: data.set: leaf, or "
                + "data.owners.file with data.set: image-folder, domains"
        case .missingFor(let user):
            "this key is missing; \(user) needs it"
        case .conflict(let value, let other, let allowed):
            "\(value) does not go with \(other); allowed: \(allowed)"
        default:
            preconditionFailure("\(self) is not about a key")
        }
    }

    private var valueSentence: String {
        switch self {
        case .noValue(let allowed):
            "no value; allowed: \(allowed)"
        case .notAllowed(let value, let allowed):
            "\(value) is not allowed; allowed: \(allowed)"
        case .noUnit(let value, let allowed):
            "\(value) has no unit; allowed: \(allowed)"
        case .unknownUnit(let value, let unit, let suggestion, let allowed):
            "\(value) has the unknown unit \(unit); "
                + (suggestion.map { "did you mean \($0)? " } ?? "") + "allowed: \(allowed)"
        case .duplicateItem(let value):
            "\(value) is listed twice; allowed: once"
        case .unknownMethod(let value, let suggestion, let known):
            "\(value) is not a known method; "
                + (suggestion.map { "did you mean \($0)? " } ?? "")
                + "allowed: \(known.joined(separator: ", "))"
        case .unknownClass(let value, let suggestion, let allowed):
            "\(value) is neither a set nor an object of the image world; "
                + (suggestion.map { "did you mean \($0)? " } ?? "") + "allowed: \(allowed)"
        default:
            preconditionFailure("\(self) is not about a value")
        }
    }
}
