import Simulator
import Yams

/// Where a scenario takes the values of a client quantity from.
public enum QuantitySource: Sendable, Hashable {
    /// The same for all, or drawn for each client.
    case drawn(Distribution)
    /// A column of a trace file, by the quantity's name; the path is relative to the scenario's file.
    case trace(path: String)
}

extension ValueFormat where Value == QuantitySource {
    /// A quantity, a distribution of quantities, or `{ trace: path.csv }`.
    static func source(_ kind: QuantityKind, in bounds: QuantityBounds? = nil) -> Self {
        source(.distribution(kind, in: bounds))
    }

    /// A factor, a distribution of factors, or `{ trace: path.csv }`.
    static var factorSource: Self { source(.factors) }

    private static func source(_ distribution: ValueFormat<Distribution>) -> Self {
        let path = ValueFormat<String>.path("a trace file (docs/traces.md)")
        let allowed = distribution.allowed + ", or { trace: phones.csv }"
        return Self(kind: distribution.kind, allowed: allowed) { node, key, reader in
            switch node {
            case .mapping(let mapping) where mapping.count == 1 && mapping.first?.key.textOfScalar == "trace":
                guard let value = mapping.first?.value else { return nil }
                return path.read(value, "\(key).trace", &reader).map { .trace(path: $0) }
            case .scalar, .mapping:
                return distribution.read(node, key, &reader).map(QuantitySource.drawn)
            default:
                reader.reject(node, key, allowed: allowed)
                return nil
            }
        } write: { source in
            switch source {
            case .drawn(let drawn): distribution.write(drawn)
            case .trace(let path): Node([(Node("trace"), textNode(path))], .implicit, .flow)
            }
        }
    }
}
