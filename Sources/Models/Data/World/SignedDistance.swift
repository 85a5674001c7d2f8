import Foundation

/// Signed distances to simple shapes, and the operations that combine them: negative inside, zero on the
/// edge.
///
/// Distances of the primitives are exact except where a comment says otherwise; a subtraction or a union
/// gives a bound, which is exact near the edge, where anti-aliasing looks.
///
/// Source of the closed forms: Inigo Quilez, "2D distance functions",
/// https://iquilezles.org/articles/distfunctions2d/ (formulas; the code is our own).
public enum SignedDistance {
    /// Distance to a disc around the origin.
    @inline(__always)
    public static func circle(_ point: PlaneVector, radius: Float) -> Float { point.length - radius }

    /// Distance to a rectangle around the origin that reaches `half` to each side.
    @inline(__always)
    public static func box(_ point: PlaneVector, half: PlaneVector) -> Float {
        let beyondX = abs(point.x) - half.x
        let beyondY = abs(point.y) - half.y
        let outside = PlaneVector(max(beyondX, 0), max(beyondY, 0)).length
        return outside + min(max(beyondX, beyondY), 0)
    }

    /// Distance to the straight line from `start` to `end`; subtract a radius for a bar with round ends.
    @inline(__always)
    public static func segment(_ point: PlaneVector, from start: PlaneVector, to end: PlaneVector) -> Float {
        let along = end - start
        let fraction = saturated((point - start).dot(along) / max(along.dot(along), 1e-12))
        return (point - start - along * fraction).length
    }

    /// Distance to an ellipse around the origin: a first-order estimate, exact on the edge and for a circle.
    @inline(__always)
    public static func ellipse(_ point: PlaneVector, radii: PlaneVector) -> Float {
        let scaled = PlaneVector(point.x / radii.x, point.y / radii.y)
        let level = scaled.length
        let slope = PlaneVector(scaled.x / radii.x, scaled.y / radii.y).length
        return slope < 1e-6 ? -min(radii.x, radii.y) : level * (level - 1) / slope
    }

    /// Distance to the piece of a circle around the origin that reaches to both sides of the x axis as far as
    /// the angle with the cosine and sine `aperture`, at most half a turn; subtract a radius for a line.
    @inline(__always)
    public static func arc(_ point: PlaneVector, radius: Float, aperture: PlaneVector) -> Float {
        let half = PlaneVector(point.x, abs(point.y))
        // Beyond the end, the end is nearest; elsewhere the circle is.
        let isBeyond = aperture.y * half.x < aperture.x * half.y
        return isBeyond ? (half - aperture * radius).length : abs(half.length - radius)
    }

    /// Distance to a heart that stands on the origin and is about 1.1 high.
    @inline(__always)
    public static func heart(_ point: PlaneVector) -> Float {
        let half = PlaneVector(abs(point.x), point.y)
        if half.x + half.y > 1 {
            return (half - PlaneVector(0.25, 0.75)).length - Float(2).squareRoot() / 4
        }
        let diagonal = 0.5 * max(half.x + half.y, 0)
        let toNotch = half - PlaneVector(0, 1)
        let toSide = half - PlaneVector(diagonal, diagonal)
        let distance = min(toNotch.dot(toNotch), toSide.dot(toSide)).squareRoot()
        return half.x > half.y ? distance : -distance
    }

    /// The part of either shape.
    @inline(__always)
    public static func union(_ first: Float, _ second: Float) -> Float { min(first, second) }

    /// The part common to both shapes.
    @inline(__always)
    public static func intersection(_ first: Float, _ second: Float) -> Float { max(first, second) }

    /// The first shape without the second.
    @inline(__always)
    public static func subtraction(_ first: Float, _ second: Float) -> Float { max(first, -second) }

    /// The union with the inner corner filled over a width of about `radius` (quadratic smooth minimum).
    @inline(__always)
    public static func smoothUnion(_ first: Float, _ second: Float, radius: Float) -> Float {
        let overlap = max(radius - abs(first - second), 0) / radius
        return min(first, second) - overlap * overlap * radius / 4
    }

    /// The outline of a shape, `halfWidth` to either side of its edge.
    @inline(__always)
    public static func outline(_ distance: Float, halfWidth: Float) -> Float { abs(distance) - halfWidth }

    /// Turns the point into the sector around the positive x axis of a figure that repeats `count` times
    /// around the origin.
    @inline(__always)
    public static func folded(_ point: PlaneVector, sectors count: Int) -> PlaneVector {
        let sector = 2 * Float.pi / Float(count)
        let turns = (atan2(point.y, point.x) / sector).rounded()
        return point.rotated(cosine: cos(turns * sector), sine: -sin(turns * sector))
    }
}

/// A closed polygon prepared for many distance queries.
public struct DistancePolygon: Sendable {
    /// One side with what its distance formula needs.
    struct Side: Sendable {
        var start: PlaneVector
        var along: PlaneVector
        var inverseSquaredLength: Float
    }
    /// All sides, one after the other around the polygon.
    let sides: [Side]

    /// Prepares the polygon through `vertices`, in either direction of turn.
    ///
    /// - Precondition: at least three vertices, neighbours differ.
    public init(_ vertices: [PlaneVector]) {
        precondition(vertices.count >= 3, "a polygon of \(vertices.count) vertices")
        sides = vertices.indices.map { index in
            let along = vertices[(index + 1) % vertices.count] - vertices[index]
            precondition(along.dot(along) > 0, "vertex \(index) of a polygon stands twice")
            return Side(start: vertices[index], along: along, inverseSquaredLength: 1 / along.dot(along))
        }
    }

    /// Exact signed distance: the nearest side, with the sign from the even-odd rule.
    ///
    /// - Complexity: O(vertices), one square root.
    public func distance(_ point: PlaneVector) -> Float {
        Self.distance(point, to: sides[...])
    }

    /// Exact signed distance to the polygon of these sides.
    @inline(__always)
    static func distance(_ point: PlaneVector, to sides: some Sequence<Side>) -> Float {
        var nearest = Float.greatestFiniteMagnitude
        var isInside = false
        for side in sides {
            let offset = point - side.start
            let gap = offset - side.along * saturated(offset.dot(side.along) * side.inverseSquaredLength)
            nearest = min(nearest, gap.dot(gap))
            let startsBelow = offset.y >= 0
            let endsBelow = offset.y >= side.along.y
            if startsBelow != endsBelow {
                let turn = side.along.x * offset.y - side.along.y * offset.x
                if (turn > 0) == startsBelow { isInside.toggle() }
            }
        }
        return isInside ? -nearest.squareRoot() : nearest.squareRoot()
    }
}
