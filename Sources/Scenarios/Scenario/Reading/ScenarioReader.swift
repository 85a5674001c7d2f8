import Core
import Yams

/// Reads a tree of YAML nodes by the declared keys and collects everything that is wrong with it.
struct ScenarioReader {
    /// The names of the methods that `methods` may list; `nil` accepts any.
    let knownMethods: [String]?
    /// The key paths of the overrides, in the order given.
    var overridePaths: [String] = []
    /// What is wrong so far, the first ``problemLimit`` of it and how many more there are.
    private(set) var problems: [ScenarioProblem] = []
    private var unreported = 0
    /// Whether the combination that is checked is one variant of a sweep.
    private(set) var isSwept = false
    /// The declared keys that the text gives a value to, valid or not, with these values.
    private var present: [(path: String, node: Node)] = []

    /// What scenarios can name.
    let catalogue: Catalogue

    /// A reader that accepts these methods, or any for `nil`.
    init(knownMethods: [String]?, catalogue: Catalogue) {
        self.knownMethods = knownMethods
        self.catalogue = catalogue
    }

    // MARK: Sections

    /// Reads every key of a section, and of the sections in it, into the scenario.
    ///
    /// - Parameters:
    ///   - declared: The path of the section among the declarations, `""` for the whole scenario.
    ///   - shown: The path in error sentences; another one inside a sweep.
    mutating func readSection(_ node: Node, declared: String, shown: String, into scenario: inout Scenario) {
        if node.isEmptyValue, !shown.isEmpty { return }
        if let key = catalogue.keys.shorthand(of: node, in: declared) {
            return read(node, declared: key, shown: shown, into: &scenario)
        }
        guard case .mapping(let mapping) = node else {
            report(.notAMapping(found: node.shortText), at: shown.isEmpty ? nil : shown, node)
            return
        }
        let known = catalogue.keys.names(in: declared)
        for (key, value) in mapping {
            guard let name = key.textOfScalar, known.contains(name) else {
                reportUnknownKey(key, in: shown, known: known)
                continue
            }
            let path = joined(declared, name)
            if path == "sweep" {
                present.append((path, value))
                continue
            }
            read(value, declared: path, shown: joined(shown, name), into: &scenario)
        }
    }

    /// Reads one key, or all keys of one section, into the scenario.
    mutating func read(_ node: Node, declared: String, shown: String, into scenario: inout Scenario) {
        if let key = catalogue.keys.all.first(where: { $0.path == declared }) {
            present.append((declared, node))
            key.read(node, shown, &self, &scenario)
        } else {
            readSection(node, declared: declared, shown: shown, into: &scenario)
        }
    }

    /// Reports the required keys that the text does not have.
    mutating func requireKeys() {
        let presentPaths = present.map(\.path)
        for key in catalogue.keys.all where key.isRequired && !presentPaths.contains(key.path) {
            report(.missingKey(allowed: key.allowed), at: key.path, nil)
        }
    }

    /// Reports combinations of keys that make no sense together.
    ///
    /// - Parameter isSwept: Whether the combination is one variant of a sweep.
    mutating func checkCombinations(of scenario: Scenario, isSwept: Bool) {
        self.isSwept = isSwept
        let data = scenario.data
        if data.set.needsPath(in: catalogue), data.path == nil {
            report(.missingPath(set: data.set.rawValue), at: "data.path", causedBy: culprit("data.set"))
        }
        checkClasses(of: data)
        checkSetKeys(of: data)
        checkModel(of: scenario)
        checkPrompts(of: scenario)
        checkPrecision(of: scenario)
        checkParticipation(of: scenario)
        checkFaults(of: scenario)
        checkAvailability(of: scenario)
        checkDevices(of: scenario)
        checkEnergy(of: scenario)
        checkLinkPreset(of: scenario)
        checkLinkChanges(of: scenario)
        checkUploads(of: scenario)
        checkAggregation(of: scenario)
        checkAttack(of: scenario)
        checkMethods(of: scenario)
        checkSize(of: scenario)
    }

    private mutating func checkPrecision(of scenario: Scenario) {
        guard let precision = scenario.synthesis.precision, !precision.isAvailable(on: scenario.device) else {
            return
        }
        reportConflict(
            precision.rawValue, with: "device: \(scenario.device.text)",
            allowed: "fp32, bf16: processors compute in these two", at: "synthesis.precision")
    }

    private mutating func checkPrompts(of scenario: Scenario) {
        let prompts = scenario.synthesis.prompts, key = "synthesis.prompts"
        if scenario.training.mode == .none, prompts == .instanceLevel {
            reportConflict(
                "instance", with: "training.mode: none",
                allowed: "class, embeddings, tailored: captions depend on pixels", at: key)
        }
        if scenario.synthesis.templates != nil, prompts == .tailored {
            reportConflict(
                "tailored", with: "synthesis.templates",
                allowed: "class, instance, embeddings: a learnt word stands in one template", at: key)
        }
    }

    /// The last of these keys that the text gives a value to, or the last of them.
    func lastGiven(among paths: [String]) -> String {
        present.last { paths.contains($0.path) }?.path ?? paths[paths.count - 1]
    }

    /// Reports a problem of one key at the place of another.
    mutating func report(_ reason: ScenarioProblem.Reason, at path: String, causedBy cause: String) {
        let place = place(of: cause, present.last { $0.path == cause }?.node)
        report(ScenarioProblem(place: place, keyPath: path, reason: reason))
    }

    /// The key to be changed for a combination to make sense: with a sweep, the sweep itself.
    func culprit(_ key: String) -> String { isSwept ? "sweep" : key }

    /// Reports that the value of a key contradicts something else.
    ///
    /// - Parameters:
    ///   - cause: the key that is to be changed; `nil` for the key itself.
    mutating func reportConflict(
        _ value: String, with other: String, allowed: String, at key: String, causedBy cause: String? = nil
    ) {
        report(
            .conflict(value: value, with: other, allowed: allowed), at: key,
            causedBy: culprit(cause ?? key))
    }

    // MARK: Values

    /// The values of a mapping that must have exactly these keys; `nil` after a problem was reported.
    mutating func parameters(
        _ node: Node, _ path: String, _ formats: [(name: String, format: ValueFormat<Double>)]
    ) -> [Double]? {
        let names = formats.map(\.name)
        guard case .mapping(let mapping) = node else {
            reject(node, path, allowed: "a mapping with the keys \(names.joined(separator: ", "))")
            return nil
        }
        let problemsBefore = problems.count
        for (key, _) in mapping where !(key.textOfScalar.map(names.contains) ?? false) {
            reportUnknownKey(key, in: path, known: names, isSection: false)
        }
        let values = formats.map { name, format -> Double? in
            guard let value = mapping.first(where: { $0.key.textOfScalar == name })?.value else {
                report(.missingKey(allowed: format.allowed), at: "\(path).\(name)", node)
                return nil
            }
            return format.read(value, "\(path).\(name)", &self)
        }
        return problems.count == problemsBefore ? values.compactMap(\.self) : nil
    }

    /// The names in a list of methods; `nil` after a problem was reported.
    mutating func methods(_ items: [Node], _ path: String) -> [String]? {
        let problemsBefore = problems.count
        var names: [String] = []
        for (index, item) in items.enumerated() {
            let itemPath = "\(path)[\(index)]"
            guard let name = item.textOfScalar, knownMethods?.contains(name) ?? true else {
                let known = knownMethods ?? []
                let suggestion = item.textOfScalar.flatMap { nearestWord(to: $0, among: known) }
                let reason = ScenarioProblem.Reason.unknownMethod(
                    value: item.shortText, suggestion: suggestion, known: known)
                report(reason, at: itemPath, item)
                continue
            }
            if names.contains(name) {
                report(.duplicateItem(value: name), at: itemPath, item)
            } else {
                names.append(name)
            }
        }
        return problems.count == problemsBefore ? names : nil
    }

    /// Whether a node has a value; reports where it has none.
    mutating func hasValue(_ node: Node, _ path: String, allowed: String) -> Bool {
        if node.isEmptyValue { report(.noValue(allowed: allowed), at: path, node) }
        return !node.isEmptyValue
    }

    // MARK: Problems

    /// Reports that the value of a node is not among the allowed ones.
    mutating func reject(_ node: Node, _ path: String, allowed: String) {
        report(.notAllowed(value: node.shortText, allowed: allowed), at: path, node)
    }

    /// Reports a key that its section does not have, with the key that was probably meant.
    ///
    /// - Parameter isSection: Whether it stands in a section of the scenario; otherwise in the value of one
    ///   key.
    mutating func reportUnknownKey(
        _ key: Node, in section: String, known: [String], isSection: Bool = true
    ) {
        let name = key.textOfScalar ?? key.shortText
        // A key that exists elsewhere was probably written one level too high or too low.
        let elsewhere =
            isSection
            ? catalogue.keys.all.first { $0.path.hasSuffix(".\(name)") || $0.path == name }?.path : nil
        let paths = isSection && name.contains(".") ? catalogue.keys.all.map(\.path) : []
        let suggestion =
            problems.count > Self.suggestionLimit
            ? nil : nearestWord(to: name, among: known) ?? elsewhere ?? nearestWord(to: name, among: paths)
        report(.unknownKey(suggestion: suggestion, known: known), at: joined(section, shortened(name)), key)
    }

    /// Reports a problem of the key at `path`, placed at the override that set it or else at the node's mark.
    mutating func report(_ reason: ScenarioProblem.Reason, at path: String?, _ node: Node?) {
        report(ScenarioProblem(place: place(of: path, node), keyPath: path, reason: reason))
    }

    /// The most problems that are told one by one.
    private static let problemLimit = 10_000
    /// The most of them for which the word that was meant is looked for.
    private static let suggestionLimit = 1000

    /// Adds a problem.
    mutating func report(_ problem: ScenarioProblem) {
        if problems.count < Self.problemLimit { problems.append(problem) } else { unreported += 1 }
    }

    /// Everything that is wrong, with a last line for what is not told.
    var allProblems: [ScenarioProblem] {
        guard unreported > 0 else { return problems }
        return problems + [ScenarioProblem(place: .file, keyPath: nil, reason: .more(count: unreported))]
    }

    private func place(of path: String?, _ node: Node?) -> ScenarioProblem.Place {
        // The last override of a key is the one that holds.
        if let path, let index = overridePaths.lastIndex(where: { isPath(path, inside: $0) }) {
            return .override(index: index, keyPath: overridePaths[index])
        }
        guard let mark = node?.mark else { return .file }
        return .line(mark.line, column: mark.column)
    }
}

/// A key path one level deeper.
func joined(_ section: String, _ name: String) -> String {
    section.isEmpty ? name : "\(section).\(name)"
}

/// Whether a key path is another one or below it.
func isPath(_ path: String, inside ancestor: String) -> Bool {
    path == ancestor || path.hasPrefix("\(ancestor).") || path.hasPrefix("\(ancestor)[")
}
