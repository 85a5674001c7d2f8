import Yams

// Keys of a file that are written as paths: `training.rounds: 1` is `training: { rounds: 1 }`, as it is for
// --set and in a sweep.

extension ScenarioReader {
    /// The tree with every such key as the nesting that it stands for; reports keys that are given twice.
    ///
    /// Only names of sections are looked at: a name inside a value, such as a domain's, may have dots of its
    /// own.
    ///
    /// - Parameters:
    ///   - declared: the path of the section that the node stands for, `""` for the whole scenario.
    ///   - shown: its path in error sentences.
    mutating func nestingDottedKeys(in node: Node, declared: String, shown: String) -> Node {
        guard case .mapping(let mapping) = node, ScenarioKeys.isSection(declared) else { return node }
        let known = ScenarioKeys.names(in: declared)
        var section = NestedSection(declared: declared)
        for (key, value) in mapping {
            guard let name = key.textOfScalar else {
                section.append(key, value)
                continue
            }
            let path = joined(declared, name)
            let components: [String]
            if !known.contains(name), name.contains("."), ScenarioKeys.isAddressable(path) {
                components = Override.components(of: name, declared: declared)
            } else {
                components = [name]
            }
            let inner =
                components.count == 1 && path != "sweep"
                ? nestingDottedKeys(in: value, declared: path, shown: joined(shown, name)) : value
            if !section.insert(inner, at: components[...], key) {
                report(.duplicateKey, at: joined(shown, name), key)
            }
        }
        return .mapping(Node.Mapping(section.pairs, mapping.tag, mapping.style, mapping.mark))
    }
}

/// A section whose keys come one by one, some as paths.
private struct NestedSection {
    let declared: String
    private(set) var pairs: [(Node, Node)] = []
    /// Where the first pair of each name is: a search for each key would take the square of their number.
    private var positions: [String: Int] = [:]

    init(declared: String, _ pairs: [(Node, Node)] = []) {
        self.declared = declared
        for (key, value) in pairs { append(key, value) }
    }

    /// Adds a pair as it is.
    mutating func append(_ key: Node, _ value: Node) {
        if let name = key.textOfScalar, positions[name] == nil { positions[name] = pairs.count }
        pairs.append((key, value))
    }

    /// Puts a value at a path.
    ///
    /// - Returns: whether there was none before.
    mutating func insert(_ value: Node, at path: ArraySlice<String>, _ key: Node) -> Bool {
        guard let name = path.first else { return false }
        let inner = joined(declared, name), rest = path.dropFirst()
        guard let index = positions[name] else {
            let isKey = rest.isEmpty && key.textOfScalar == name
            let named = isKey ? key : Node.scalar(Node.Scalar(name, Tag(.str), .any, key.mark))
            guard !rest.isEmpty else {
                append(named, value)
                return true
            }
            var section = NestedSection(declared: inner)
            _ = section.insert(value, at: rest, key)
            append(named, .mapping(Node.Mapping(section.pairs, .implicit, .block, key.mark)))
            return true
        }
        guard var section = section(at: index, inner) else { return false }
        if rest.isEmpty {
            // The same section once more, written as a path and as a section.
            guard case .mapping(let more) = value, ScenarioKeys.isSection(inner) else { return false }
            for (key, value) in more {
                guard let name = key.textOfScalar, section.insert(value, at: [name], key) else {
                    return false
                }
            }
        } else if !section.insert(value, at: rest, key) {
            return false
        }
        pairs[index].1 = .mapping(Node.Mapping(section.pairs, .implicit, .block, pairs[index].1.mark))
        return true
    }

    /// What stands at an index as a section, one word for it written out; `nil` where it is a value.
    private func section(at index: Int, _ path: String) -> NestedSection? {
        let node = pairs[index].1
        if case .mapping(let mapping) = node {
            return NestedSection(declared: path, mapping.map { ($0.key, $0.value) })
        }
        if node.isEmptyValue { return NestedSection(declared: path) }
        guard let key = ScenarioKeys.shorthand(of: node, in: path) else { return nil }
        return NestedSection(declared: path, [(Node(String(key.dropFirst(path.count + 1))), node)])
    }
}
