import Models
import Yams

extension Scenario {
    /// What classes are called in prompts, where the scenario says so.
    public enum ClassNames: Sendable, Hashable {
        /// Names by class folder or label, in the order of the file.
        case table([ClassName])
        /// The path of a file of names.
        case file(String)
    }

    /// The name of one class.
    public struct ClassName: Sendable, Hashable {
        /// The class folder or label.
        public var id: String
        /// The name in prompts.
        public var name: String

        /// Names a class.
        public init(id: String, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// Which labels of a set with two kinds are the classes.
    public enum LabelLevel: String, Sendable, CaseIterable {
        /// The hundred classes of CIFAR-100.
        case fine
        /// Its twenty superclasses.
        case coarse
    }
}

// The key `data.class-names`.

extension ValueFormat where Value == Scenario.ClassNames {
    /// A mapping of classes to names, or the path of a file.
    static var classNames: Self {
        let allowed =
            "a mapping of class folders or labels to names, such as { n02086240: Shih-Tzu }, or the path of "
                + "a file with "
            + "a line 'id name' for each"
        let path = ValueFormat<String>.path("a file of names")
        let text = ValueFormat<String>.text(
            "a name on one line of at most 200 characters", where: \.isOneLine)
        return Self(kind: .list, allowed: allowed) { node, key, reader in
            guard reader.hasValue(node, key, allowed: allowed) else { return nil }
            switch node {
            case .scalar:
                return path.read(node, key, &reader).map { .file($0) }
            case .mapping(let mapping) where !mapping.isEmpty:
                var names: [Scenario.ClassName] = [], seen: Set<String> = []
                for (id, value) in mapping {
                    guard let id = id.textOfScalar, !id.isEmpty, seen.insert(id).inserted else {
                        reader.reject(id, key, allowed: allowed)
                        return nil
                    }
                    guard let name = text.read(value, "\(key).\(shortened(id))", &reader) else { return nil }
                    names.append(.init(id: id, name: name))
                }
                return .table(names)
            default:
                reader.reject(node, key, allowed: allowed)
                return nil
            }
        } write: { names in
            switch names {
            case .file(let path): textNode(path)
            case .table(let names):
                Node(names.map { (textNode($0.id), textNode($0.name)) }, .implicit, .flow)
            }
        }
    }
}

extension Scenario.ClassNames {
    /// The names as readers of data sets take them.
    var given: GivenClassNames {
        switch self {
        case .file(let path): .file(UserPath.expanded(path))
        case .table(let names):
            .table(Dictionary(names.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first }))
        }
    }
}
