import Core
import Yams

extension Node {
    /// Whether this is an empty scalar, `~` or `null` without quotes.
    var isEmptyValue: Bool {
        guard let plainText else { return false }
        return ["", "~", "null"].contains(plainText)
    }

    /// The text of a scalar, in quotes or not.
    var textOfScalar: String? {
        if case .scalar(let scalar) = self { scalar.string } else { nil }
    }

    /// The text of a scalar without quotes.
    var plainText: String? {
        guard case .scalar(let scalar) = self else { return nil }
        return [.any, .plain].contains(scalar.style) ? scalar.string : nil
    }

    /// What a user recognises this value by in an error sentence, on one line.
    var shortText: String {
        switch self {
        case .scalar(let scalar):
            let text = shortened(scalar.string)
            return plainText == nil ? "\"\(text)\"" : text
        case .mapping(let items): return items.isEmpty ? "an empty mapping" : "a mapping"
        case .sequence(let items): return items.isEmpty ? "an empty list" : "a list"
        case .alias: return "an alias"
        }
    }
}

/// At most 60 characters of a text, control characters made visible.
func shortened(_ text: String) -> String { TerminalText.line(text) }

/// A node as one line of YAML.
func inlineYAML(_ node: Node) -> String {
    do {
        let text = try serialize(node: node.inFlowStyle, width: -1, allowUnicode: true)
        // A document that is one plain scalar ends in an explicit end mark.
        let line = text.split(separator: "\n").filter { $0 != "..." }.joined(separator: " ")
        return line
    } catch {
        preconditionFailure("a node built by this module does not serialize: \(error)")
    }
}

extension Node {
    /// This node with every mapping and list on one line.
    var inFlowStyle: Node {
        switch self {
        case .scalar(var scalar):
            // Block scalars cannot stand inside a flow collection.
            if [.literal, .folded].contains(scalar.style) { scalar.style = .doubleQuoted }
            return .scalar(scalar)
        case .mapping(let mapping):
            return Node(mapping.map { ($0.key.inFlowStyle, $0.value.inFlowStyle) }, .implicit, .flow)
        case .sequence(let items):
            return Node(items.map(\.inFlowStyle), .implicit, .flow)
        case .alias:
            return self
        }
    }
}
