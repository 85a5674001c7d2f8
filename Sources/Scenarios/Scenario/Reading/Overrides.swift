import Core
import Yams

/// One `--set key.path=value`.
struct Override {
    /// The key path before the first `=`.
    let keyPath: String
    /// The YAML text behind it; empty to remove the key.
    let value: String

    /// Splits the text at its first `=`; `nil` without one or without a key path.
    init?(_ text: String) {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        keyPath = String(text[..<equals].drop { $0 == " " })
        value = String(text[text.index(after: equals)...])
        guard !keyPath.isEmpty else { return nil }
    }

    /// The names from the top of the tree to the key. A path below `sweep` is one name, as it is in the file.
    var components: [String] { Self.components(of: keyPath, declared: "") }

    /// The names from a section to a key below it.
    static func components(of path: String, declared: String) -> [String] {
        if declared.isEmpty, let swept = sweptPath(of: path) { return ["sweep", swept] }
        return path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }
}

extension Scenario {
    /// The key that a name probably means: `training.rounds` for `rounds`.
    public static func keyPath(near name: String, in catalogue: Catalogue = .standard) -> String? {
        let known = catalogue.keys.all.map(\.path)
        if known.contains(name) { return name }
        return nearestWord(to: name, among: known) ?? known.first { $0.hasSuffix(".\(name)") }
    }
}

extension Override {
    /// The key path behind `sweep.`; `nil` for any other path.
    fileprivate static func sweptPath(of path: String) -> String? {
        path.hasPrefix("sweep.") ? String(path.dropFirst("sweep.".count)) : nil
    }
}

extension ScenarioReader {
    /// The tree with every override applied, in order; reports those that cannot be.
    mutating func applying(_ overrides: [String], to root: Node) -> Node {
        guard !overrides.isEmpty else { return root }
        var root = root.withSectionsWrittenOut(catalogue.keys)
        for text in overrides {
            guard let override = Override(text) else {
                overridePaths.append(shortened(text))
                let place = ScenarioProblem.Place.override(
                    index: overridePaths.count - 1, keyPath: shortened(text))
                let reason = ScenarioProblem.Reason.overrideSyntax(text: shortened(text))
                report(ScenarioProblem(place: place, keyPath: shortened(text), reason: reason))
                continue
            }
            overridePaths.append(override.keyPath)
            guard isKnown(override) else { continue }
            do throws(ScenarioProblem) {
                let composed = try ScenarioText.compose(override.value)
                let value = nestingDottedKeys(
                    in: composed, declared: override.keyPath, shown: override.keyPath)
                // One word for a section changes what the word says, and leaves the section's other keys.
                let key = catalogue.keys.shorthand(of: value, in: override.keyPath)
                let components = key.map { $0.split(separator: ".").map(String.init) } ?? override.components
                root = root.setting(components[...], to: value, catalogue.keys)
            } catch {
                if error.reason == .empty {
                    root = root.setting(override.components[...], to: nil, catalogue.keys)
                } else {
                    report(error.reason, at: override.keyPath, nil)
                }
            }
        }
        return root
    }

    /// Whether the override names a key, a section, a distribution's parameter or a sweep; reports if not.
    private mutating func isKnown(_ override: Override) -> Bool {
        let path = override.keyPath
        if catalogue.keys.isAddressable(path) { return true }
        let swept = Override.sweptPath(of: path) ?? path
        let known = catalogue.keys.all.map(\.path)
        let suggestion = nearestWord(to: swept, among: known) ?? known.first { $0.hasSuffix(".\(swept)") }
        report(.unknownKey(suggestion: suggestion, known: catalogue.keys.names(in: "")), at: path, nil)
        return false
    }

    /// Reports overrides of keys that a sweep of the same scenario sets again.
    mutating func checkSweptOverrides(_ axes: [SweepAxis]) {
        for path in overridePaths {
            if let axis = axes.first(where: { isPath(path, inside: $0.keyPath) }) {
                report(.overrideIsSwept(axis: axis.keyPath), at: path, nil)
            }
        }
    }
}

extension Node {
    /// This tree with the value at a path replaced, added, or removed for `nil`.
    ///
    /// A scalar on the way stays as it is where a section belongs, so that its own error is reported, and
    /// gives way where it is a constant whose distribution is being set.
    fileprivate func setting(
        _ path: ArraySlice<String>, to value: Node?, _ keys: ScenarioKeys, inside parent: String = ""
    ) -> Node {
        guard let name = path.first else { return value ?? self }
        let isLeaf = keys.all.contains { $0.path == parent }
        var mapping: Node.Mapping
        switch self {
        case .mapping(let existing): mapping = existing
        case .scalar where isEmptyValue || isLeaf: mapping = Mapping([])
        default: return self
        }
        let rest = path.dropFirst()
        if rest.isEmpty {
            mapping[name] = value
        } else if let child = mapping[name] ?? (value == nil ? nil : Node.mapping([:])) {
            mapping[name] = child.setting(rest, to: value, keys, inside: joined(parent, name))
        }
        return .mapping(mapping)
    }
}
