import Yams

extension ScenarioKeys {
    /// Sections that one word may stand for: `training: none` is `training: { mode: none }`.
    private static let shorthands = [
        "training": "training.mode", "participation": "participation.policy",
        "compression": "compression.kind", "aggregation": "aggregation.rule", "attack": "attack.kind",
    ]

    /// The key that a node which stands for a whole section gives a value to; `nil` where it is no such word.
    func shorthand(of node: Node, in section: String) -> String? {
        guard let path = Self.shorthands[section], let word = node.textOfScalar,
            let key = all.first(where: { $0.path == path }),
            key.allowed.components(separatedBy: ", ").contains(word)
        else { return nil }
        return path
    }
}

extension Node {
    /// This tree with the sections that one word stands for written out, so that an override of another key
    /// of the section finds a section.
    func withSectionsWrittenOut(_ keys: ScenarioKeys) -> Node {
        guard case .mapping(var mapping) = self else { return self }
        for (key, value) in mapping {
            guard let section = key.textOfScalar, let path = keys.shorthand(of: value, in: section)
            else {
                continue
            }
            let name = String(path.dropFirst(section.count + 1))
            mapping[key] = .mapping(Node.Mapping([(Node(name), value)], .implicit, .block, value.mark))
        }
        return .mapping(mapping)
    }
}
