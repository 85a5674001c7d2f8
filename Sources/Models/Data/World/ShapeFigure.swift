/// A shape made of parts, prepared for many distance queries.
struct ShapeFigure: Sendable {
    /// A part without what would have to be counted by reference for every pixel.
    private struct Step {
        var form: ShapePart.Form
        var effect: ShapePart.Effect
        var isMirrored: Bool
        var sectors: Int
        var middle: PlaneVector
        var size: SIMD4<Float>
        var turn: PlaneVector
        /// Where a polygon's sides stand.
        var sides: Range<Int>
        /// A circle that holds the part: its middle and its radius.
        var bounds: (middle: PlaneVector, radius: Float)
    }
    private let steps: [Step]
    private let sides: [DistancePolygon.Side]

    /// Prepares the figure of `parts`, each of which adds to, cuts from or keeps of those before it.
    ///
    /// - Precondition: there is a part, and the first one adds.
    init(_ parts: [ShapePart]) {
        precondition(parts.first?.effect == .add, "a figure begins with a part that is there")
        var sides: [DistancePolygon.Side] = []
        steps = parts.map { part in
            let first = sides.count
            if part.form == .polygon { sides += DistancePolygon(part.vertices).sides }
            return Step(
                form: part.form, effect: part.effect, isMirrored: part.isMirrored, sectors: part.sectors,
                middle: part.middle, size: part.size, turn: part.turn, sides: first..<sides.count,
                bounds: part.bounds)
        }
        self.sides = sides
    }

    /// Signed distance: exact near the edge, a bound elsewhere.
    ///
    /// - Complexity: O(parts + corners of polygons) where the point is near them; a part that can change
    ///   nothing costs a comparison.
    func distance(_ point: PlaneVector) -> Float {
        steps.withUnsafeBufferPointer { steps in
            sides.withUnsafeBufferPointer { sides in
                var whole = Float.greatestFiniteMagnitude
                for step in steps {
                    var place = point
                    if step.isMirrored { place.x = abs(place.x) }
                    if Self.isOutOfReach(step, place, whole) { continue }
                    let part = Self.distance(place, to: step, sides)
                    switch step.effect {
                    case .add: whole = SignedDistance.union(whole, part)
                    case .cut: whole = SignedDistance.subtraction(whole, part)
                    case .keep: whole = SignedDistance.intersection(whole, part)
                    }
                }
                return whole
            }
        }
    }

    /// Whether a part is so far away that it leaves the distance as it is.
    @inline(__always)
    private static func isOutOfReach(_ step: Step, _ place: PlaneVector, _ whole: Float) -> Bool {
        let offset = place - step.bounds.middle
        // A part is no nearer than its circle: |p - m| - r. What is added must be nearer than that, what is
        // cut must have -distance above it.
        let reach: Float
        switch step.effect {
        case .add: reach = whole + step.bounds.radius
        case .cut: reach = step.bounds.radius - whole
        case .keep: return false
        }
        return reach <= 0 || offset.dot(offset) >= reach * reach
    }

    @inline(__always)
    private static func distance(
        _ point: PlaneVector, to step: Step, _ sides: UnsafeBufferPointer<DistancePolygon.Side>
    ) -> Float {
        var place = point
        if step.sectors > 0 {
            // A quarter turn, so that the first sector is the upper one.
            place = SignedDistance.folded(PlaneVector(place.y, -place.x), sectors: step.sectors)
        }
        let size = step.size
        switch step.form {
        case .taper:
            let along = PlaneVector(size.x, size.y) - step.middle
            let fraction = saturated((place - step.middle).dot(along) / max(along.dot(along), 1e-12))
            return (place - step.middle - along * fraction).length - mixed(size.z, size.w, fraction)
        case .polygon:
            return DistancePolygon.distance(place, to: UnsafeBufferPointer(rebasing: sides[step.sides]))
        case .disc:
            return SignedDistance.circle(place - step.middle, radius: size.x)
        case .heart:
            return SignedDistance.heart((place - step.middle) * (1 / size.x)) * size.x
        case .oval, .box, .arc:
            let turned = (place - step.middle).rotated(cosine: step.turn.x, sine: -step.turn.y)
            return switch step.form {
            case .oval: SignedDistance.ellipse(turned, radii: PlaneVector(size.x, size.y))
            case .box: SignedDistance.box(turned, half: PlaneVector(size.x, size.y)) - size.z
            default:
                SignedDistance.arc(turned, radius: size.x, aperture: PlaneVector(size.z, size.w)) - size.y
            }
        }
    }
}

extension ShapePart {
    /// A circle that holds the part and all its copies around the origin.
    fileprivate var bounds: (middle: PlaneVector, radius: Float) {
        var circle: (middle: PlaneVector, radius: Float)
        switch form {
        case .disc: circle = (middle, size.x)
        // The estimate of the distance to an ellipse is less than the distance, far away at most by the ratio
        // of its radii; twice the greater radius is far enough.
        case .oval: circle = (middle, 2 * max(size.x, size.y))
        case .box: circle = (middle, PlaneVector(size.x, size.y).length + size.z)
        case .arc: circle = (middle, size.x + size.y)
        case .taper:
            let end = PlaneVector(size.x, size.y)
            circle = ((middle + end) * 0.5, (end - middle).length / 2 + max(size.z, size.w))
        case .polygon:
            let centre = vertices.reduce(.zero, +) * (1 / Float(vertices.count))
            circle = (centre, vertices.map { ($0 - centre).length }.max() ?? 0)
        case .heart: circle = (middle + PlaneVector(0, 0.55 * size.x), 0.75 * size.x)
        }
        // Copies around the origin lie in the circle around it that touches the farthest point.
        return sectors == 0 ? circle : (.zero, circle.middle.length + circle.radius)
    }
}

extension WorldObject {
    /// Describes a kind of object by the parts of its figure.
    ///
    /// The four parameters vary every figure alike: its width (by an eighth), the thickness of its lines, how
    /// far it leans, and how much broader its top is than its foot. A figure may take them for something of
    /// its own as well.
    ///
    /// - Parameters:
    ///   - name: what it is called in prompts.
    ///   - palette: the colours it comes in.
    ///   - parts: its parts for given parameters.
    public init(
        _ name: String, _ palette: [WorldColour], parts: @escaping @Sendable (ShapeParameters) -> [ShapePart]
    ) {
        self.init(name, palette: palette) { parameters in
            let figure = ShapeFigure(parts(parameters))
            let width = mixed(0.88, 1.12, parameters.x)
            let thickening = mixed(-0.015, 0.03, parameters.y)
            let lean = mixed(-0.12, 0.12, parameters.z)
            let broadening = mixed(-0.12, 0.12, parameters.w)
            return { point in
                let breadth = width * (1 + broadening * max(-1, min(1, point.y)))
                let across = (point.x - lean * point.y) / breadth
                return figure.distance(PlaneVector(across, point.y)) * min(width, 1) - thickening
            }
        }
    }
}
