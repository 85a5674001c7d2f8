/// A head as it was sent: linear, or quadratic.
public enum FeatureHead: Sendable {
    case linear(LinearHead)
    case quadratic(QuadraticHead)

    /// - Throws: `SafetensorsError` where the bytes are neither.
    public init(decoding bytes: [UInt8]) throws {
        let isQuadratic = try SafetensorsFile(bytes: bytes, name: "head").contains("means")
        self = isQuadratic ? .quadratic(try .init(decoding: bytes)) : .linear(try .init(decoding: bytes))
    }

    /// How many logits there are.
    public var classes: Int {
        switch self {
        case .linear(let head): head.classes
        case .quadratic(let head): head.classes
        }
    }

    /// How many features an image has.
    public var width: Int {
        switch self {
        case .linear(let head): head.width
        case .quadratic(let head): head.width
        }
    }

    /// Logits `[N, classes]` of features `[N, width]`, row by row.
    ///
    /// - Precondition: rows are whole.
    public func logits(of features: [Float]) -> Tensor {
        switch self {
        case .linear(let head): head.logits(of: features)
        case .quadratic(let head): head.logits(of: features)
        }
    }
}
