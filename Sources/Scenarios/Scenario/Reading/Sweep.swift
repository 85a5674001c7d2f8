import Core
import Yams

extension Scenario {
    /// The most variants a sweep may have.
    static let variantLimit = 1000

    /// The single experiments of this scenario: the Cartesian product of its sweep, the last axis fastest.
    ///
    /// A swept value replaces the whole key or section, as `--set` does. The label names what varies, such as
    /// `beta=0.01`; it is empty for a scenario without a sweep.
    public func variants() -> [(label: String, scenario: Scenario)] {
        variants(resolvesPaths: !sweep.isEmpty)
    }

    /// The line that a command writes which takes a scenario's own values and not those of its sweep.
    public var leavesSweepOut: Notice? {
        sweep.isEmpty
            ? nil
            : .warning(
                "the sweep of \(sweep.map(\.keyPath).joined(separator: ", ")) is left out: "
                    + "the scenario's own values are taken")
    }

    /// - Parameter resolvesPaths: whether relative paths are taken from the folder of the scenario's file.
    func variants(resolvesPaths: Bool) -> [(label: String, scenario: Scenario)] {
        var variants: [(labels: [String], scenario: Scenario)] = [([], self)]
        for axis in sweep {
            let values = Array(zip(axis.nodes, axis.labels(besides: sweep)))
            variants = variants.flatMap { variant in
                values.map { node, label in
                    (variant.labels + [label], variant.scenario.setting(axis.keyPath, to: node))
                }
            }
        }
        return variants.map { labels, scenario in
            var single = scenario
            single.sweep = []
            single.data.fillInCounts()
            if resolvesPaths { single = single.resolvingPaths() }
            return (labels.joined(separator: ", "), single)
        }
    }

    /// This scenario with a key or section read from a value that was valid when the scenario was parsed.
    private func setting(_ keyPath: String, to value: Node) -> Scenario {
        var reader = ScenarioReader(knownMethods: nil, catalogue: catalogue)
        var scenario = self
        reader.readSwept(value, keyPath, shown: keyPath, into: &scenario)
        precondition(
            reader.problems.isEmpty, "sweep.\(keyPath) holds \(inlineYAML(value)): \(reader.problems)")
        return scenario
    }
}

extension ScenarioReader {
    /// Reads a swept value, which replaces the key or every key of the section.
    mutating func readSwept(_ value: Node, _ keyPath: String, shown: String, into scenario: inout Scenario) {
        for key in catalogue.keys.all where isPath(key.path, inside: keyPath) { key.reset(&scenario) }
        let value = nestingDottedKeys(in: value, declared: keyPath, shown: shown)
        read(value, declared: keyPath, shown: shown, into: &scenario)
    }

    /// Reads and validates the section `sweep`.
    mutating func readSweep(_ root: Node, into scenario: inout Scenario) {
        guard case .mapping(let top) = root, let sweep = top["sweep"], !sweep.isEmptyValue else { return }
        guard case .mapping(let axes) = sweep else {
            reject(
                sweep, "sweep", allowed: "a mapping of key paths to lists, such as { clients: [5, 50] }")
            return
        }
        var variants = 1
        for (key, values) in axes {
            if case .sequence(let items) = values {
                let (product, overflow) = variants.multipliedReportingOverflow(by: max(items.count, 1))
                variants = overflow ? .max : product
            }
            // Beyond the limit nothing is read: it could be any number of values.
            guard variants <= Scenario.variantLimit,
                let axis = readAxis(key, values, besides: scenario.sweep.map(\.keyPath), base: scenario)
            else { continue }
            scenario.sweep.append(axis)
        }
        if variants > Scenario.variantLimit {
            report(.tooManyVariants(count: variants, limit: Scenario.variantLimit), at: "sweep", sweep)
        }
    }

    private mutating func readAxis(
        _ key: Node, _ values: Node, besides axes: [String], base: Scenario
    ) -> SweepAxis? {
        guard let keyPath = key.textOfScalar, !keyPath.isEmpty, catalogue.keys.contains(keyPath) else {
            let known = catalogue.keys.all.map(\.path)
            let name = key.textOfScalar ?? key.shortText
            // A key whose value is a mapping is swept as a whole.
            let whole = known.filter { isPath(name, inside: $0) }.max { $0.count < $1.count }
            let reason = ScenarioProblem.Reason.unknownKey(
                suggestion: whole ?? nearestWord(to: name, among: known)
                    ?? known.first { $0.hasSuffix(".\(name)") },
                known: catalogue.keys.names(in: "").filter { $0 != "sweep" })
            report(reason, at: "sweep.\(shortened(name))", key)
            return nil
        }
        let path = "sweep.\(keyPath)"
        guard !["name", "seed", "device"].contains(keyPath) else {
            report(.notSweepable, at: path, key)
            return nil
        }
        if let other = axes.first(where: { isPath($0, inside: keyPath) || isPath(keyPath, inside: $0) }) {
            report(.overlappingAxes(other: other), at: path, key)
            return nil
        }
        guard case .sequence(let items) = values, !items.isEmpty else {
            reject(values, path, allowed: "a list of at least one value")
            return nil
        }
        let problemsBefore = problems.count
        var texts: [String] = []
        for (index, item) in items.enumerated() {
            let itemPath = "\(path)[\(index)]"
            guard hasValue(item, itemPath, allowed: "a value of \(keyPath)") else { continue }
            var variant = base
            readSwept(item, keyPath, shown: itemPath, into: &variant)
            let text = inlineYAML(item)
            if texts.contains(text) { report(.duplicateItem(value: shortened(text)), at: itemPath, item) }
            texts.append(text)
        }
        return problems.count == problemsBefore ? SweepAxis(keyPath: keyPath, values: texts) : nil
    }
}

extension SweepAxis {
    /// The values as trees.
    var nodes: [Node] {
        values.map { text in
            do {
                return try ScenarioText.compose(text)
            } catch {
                preconditionFailure("sweep.\(keyPath) holds \(text), which does not parse: \(error)")
            }
        }
    }

    /// A short label per value, all different.
    fileprivate func labels(besides axes: [SweepAxis]) -> [String] {
        let last = Self.lastName(keyPath)
        let isAmbiguous = axes.count { Self.lastName($0.keyPath) == last } > 1
        let name = isAmbiguous ? keyPath : last
        let short = values.map { Self.label($0, name: name, prefix: isAmbiguous ? "\(keyPath) " : "") }
        let areDifferent = short.indices.allSatisfy { !short[..<$0].contains(short[$0]) }
        return areDifferent ? short : values.map { "\(name)=\($0)" }
    }

    private static func lastName(_ keyPath: String) -> String {
        String(keyPath.split(separator: ".").last ?? "")
    }

    /// `rounds=5` for a scalar; for a section what it sets, its `kind` only where nothing else is set.
    private static func label(_ value: String, name: String, prefix: String) -> String {
        guard let node = try? ScenarioText.compose(value), case .mapping(let mapping) = node else {
            return "\(name)=\(value)"
        }
        let pairs = mapping.map { (key: inlineYAML($0.key), value: inlineYAML($0.value)) }
        if pairs.count == 1, pairs[0].key == "kind" { return prefix + pairs[0].value }
        let others = pairs.filter { $0.key != "kind" }
        return prefix + others.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
}
