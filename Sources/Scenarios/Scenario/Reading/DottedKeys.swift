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

/// A section whose keys come one by one, some as paths. A section in it becomes a tree again at the end only:
/// otherwise each key of it would take the time of all that are there.
private struct NestedSection {
    /// What stands behind a key.
    private enum Content {
        case value(Node)
        /// A section, and where it begins.
        case section(NestedSection, Mark?)
    }

    let declared: String
    private var entries: [(key: Node, content: Content)] = []
    /// Where the first entry of each name is: a search for each key would take the square of their number.
    private var positions: [String: Int] = [:]

    init(declared: String, _ pairs: [(Node, Node)] = []) {
        self.declared = declared
        for (key, value) in pairs { append(key, value) }
    }

    /// The keys with their values.
    var pairs: [(Node, Node)] {
        entries.map { key, content in
            switch content {
            case .value(let node): (key, node)
            case .section(let section, let mark):
                (key, .mapping(Node.Mapping(section.pairs, .implicit, .block, mark)))
            }
        }
    }

    /// Adds a pair as it is.
    mutating func append(_ key: Node, _ value: Node) { append(key, .value(value)) }

    private mutating func append(_ key: Node, _ content: Content) {
        if let name = key.textOfScalar, positions[name] == nil { positions[name] = entries.count }
        entries.append((key, content))
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
            append(named, .section(section, key.mark))
            return true
        }
        guard case (var section, let mark)? = section(at: index, inner) else { return false }
        // While the section is changed nothing else holds it, or each change would copy it.
        let before = rest.isEmpty ? entries[index].content : nil
        entries[index].content = .value(key)
        let isNew = rest.isEmpty ? section.merge(value) : section.insert(value, at: rest, key)
        entries[index].content = isNew ? .section(section, mark) : before ?? .section(section, mark)
        return isNew
    }

    /// Adds the keys of the same section once more, written as a path and as a section.
    ///
    /// - Returns: whether it is one, and none of its keys was there before.
    private mutating func merge(_ value: Node) -> Bool {
        guard case .mapping(let more) = value, ScenarioKeys.isSection(declared) else { return false }
        for (key, value) in more {
            guard let name = key.textOfScalar, insert(value, at: [name], key) else { return false }
        }
        return true
    }

    /// What stands at an index as a section, one word for it written out; `nil` where it is a value.
    private func section(at index: Int, _ path: String) -> (NestedSection, Mark?)? {
        let node: Node
        switch entries[index].content {
        case .section(let section, let mark): return (section, mark)
        case .value(let value): node = value
        }
        if case .mapping(let mapping) = node {
            return (NestedSection(declared: path, mapping.map { ($0.key, $0.value) }), node.mark)
        }
        if node.isEmptyValue { return (NestedSection(declared: path), node.mark) }
        guard let key = ScenarioKeys.shorthand(of: node, in: path) else { return nil }
        let pair = (Node(String(key.dropFirst(path.count + 1))), node)
        return (NestedSection(declared: path, [pair]), node.mark)
    }
}
