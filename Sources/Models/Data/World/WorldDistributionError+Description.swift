extension WorldDistributionError: CustomStringConvertible {
    /// One line: the field, its value, and what is allowed.
    public var description: String {
        switch self {
        case .weightCount(let field, let count, let expected):
            "world distribution: \(field) has \(count) weights; \(expected) are needed"
        case .weights(let field, let values):
            "world distribution: \(field) is \(values); "
                + "weights must be finite, not negative, one of them positive"
        case .outOfRange(let field, let value, let allowed):
            "world distribution: \(field) reaches \(value); "
                + "allowed is \(allowed.lowerBound) to \(allowed.upperBound)"
        }
    }
}
