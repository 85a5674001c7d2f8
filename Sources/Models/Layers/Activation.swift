/// Activation functions, named as in the configuration files of transformers.
public enum Activation: String, Sendable, Hashable, Codable, CaseIterable {
    /// x · Φ(x), Φ the normal distribution function (arXiv 1606.08415).
    case gelu
    /// x · sigmoid(1.702 x), as OpenAI's CLIP was trained.
    case quickGelu = "quick_gelu"
    /// x · sigmoid(x) (arXiv 1702.03118).
    case silu

    /// The function of every element.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        switch self {
        case .gelu: input.gelu()
        case .quickGelu: input * (input * 1.702).sigmoid()
        case .silu: input.silu()
        }
    }
}

extension ConfigurationFields {
    /// transformers' other names for the same functions.
    private static let otherNames = ["gelu_python": Activation.gelu, "swish": .silu]

    /// A function out of `allowed`, by any of its names.
    ///
    /// - Throws: `FoundationModelError.unsupportedValue`.
    mutating func activation(
        _ key: String, default standard: Activation, allowed: [Activation]
    ) throws -> Activation {
        if let choice = text(key).flatMap({ Self.otherNames[$0] }), allowed.contains(choice) {
            ignore(key)
            return choice
        }
        return try name(key, default: standard, allowed: allowed)
    }
}
