import Foundation

/// One part of a figure: a simple form, where it stands, and what it does to the parts before it.
///
/// Lengths are in the shape's own plane, which a figure about fills up to the unit circle, y upwards; angles
/// are in degrees, counter-clockwise from the x axis. Lines thinner than 0.1 vanish at 32 × 32 pixels.
public struct ShapePart: Sendable {
    /// The forms whose distances are known.
    enum Form: UInt8, Sendable { case disc, oval, box, taper, arc, polygon, heart }
    /// What a part does to what stands before it.
    enum Effect: UInt8, Sendable { case add, cut, keep }

    var form: Form
    var effect = Effect.add
    /// Whether the part stands on both sides of the vertical axis.
    var isMirrored = false
    /// How often the part is repeated around the origin; 0 for a part that stands once.
    var sectors = 0
    var middle: PlaneVector
    /// What the form makes of it: radii, half widths, the far end.
    var size = SIMD4<Float>()
    /// Cosine and sine of the angle by which the form is turned.
    var turn = PlaneVector(1, 0)
    /// Only a polygon has them.
    var vertices: [PlaneVector] = []

    private init(_ form: Form, _ x: Float, _ y: Float, _ size: SIMD4<Float> = SIMD4(), degrees: Float = 0) {
        self.form = form
        middle = PlaneVector(x, y)
        self.size = size
        if degrees != 0 { turn = Self.direction(degrees) }
    }

    private static func direction(_ degrees: Float) -> PlaneVector {
        PlaneVector(1, 0).rotated(byAngle: degrees * .pi / 180)
    }
}

// MARK: - Forms

extension ShapePart {
    /// A disc.
    public static func disc(_ x: Float, _ y: Float, _ radius: Float) -> ShapePart {
        ShapePart(.disc, x, y, SIMD4(radius, 0, 0, 0))
    }

    /// An ellipse.
    public static func oval(
        _ x: Float, _ y: Float, _ halfWidth: Float, _ halfHeight: Float, turn degrees: Float = 0
    ) -> ShapePart {
        ShapePart(.oval, x, y, SIMD4(halfWidth, halfHeight, 0, 0), degrees: degrees)
    }

    /// A rectangle, with corners of radius `round`.
    public static func box(
        _ x: Float, _ y: Float, _ halfWidth: Float, _ halfHeight: Float, turn degrees: Float = 0,
        round: Float = 0
    ) -> ShapePart {
        ShapePart(.box, x, y, SIMD4(halfWidth - round, halfHeight - round, round, 0), degrees: degrees)
    }

    /// A line with round ends.
    public static func bar(
        _ x: Float, _ y: Float, _ endX: Float, _ endY: Float, _ halfWidth: Float
    ) -> ShapePart {
        .taper(x, y, halfWidth, endX, endY, halfWidth)
    }

    /// A line with round ends whose half width goes from one value to another.
    public static func taper(
        _ x: Float, _ y: Float, _ halfWidth: Float, _ endX: Float, _ endY: Float, _ endHalfWidth: Float
    ) -> ShapePart {
        ShapePart(.taper, x, y, SIMD4(endX, endY, halfWidth, endHalfWidth))
    }

    /// A circular line.
    public static func ring(_ x: Float, _ y: Float, _ radius: Float, _ halfWidth: Float) -> ShapePart {
        .arc(x, y, radius, 0, 360, halfWidth)
    }

    /// A piece of a circular line from one angle on to a greater one, with round ends.
    public static func arc(
        _ x: Float, _ y: Float, _ radius: Float, _ from: Float, _ to: Float, _ halfWidth: Float
    ) -> ShapePart {
        // A whole circle has no end; the sine of half a turn is not quite zero.
        let aperture = to - from >= 360 ? PlaneVector(-1, 0) : direction((to - from) / 2)
        // The arc is measured as if its middle stood on the x axis.
        return ShapePart(
            .arc, x, y, SIMD4(radius, halfWidth, aperture.x, aperture.y), degrees: (from + to) / 2)
    }

    /// A polygon through the points whose coordinates follow each other: x, y, x, y, …
    public static func poly(_ coordinates: Float...) -> ShapePart {
        precondition(coordinates.count % 2 == 0, "\(coordinates.count) coordinates are no points")
        var part = ShapePart(.polygon, 0, 0)
        part.vertices = stride(from: 0, to: coordinates.count, by: 2).map {
            PlaneVector(coordinates[$0], coordinates[$0 + 1])
        }
        return part
    }

    /// A polygon with corners on one circle, or on two circles in turn for a star; the first corner points
    /// up.
    public static func star(
        _ x: Float, _ y: Float, points: Int, _ radius: Float, inner: Float? = nil
    ) -> ShapePart {
        var part = ShapePart(.polygon, 0, 0)
        let corners = inner == nil ? points : 2 * points
        part.vertices = (0..<corners).map { corner in
            let radius = corner % 2 == 1 ? inner ?? radius : radius
            return PlaneVector(x, y) + direction(90 + 360 * Float(corner) / Float(corners)) * radius
        }
        return part
    }

    /// A heart with its tip at (x, y), about 1.1 times `size` high.
    public static func heart(_ x: Float, _ y: Float, _ size: Float) -> ShapePart {
        ShapePart(.heart, x, y, SIMD4(size, 0, 0, 0))
    }
}

// MARK: - Effects

extension ShapePart {
    /// The part is taken away from what stands before it.
    public static func cut(_ part: ShapePart) -> ShapePart {
        var part = part
        part.effect = .cut
        return part
    }

    /// Of what stands before it, only what lies in the part remains.
    public static func keep(_ part: ShapePart) -> ShapePart {
        var part = part
        part.effect = .keep
        return part
    }

    /// The part stands on both sides of the vertical axis; its own place is the one with positive x.
    public static func both(_ part: ShapePart) -> ShapePart {
        var part = part
        part.isMirrored = true
        return part
    }

    /// The part is repeated around the origin; its x axis points outwards, the first copy points up.
    ///
    /// - Precondition: the part, seen from the origin, is narrower than a sector.
    public static func each(_ count: Int, _ part: ShapePart) -> ShapePart {
        var part = part
        part.sectors = count
        return part
    }
}
