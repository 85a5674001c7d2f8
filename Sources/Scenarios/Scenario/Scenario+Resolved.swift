import Core
import Yams

extension Scenario {
    /// The canonical text of this scenario: every key with its value, in a fixed order.
    ///
    /// Parsing it gives an equal scenario. Equal scenarios have equal texts.
    public var resolvedYAML: String {
        var top = Section()
        for key in catalogue.keys.all {
            if let node = key.write(self) { top.insert(node, at: key.path.split(separator: ".")[...]) }
        }
        var root = top.node
        if !sweep.isEmpty { root.mapping?["sweep"] = sweepNode }
        do {
            return try serialize(node: root, width: -1, allowUnicode: true)
        } catch {
            preconditionFailure("the scenario \(name) does not serialize: \(error)")
        }
    }

    /// The SHA-256 of `resolvedYAML`, as 64 hexadecimal digits.
    public var sha256: String {
        SHA256.hash(data: Array(resolvedYAML.utf8)).hexadecimal
    }

    private var sweepNode: Node {
        Node(sweep.map { (Node($0.keyPath), Node($0.nodes, .implicit, .flow)) }, .implicit, .block)
    }
}

/// A tree of sections in the order of insertion.
private struct Section {
    private var names: [String] = []
    private var entries: [Entry] = []

    private indirect enum Entry {
        case value(Node)
        case section(Section)
    }

    mutating func insert(_ value: Node, at path: ArraySlice<Substring>) {
        guard let first = path.first else { return }
        let name = String(first)
        let rest = path.dropFirst()
        if rest.isEmpty {
            names.append(name)
            entries.append(.value(value))
        } else if let index = names.firstIndex(of: name), case .section(var section) = entries[index] {
            section.insert(value, at: rest)
            entries[index] = .section(section)
        } else {
            var section = Section()
            section.insert(value, at: rest)
            names.append(name)
            entries.append(.section(section))
        }
    }

    var node: Node {
        let pairs = zip(names, entries).map { name, entry -> (Node, Node) in
            switch entry {
            case .value(let node): (Node(name), node)
            case .section(let section): (Node(name), section.node)
            }
        }
        return Node(pairs, .implicit, .block)
    }
}
