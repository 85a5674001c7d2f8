/// What is wrong with a `WorldDistribution`.
public enum WorldDistributionError: Error, Hashable, Sendable {
    /// A list of weights has the wrong number of entries.
    case weightCount(field: String, count: Int, expected: Int)
    /// A list of weights has a negative or infinite entry or no positive one.
    case weights(field: String, values: [Float])
    /// A number or a bound of a range lies outside of what is allowed.
    case outOfRange(field: String, value: Float, allowed: ClosedRange<Float>)
}

extension WorldDistribution {
    /// Checks every field against the values that the renderer can draw.
    ///
    /// - Throws: the first `WorldDistributionError` in the order of the fields.
    public func validate() throws(WorldDistributionError) {
        try Self.check("styleWeights", styleWeights, count: WorldStyle.allCases.count)
        try Self.check("colourWeights", colourWeights, count: WorldColour.allCases.count)
        try Self.check("backgroundWeights", backgroundWeights, count: WorldBackground.allCases.count)
        let probabilities = [
            ("paletteProbability", paletteProbability), ("textureProbability", textureProbability),
            ("occlusionProbability", occlusionProbability),
        ]
        for (field, probability) in probabilities {
            try Self.check(field, probability...probability, within: 0...1)
        }
        try Self.check("scale", scale, within: 0.1...1.5)
        try Self.check("rotation", rotation, within: -Float.pi...Float.pi)
        try Self.check("shift", shift, within: -1...1)
        try Self.check("shear", shear, within: -1...1)
        try Self.check("shapeParameter", shapeParameter, within: 0...1)
        try Self.check("groundSaturation", groundSaturation, within: 0...1)
        try Self.check("groundValue", groundValue, within: 0...1)
        try Self.check("groundOffset", groundOffset, within: 0...1)
        try Self.check("separation", separation...separation, within: 0...1)
        try Self.check("contrast", contrast, within: 0...1)
        try Self.check("light", light, within: 0...1)
        try Self.check("blur", blur, within: 0...1)
        try Self.check("noise", noise, within: 0...1)
    }

    private static func check(
        _ field: String, _ weights: [Float], count: Int
    ) throws(WorldDistributionError) {
        guard weights.count == count else {
            throw .weightCount(field: field, count: weights.count, expected: count)
        }
        guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }), weights.contains(where: { $0 > 0 }) else {
            throw .weights(field: field, values: weights)
        }
    }

    private static func check(
        _ field: String, _ range: ClosedRange<Float>, within allowed: ClosedRange<Float>
    ) throws(WorldDistributionError) {
        for bound in [range.lowerBound, range.upperBound] where !allowed.contains(bound) {
            throw .outOfRange(field: field, value: bound, allowed: allowed)
        }
    }
}
