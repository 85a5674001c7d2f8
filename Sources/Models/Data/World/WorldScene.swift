import Core

/// Everything that is drawn at random about one image before its pixels are painted.
///
/// A scene does not know the image's size: the same scene can be painted at 32 and at 64 pixels.
struct WorldScene: Sendable {
    /// The surface of the object.
    enum Texture: CaseIterable, Sendable {
        case solid, bands, blotches, grain
    }

    /// What stands in front of the object.
    enum Occluder: Sendable {
        case disc(middle: PlaneVector, radius: Float, paint: Paint)
        case bar(start: PlaneVector, end: PlaneVector, halfWidth: Float, paint: Paint)
    }

    var caption: WorldCaption
    var object: WorldObject

    var shape: ShapeParameters
    var placement: ObjectPlacement
    var objectPaint: Paint
    var texture: Texture
    var textureFrequency: Float

    var groundPaint: Paint
    var secondGroundPaint: Paint
    /// Direction of stripes, checks and gradients.
    var patternAngle: Float
    /// Width of a stripe or check.
    var patternPeriod: Float
    var patternPhase: Float

    var occluder: Occluder?
    /// Unit vector towards the light.
    var lightDirection: PlaneVector
    var lightSlope: Float
    var colourCast: Paint
    var contrast: Float
    var blur: Float
    var noise: Float
}

extension WorldScene {
    /// Draws a scene of an object of the given kind.
    ///
    /// - Complexity: O(1), about a microsecond.
    init(
        of object: WorldObject, from distribution: WorldDistribution, using generator: inout RandomStream
    ) {
        let style = WorldStyle.allCases[generator.index(weights: distribution.styleWeights)]
        let usesPalette = generator.isTrue(withProbability: distribution.paletteProbability)
        let colour =
            usesPalette
            ? object.palette[generator.index(below: object.palette.count)]
            : WorldColour.allCases[generator.index(weights: distribution.colourWeights)]
        let background = WorldBackground.allCases[generator.index(weights: distribution.backgroundWeights)]
        caption = WorldCaption(object: object.name, style: style, colour: colour, background: background)
        self.object = object

        shape = ShapeParameters(
            generator.uniform(in: distribution.shapeParameter),
            generator.uniform(in: distribution.shapeParameter),
            generator.uniform(in: distribution.shapeParameter),
            generator.uniform(in: distribution.shapeParameter))
        placement = ObjectPlacement(style: style, from: distribution, using: &generator)
        objectPaint = Self.shade(of: colour, using: &generator)
        let isTextured = generator.isTrue(withProbability: distribution.textureProbability)
        texture = isTextured ? [.bands, .blotches, .grain][generator.index(below: 3)] : .solid
        textureFrequency = generator.uniform(in: 2...4)

        let occludes = generator.isTrue(withProbability: distribution.occlusionProbability)
        occluder = occludes && (style == .real || style == .painting) ? Self.occluder(using: &generator) : nil

        groundPaint = .zero
        for _ in 0..<8 {
            groundPaint = Self.groundPaint(style: style, from: distribution, using: &generator)
            let difference = groundPaint - objectPaint
            if (difference * difference).sum().squareRoot() >= distribution.separation { break }
        }
        secondGroundPaint = Self.neighbour(
            of: groundPaint, style: style, offset: generator.uniform(in: distribution.groundOffset),
            using: &generator)
        patternAngle = generator.uniform(in: 0...Float.pi)
        patternPeriod = generator.uniform(in: 0.28...0.56)
        patternPhase = generator.uniform(in: 0...1)

        let lightAngle = generator.uniform(in: 0...2 * Float.pi)
        lightDirection = PlaneVector(1, 0).rotated(byAngle: lightAngle)
        lightSlope = generator.uniform(in: distribution.light)
        colourCast = Paint(repeating: 1) + generator.paint(in: -0.08...0.08)
        contrast = generator.uniform(in: distribution.contrast)
        blur = generator.uniform(in: distribution.blur)
        noise = generator.uniform(in: distribution.noise)
    }

    /// A shade that still bears the colour's name: brighter or darker, a little off in each channel.
    private static func shade(of colour: WorldColour, using generator: inout RandomStream) -> Paint {
        let brightness = generator.uniform(in: 0.82...1.08)
        return (colour.paint * brightness + generator.paint(in: -0.05...0.05)).clampedToUnit
    }

    private static func groundPaint(
        style: WorldStyle, from distribution: WorldDistribution, using generator: inout RandomStream
    ) -> Paint {
        let hue = generator.uniformFloat()
        let saturation = generator.uniform(in: distribution.groundSaturation)
        let value = generator.uniform(in: distribution.groundValue)
        return switch style {
        case .real: Paint(hue: hue, saturation: saturation, value: value)
        case .painting: Paint(hue: hue, saturation: 0.25 + 0.6 * saturation, value: 0.2 + 0.65 * value)
        case .clipart: Paint(hue: hue, saturation: 0.05 + 0.16 * saturation, value: 0.9 + 0.1 * value)
        case .infograph: Paint(hue: hue, saturation: 0.03 + 0.12 * saturation, value: 0.93 + 0.07 * value)
        case .sketch: Paint(repeating: 0.86 + 0.12 * value)
        case .quickdraw: Paint(repeating: 1)
        }
    }

    /// A colour that differs from `paint` by about `offset` in every channel: rather brighter on a dark
    /// ground and darker on a bright one, so that the pattern stays visible; sketches stay gray.
    private static func neighbour(
        of paint: Paint, style: WorldStyle, offset: Float, using generator: inout RandomStream
    ) -> Paint {
        let brightness = (paint.x + paint.y + paint.z) / 3
        let sign: Float = generator.uniformFloat() < brightness ? -1 : 1
        let tint = style == .sketch ? .zero : generator.paint(in: -0.5...0.5)
        return (paint + (sign + tint) * offset).clampedToUnit
    }

    private static func occluder(using generator: inout RandomStream) -> Occluder {
        let middle = PlaneVector(generator.uniform(in: -0.7...0.7), generator.uniform(in: -0.7...0.7))
        let paint = Paint(
            hue: generator.uniformFloat(), saturation: 0.7, value: generator.uniform(in: 0.2...0.95))
        if generator.isTrue(withProbability: 0.5) {
            return .disc(middle: middle, radius: generator.uniform(in: 0.14...0.26), paint: paint)
        }
        let reach = PlaneVector(generator.uniform(in: 0.5...1.4), 0)
            .rotated(byAngle: generator.uniform(in: 0...Float.pi))
        return .bar(
            start: middle - reach, end: middle + reach, halfWidth: generator.uniform(in: 0.05...0.12),
            paint: paint)
    }
}

/// Where an object stands in the image and how it is turned.
struct ObjectPlacement: Sendable {
    var middle: PlaneVector
    var scale: Float
    private var cosine: Float
    private var sine: Float
    private var shear: Float
    private var mirror: Float

    init(style: WorldStyle, from distribution: WorldDistribution, using generator: inout RandomStream) {
        // An infograph leaves room for its lines of text.
        scale = generator.uniform(in: distribution.scale) * (style == .infograph ? 0.68 : 1)
        // A large object keeps near the middle: at most a tenth of the half width is cut off.
        let room = max(0.05, 1.1 - scale)
        middle = PlaneVector(
            max(-room, min(room, generator.uniform(in: distribution.shift))),
            max(-room, min(room, generator.uniform(in: distribution.shift))))
        let direction = PlaneVector(1, 0).rotated(byAngle: generator.uniform(in: distribution.rotation))
        (cosine, sine) = (direction.x, direction.y)
        shear = generator.uniform(in: distribution.shear)
        mirror = generator.isTrue(withProbability: 0.5) ? -1 : 1
    }

    /// The point of the shape's plane that is painted at a point of the image.
    @inline(__always)
    func shapePoint(at point: PlaneVector) -> PlaneVector {
        let centred = (point - middle) * (1 / scale)
        let turned = centred.rotated(cosine: cosine, sine: -sine)
        return PlaneVector((turned.x - shear * turned.y) * mirror, turned.y)
    }
}
