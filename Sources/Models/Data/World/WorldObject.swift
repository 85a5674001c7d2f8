/// Four numbers in 0...1 that choose one shape out of an object's family (thickness, number of points, …).
public typealias ShapeParameters = SIMD4<Float>

/// Signed distance from a point of the shape's plane to one particular shape.
public typealias ShapeDistance = @Sendable (PlaneVector) -> Float

/// A kind of object: its name, its family of shapes, and the colours that it usually has.
///
/// A new object is a constant in `Objects`, with the parts of its figure, and its name in a list of
/// `WorldClassSet`.
public struct WorldObject: Sendable {
    /// The class name, as it stands in captions.
    public let name: String
    /// The usual colours; a distribution says how often one of them is taken.
    public let palette: [WorldColour]
    /// Makes the shape that belongs to four parameters in 0...1.
    public let shape: @Sendable (ShapeParameters) -> ShapeDistance

    /// Describes a kind of object.
    ///
    /// - Parameters:
    ///   - name: what it is called in prompts.
    ///   - palette: the colours it comes in.
    ///   - shape: the shape should about fill the unit circle around the origin.
    public init(
        _ name: String, palette: [WorldColour], shape: @escaping @Sendable (ShapeParameters) -> ShapeDistance
    ) {
        precondition(!palette.isEmpty, "\(name) has no colours")
        self.name = name
        self.palette = palette
        self.shape = shape
    }
}
