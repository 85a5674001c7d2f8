import Simulator
import Yams

extension ValueFormat where Value == Distribution {
    /// A quantity, or a distribution of quantities: `{ lognormal: { median: 20Mbps, sigma: 0.8 } }`.
    static func distribution(_ kind: QuantityKind, in bounds: QuantityBounds? = nil) -> Self {
        distribution(
            of: .quantity(kind, in: bounds), kind: .distribution(kind), example: kind.example)
    }

    /// A factor above 0 without a unit, or a distribution of factors.
    static var factors: Self {
        distribution(
            of: .number(from: ClientBounds.slowdown.lowerBound, to: ClientBounds.slowdown.upperBound),
            kind: .factor, example: "1.5")
    }

    private static func distribution(
        of quantity: ValueFormat<Double>, kind: ScenarioKey.Kind, example: String
    ) -> Self {
        let family = DistributionFamily(quantity: quantity)
        let allowed =
            quantity.allowed + "; or a distribution such as "
            + "{ lognormal: { median: \(example), sigma: 0.8 } }, "
            + "of the kinds \(DistributionFamily.names.joined(separator: ", "))"
        return Self(kind: kind, allowed: allowed) { node, path, reader in
            switch node {
            case .scalar:
                return quantity.read(node, path, &reader).map(Distribution.constant)
            case .mapping(let mapping) where mapping.count == 1:
                return family.read(mapping, path, &reader)
            default:
                reader.reject(node, path, allowed: allowed)
                return nil
            }
        } write: {
            family.write($0)
        }
    }
}

/// The distributions of one kind of quantity.
private struct DistributionFamily: Sendable {
    static let names = ["uniform", "lognormal", "exponential", "pareto", "choice"]

    let quantity: ValueFormat<Double>
    /// The tail of a Pareto distribution: below, nearly every draw is beyond all bounds.
    let shape = ValueFormat<Double>.number(from: 0.001, to: 1_000_000)
    /// Their sum must be a number, too.
    let weight = ValueFormat<Double>.number(above: 0, atMost: 1e12)
    let spread = ValueFormat<Double>.number(from: 0, to: 10)

    func read(_ mapping: Node.Mapping, _ path: String, _ reader: inout ScenarioReader) -> Distribution? {
        guard let (key, body) = mapping.first.map({ ($0.key, $0.value) }) else { return nil }
        guard let name = key.textOfScalar, Self.names.contains(name) else {
            reader.reportUnknownKey(key, in: path, known: Self.names)
            return nil
        }
        let inner = "\(path).\(name)"
        switch name {
        case "uniform":
            return readUniform(body, inner, &reader)
        case "lognormal":
            let values = reader.parameters(body, inner, [("median", quantity), ("sigma", spread)])
            return values.map { .lognormal(median: $0[0], sigma: $0[1]) }
        case "exponential":
            return reader.parameters(body, inner, [("mean", quantity)]).map { .exponential(mean: $0[0]) }
        case "pareto":
            let values = reader.parameters(body, inner, [("minimum", quantity), ("shape", shape)])
            return values.map { .pareto(minimum: $0[0], shape: $0[1]) }
        default:
            return readChoice(body, inner, &reader)
        }
    }

    private func readUniform(_ body: Node, _ path: String, _ reader: inout ScenarioReader) -> Distribution? {
        guard let bounds = reader.parameters(body, path, [("from", quantity), ("to", quantity)]) else {
            return nil
        }
        guard bounds[0] < bounds[1] else {
            let found = "from \(quantity.text(bounds[0])) to \(quantity.text(bounds[1]))"
            reader.report(.notAllowed(value: found, allowed: "a from that is less than to"), at: path, body)
            return nil
        }
        return .uniform(from: bounds[0], to: bounds[1])
    }

    private func readChoice(_ body: Node, _ path: String, _ reader: inout ScenarioReader) -> Distribution? {
        guard case .sequence(let items) = body, !items.isEmpty else {
            reader.reject(
                body, path, allowed: "a list of values with weights such as [ { value: …, weight: 2 } ]")
            return nil
        }
        let pairs = items.enumerated().map { index, item in
            reader.parameters(item, "\(path)[\(index)]", [("value", quantity), ("weight", weight)])
        }
        guard !pairs.contains(where: { $0 == nil }) else { return nil }
        let options = pairs.compactMap(\.self)
        return .choice(values: options.map { $0[0] }, weights: options.map { $0[1] })
    }

    func write(_ distribution: Distribution) -> Node {
        switch distribution {
        case .constant(let value):
            quantity.write(value)
        case .uniform(let from, let to):
            mapping("uniform", [("from", quantity.write(from)), ("to", quantity.write(to))])
        case .lognormal(let median, let sigma):
            mapping("lognormal", [("median", quantity.write(median)), ("sigma", spread.write(sigma))])
        case .exponential(let mean):
            mapping("exponential", [("mean", quantity.write(mean))])
        case .pareto(let minimum, let shape):
            mapping("pareto", [("minimum", quantity.write(minimum)), ("shape", self.shape.write(shape))])
        case .choice(let values, let weights):
            flow([("choice", Node(zip(values, weights).map(option), .implicit, .flow))])
        }
    }

    private func option(_ value: Double, _ weight: Double) -> Node {
        flow([("value", quantity.write(value)), ("weight", self.weight.write(weight))])
    }

    private func mapping(_ name: String, _ parameters: [(String, Node)]) -> Node {
        flow([(name, flow(parameters))])
    }

    private func flow(_ pairs: [(String, Node)]) -> Node {
        Node(pairs.map { (Node($0.0), $0.1) }, .implicit, .flow)
    }
}

extension ValueFormat where Value == Double {
    /// A value in its canonical spelling.
    fileprivate func text(_ value: Double) -> String { write(value).textOfScalar ?? "" }
}
