import Models
import Yams

// Values that name domains: the styles of the built-in world, and the templates of prompts.

extension ValueFormat where Value == [WorldStyle] {
    /// A list of different styles.
    static var styles: Self {
        let names = WorldStyle.allCases.map(\.name)
        let allowed = "a list of at least one of \(names.joined(separator: ", "))"
        return Self(kind: .list, allowed: allowed) { node, path, reader in
            guard reader.hasValue(node, path, allowed: allowed) else { return nil }
            guard case .sequence(let items) = node, !items.isEmpty else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            var styles: [WorldStyle] = []
            for (index, item) in items.enumerated() {
                guard let style = WorldStyle.allCases.first(where: { $0.name == item.textOfScalar }) else {
                    reader.reject(item, "\(path)[\(index)]", allowed: names.joined(separator: ", "))
                    return nil
                }
                guard !styles.contains(style) else {
                    reader.report(.duplicateItem(value: style.name), at: "\(path)[\(index)]", item)
                    return nil
                }
                styles.append(style)
            }
            return styles
        } write: { styles in
            Node(styles.map { Node($0.name) }, .implicit, .flow)
        }
    }
}

extension ValueFormat where Value == [Scenario.DomainTemplate] {
    /// A mapping from names of domains to templates.
    static var templates: Self {
        let allowed =
            "a mapping of domains to texts that contain {class}, such as { sketch: \"A sketch of a {class}\" "
                + "}"
        let text = ValueFormat<String>.text("text that contains {class}, such as \"A sketch of a {class}\"") {
            $0.contains("{class}")
        }
        return Self(kind: .list, allowed: allowed) { node, path, reader in
            guard reader.hasValue(node, path, allowed: allowed) else { return nil }
            guard case .mapping(let mapping) = node, !mapping.isEmpty else {
                reader.reject(node, path, allowed: allowed)
                return nil
            }
            var templates: [Scenario.DomainTemplate] = []
            for (key, value) in mapping {
                guard let domain = key.textOfScalar, !domain.isEmpty else {
                    reader.reject(key, path, allowed: allowed)
                    return nil
                }
                guard let template = text.read(value, "\(path).\(shortened(domain))", &reader) else {
                    return nil
                }
                templates.append(.init(domain: domain, text: template))
            }
            return templates
        } write: { templates in
            Node(templates.map { (textNode($0.domain), textNode($0.text)) }, .implicit, .flow)
        }
    }
}

extension Scenario.Synthesis {
    /// The template for images of a domain.
    func template(forDomain domain: String) -> String {
        templates?.first { $0.domain == domain }?.text ?? template
    }
}
