/// What a collection of images looks like on the whole: how often each style, colour and background appears,
/// and between which bounds the nuisances are drawn.
///
/// Lengths are in half widths of the image (the image reaches from -1 to 1), colours in 0...1, angles in
/// radians. Every range is drawn from uniformly.
public struct WorldDistribution: Sendable, Hashable {
    /// Relative frequency of each style, by raw value of `WorldStyle`.
    public var styleWeights: [Float]
    /// Relative frequency of each colour, by raw value of `WorldColour`, when the palette is not used.
    public var colourWeights: [Float]
    /// Probability that the colour comes from the object's palette instead.
    public var paletteProbability: Float
    /// Relative frequency of each background, by raw value of `WorldBackground`.
    public var backgroundWeights: [Float]

    /// Distance from the middle of the object to its edge.
    public var scale: ClosedRange<Float>
    /// Rotation, counter-clockwise.
    public var rotation: ClosedRange<Float>
    /// Displacement of the object's middle, in each direction.
    public var shift: ClosedRange<Float>
    /// Horizontal displacement per unit of height.
    public var shear: ClosedRange<Float>
    /// Bounds of the four shape parameters, within 0...1.
    public var shapeParameter: ClosedRange<Float>

    /// Probability that the object of a photo or painting is not of one solid colour.
    public var textureProbability: Float
    /// Probability that something small stands in front of the object of a photo or painting.
    public var occlusionProbability: Float
    /// Saturation of the background's first colour.
    public var groundSaturation: ClosedRange<Float>
    /// Brightness of the background's first colour.
    public var groundValue: ClosedRange<Float>
    /// Distance of the background's second colour from its first, per channel.
    public var groundOffset: ClosedRange<Float>
    /// Smallest distance between the object's colour and the background's first (Euclidean, of RGB); a
    /// background that is too near is drawn again, eight times at most.
    public var separation: Float

    /// Contrast factor around middle gray.
    public var contrast: ClosedRange<Float>
    /// Brightness gained from one side of a photo to the other.
    public var light: ClosedRange<Float>
    /// Weight of the neighbours in a photo's three-tap blur: 0 none, 1 a box.
    public var blur: ClosedRange<Float>
    /// Standard deviation of a photo's sensor noise.
    public var noise: ClosedRange<Float>

    /// The share of photos, with the rest spread evenly over the other styles but quickdraw.
    ///
    /// No foundation model sees a quickdraw drawing: that style is to it what it is to Stable Diffusion,
    /// whose weakest domain it is (arXiv 2306.16064, table 2).
    public static func styleWeights(photoShare: Float) -> [Float] {
        precondition((0...1).contains(photoShare), "a photo share of \(photoShare)")
        let others = (1 - photoShare) / Float(WorldStyle.allCases.count - 2)
        return WorldStyle.allCases.map { style in
            switch style {
            case .real: photoShare
            case .quickdraw: 0
            case .clipart, .infograph, .painting, .sketch: others
            }
        }
    }

    /// The broad distribution on which the foundation model is trained.
    ///
    /// - Parameter photoShare: fraction of images of style `real`; the other styles but quickdraw share the
    ///   rest equally.
    public static func foundation(photoShare: Float = 0.55) -> WorldDistribution {
        WorldDistribution(
            styleWeights: styleWeights(photoShare: photoShare),
            colourWeights: [Float](repeating: 0.1, count: WorldColour.allCases.count),
            paletteProbability: 0.25,
            backgroundWeights: [0.20, 0.16, 0.16, 0.16, 0.16, 0.16],
            scale: 0.5...0.95, rotation: -0.5...0.5, shift: -0.3...0.3, shear: -0.12...0.12,
            shapeParameter: 0...1, textureProbability: 0.6, occlusionProbability: 0.15,
            groundSaturation: 0...0.9, groundValue: 0.1...1, groundOffset: 0.15...0.4, separation: 0.25,
            contrast: 0.45...1, light: 0...0.5, blur: 0...0.9, noise: 0...0.06)
    }

    /// `foundation(photoShare:)` with its default share.
    public static let foundation = foundation()

    /// The narrower, shifted distribution of the clients' own photos.
    public static let `private` = WorldDistribution(
        styleWeights: styleWeights(photoShare: 1),
        colourWeights: [0.20, 0.06, 0.06, 0.18, 0.05, 0.20, 0.05, 0.04, 0.12, 0.04],
        paletteProbability: 0.6,
        backgroundWeights: [0.15, 0.25, 0.30, 0.10, 0.10, 0.10],
        scale: 0.6...0.92, rotation: -0.3...0.3, shift: -0.2...0.2, shear: -0.08...0.08,
        shapeParameter: 0.1...0.9, textureProbability: 0.7, occlusionProbability: 0.15,
        groundSaturation: 0.1...0.5, groundValue: 0.15...0.95, groundOffset: 0.1...0.3, separation: 0.3,
        contrast: 0.6...1, light: 0...0.45, blur: 0.1...0.7, noise: 0.01...0.05)
}
