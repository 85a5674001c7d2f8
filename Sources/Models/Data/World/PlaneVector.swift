/// A point or a direction in the plane of an image or of a shape; x to the right, y upwards.
///
/// In an image the plane reaches from -1 to 1 in both directions; in a shape's own plane the shape about
/// fills the unit circle.
public struct PlaneVector: Sendable, Hashable {
    /// Horizontal coordinate.
    public var x: Float
    /// Vertical coordinate, upwards.
    public var y: Float

    /// Makes the vector (x, y).
    @inline(__always)
    public init(_ x: Float, _ y: Float) {
        self.x = x
        self.y = y
    }

    /// The origin.
    public static let zero = PlaneVector(0, 0)

    @inline(__always)
    static func + (left: PlaneVector, right: PlaneVector) -> PlaneVector {
        PlaneVector(left.x + right.x, left.y + right.y)
    }

    @inline(__always)
    static func - (left: PlaneVector, right: PlaneVector) -> PlaneVector {
        PlaneVector(left.x - right.x, left.y - right.y)
    }

    @inline(__always)
    static func * (left: PlaneVector, factor: Float) -> PlaneVector {
        PlaneVector(left.x * factor, left.y * factor)
    }

    /// The inner product.
    @inline(__always)
    func dot(_ other: PlaneVector) -> Float { x * other.x + y * other.y }

    /// The Euclidean length.
    @inline(__always)
    var length: Float { dot(self).squareRoot() }

    /// The vector turned counter-clockwise by the angle with this cosine and sine.
    @inline(__always)
    func rotated(cosine: Float, sine: Float) -> PlaneVector {
        PlaneVector(cosine * x - sine * y, sine * x + cosine * y)
    }
}

/// The value in `0...1` nearest to `value`.
@inline(__always)
func saturated(_ value: Float) -> Float { max(0, min(1, value)) }

/// The value that lies `fraction` of the way from `start` to `end`.
@inline(__always)
func mixed(_ start: Float, _ end: Float, _ fraction: Float) -> Float { start + (end - start) * fraction }
