import Core
import Foundation
import Models
import Testing

/// Figures through the objects that are made of them: all parameters at one half leave a figure as its parts
/// are, but thicker by 0.0075.
@Suite("Figures of parts")
struct ShapeFigureTests {
    private static let thickening: Float = 0.0075

    private func distance(_ parts: ShapePart...) -> ShapeDistance {
        let object = WorldObject("test", [.red]) { _ in parts }
        let shape = object.shape(ShapeParameters(repeating: 0.5))
        return { shape($0) + Self.thickening }
    }

    private func points(_ count: Int = 300, seed: UInt64 = 1) -> [PlaneVector] {
        var generator = RandomStream(seed: seed)
        return (0..<count).map { _ in
            PlaneVector(generator.uniform(in: -1.2...1.2), generator.uniform(in: -1.2...1.2))
        }
    }

    @Test("of one part are the closed forms")
    func forms() {
        let disc = distance(.disc(0.3, -0.2, 0.4))
        let bar = distance(.bar(-0.5, 0, 0.5, 0.3, 0.1))
        let box = distance(.box(0.1, 0.2, 0.5, 0.3))
        let ring = distance(.ring(0, 0, 0.6, 0.1))
        let square = distance(.poly(-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5))
        for point in points() {
            let fromMiddle = hypot(point.x - 0.3, point.y + 0.2)
            #expect(abs(disc(point) - (fromMiddle - 0.4)) < 1e-5)
            let segment = SignedDistance.segment(
                point, from: PlaneVector(-0.5, 0), to: PlaneVector(0.5, 0.3))
            #expect(abs(bar(point) - (segment - 0.1)) < 1e-5)
            let expected = SignedDistance.box(
                PlaneVector(point.x - 0.1, point.y - 0.2), half: PlaneVector(0.5, 0.3))
            #expect(abs(box(point) - expected) < 1e-5)
            #expect(abs(ring(point) - (abs(hypot(point.x, point.y) - 0.6) - 0.1)) < 1e-5)
            let side = SignedDistance.box(point, half: PlaneVector(0.5, 0.5))
            #expect(abs(square(point) - side) < 1e-5)
        }
    }

    @Test("turn counter-clockwise, by degrees")
    func turning() {
        // A quarter turn exchanges the half widths; an eighth puts a corner of the square on the x axis.
        let turned = distance(.box(0, 0, 0.6, 0.2, turn: 90)), upright = distance(.box(0, 0, 0.2, 0.6))
        for point in points() { #expect(abs(turned(point) - upright(point)) < 1e-5) }
        let diamond = distance(.box(0, 0, 0.5, 0.5, turn: 45))
        #expect(abs(diamond(PlaneVector(0.5 * Float(2).squareRoot(), 0))) < 1e-5)
        // The upper right of an ellipse that leans to the right by less than a right angle.
        let oval = distance(.oval(0, 0, 0.8, 0.2, turn: 45))
        #expect(oval(PlaneVector(0.4, 0.4)) < 0 && oval(PlaneVector(-0.4, 0.4)) > 0.2)
    }

    @Test("of an arc end where their angles say")
    func arcs() {
        let quarter = distance(.arc(0, 0, 0.5, 0, 90, 0.1))
        #expect(abs(quarter(PlaneVector(0.35355339, 0.35355339)) + 0.1) < 1e-5)
        // Before its first end, at angle 0, and after its last: the distance to a point.
        #expect(abs(quarter(PlaneVector(0.5, -0.4)) - 0.3) < 1e-5)
        #expect(abs(quarter(PlaneVector(-0.4, 0.5)) - 0.3) < 1e-5)
        // Three quarters of a circle leave a gap at the lower right.
        let most = distance(.arc(0, 0, 0.5, 0, 270, 0.1))
        #expect(abs(most(PlaneVector(-0.5, 0)) + 0.1) < 1e-5)
        #expect(most(PlaneVector(0.35355339, -0.35355339)) > 0.2)
        for point in points() {
            let whole = abs(hypot(point.x, point.y) - 0.5) - 0.1
            #expect(most(point) >= whole - 1e-5)
        }
    }

    @Test("grow thinner along a taper")
    func taper() {
        let shape = distance(.taper(0, -0.8, 0.4, 0, 0.8, 0))
        for height in stride(from: Float(-0.8), through: 0.8, by: 0.2) {
            // At the height y the half width is 0.4 (0.8 - y) / 1.6.
            let half = 0.25 * (0.8 - height)
            #expect(abs(shape(PlaneVector(half, height))) < 1e-5)
            #expect(abs(shape(PlaneVector(-half - 0.1, height)) - 0.1) < 1e-5)
        }
    }

    @Test("add, cut and keep as sets do, in their order")
    func effects() {
        let left = ShapePart.disc(-0.2, 0, 0.5), right = ShapePart.disc(0.2, 0, 0.5)
        let (first, second) = (distance(left), distance(right))
        let union = distance(left, right), cut = distance(left, .cut(right)),
            kept = distance(left, .keep(right))
        let restored = distance(left, .cut(right), right)
        for point in points() {
            #expect(union(point) == min(first(point), second(point)))
            #expect(abs(cut(point) - max(first(point), -second(point))) < 0.02)
            #expect(kept(point) == max(first(point), second(point)))
            #expect((restored(point) < 0) == (union(point) < 0) || abs(union(point)) < 0.02)
        }
    }

    @Test("stand on both sides, and around the middle with the first upwards")
    func copies() {
        let both = distance(.both(.box(0.5, 0.2, 0.2, 0.1)))
        for point in points() { #expect(both(point) == both(PlaneVector(-point.x, point.y))) }
        let rays = distance(.each(6, .bar(0.4, 0, 0.8, 0, 0.05)))
        #expect(abs(rays(PlaneVector(0, 0.6)) + 0.05) < 1e-5)
        for point in points() {
            let (cosine, sine) = (Float(0.5), Float(3).squareRoot() / 2)
            let turned = PlaneVector(
                cosine * point.x - sine * point.y, sine * point.x + cosine * point.y)
            #expect(abs(rays(point) - rays(turned)) < 1e-4)
        }
    }

    @Test("of a star have their first point upwards and as many as asked for", arguments: [3, 5, 6, 11])
    func stars(points count: Int) {
        let star = distance(.star(0, 0, points: count, 0.9, inner: 0.4))
        let hull = distance(.star(0, 0, points: count, 0.9))
        func at(_ turn: Float, _ radius: Float) -> PlaneVector {
            PlaneVector(-radius * sin(2 * .pi * turn), radius * cos(2 * .pi * turn))
        }
        for point in 0..<count {
            let turn = Float(point) / Float(count)
            #expect(abs(star(at(turn, 0.9))) < 1e-4 && abs(hull(at(turn, 0.9))) < 1e-4)
            #expect(abs(star(at(turn + 0.5 / Float(count), 0.4))) < 1e-4)
        }
    }

    @Test("vary by their parameters: width, thickness, lean, a broader top")
    func variation() {
        let object = WorldObject("test", [.red]) { _ in [.box(0, 0, 0.5, 0.5)] }
        func covered(_ parameters: ShapeParameters, _ x: Float, _ y: Float) -> Bool {
            object.shape(parameters)(PlaneVector(x, y)) < 0
        }
        #expect(covered([1, 0.5, 0.5, 0.5], 0.55, 0) && !covered([0, 0.5, 0.5, 0.5], 0.46, 0))
        #expect(covered([0.5, 1, 0.5, 0.5], 0.525, 0) && !covered([0.5, 0, 0.5, 0.5], 0.49, 0))
        #expect(covered([0.5, 0.5, 1, 0.5], 0.54, 0.45) && !covered([0.5, 0.5, 1, 0.5], -0.5, 0.45))
        #expect(covered([0.5, 0.5, 0.5, 1], 0.52, 0.48) && !covered([0.5, 0.5, 0.5, 1], 0.49, -0.48))
    }
}
