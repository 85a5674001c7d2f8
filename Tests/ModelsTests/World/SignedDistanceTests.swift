import Core
import Models
import Testing

@Suite("Signed distances")
struct SignedDistanceTests {
    @Test(
        "to a circle are the distance from the middle less the radius",
        arguments: [(3, 4, 2, 3), (0, 0, 2, -2), (0, -1, 1, 0)] as [(Float, Float, Float, Float)])
    func circle(x: Float, y: Float, radius: Float, expected: Float) {
        // d = sqrt(x² + y²) - r
        #expect(SignedDistance.circle(PlaneVector(x, y), radius: radius) == expected)
    }

    @Test(
        "to a box are measured to its sides and its corners",
        arguments: [
            (0, 0, -1), (1.5, 0, -0.5), (3, 0, 1), (0, 4, 3), (5, 5, 5), (-5, -5, 5),
        ] as [(Float, Float, Float)])
    func box(x: Float, y: Float, expected: Float) {
        // Half widths 2 and 1; beyond the corner (2, 1): sqrt((5-2)² + (5-1)²) = 5.
        #expect(SignedDistance.box(PlaneVector(x, y), half: PlaneVector(2, 1)) == expected)
    }

    @Test("to a segment are measured to the nearest of its points")
    func segment() {
        let (start, end) = (PlaneVector(-1, 0), PlaneVector(3, 0))
        #expect(SignedDistance.segment(PlaneVector(1, 2), from: start, to: end) == 2)
        #expect(SignedDistance.segment(PlaneVector(6, 4), from: start, to: end) == 5)
        #expect(SignedDistance.segment(PlaneVector(-1, -7), from: start, to: end) == 7)
        #expect(SignedDistance.segment(PlaneVector(3, 4), from: .zero, to: .zero) == 5)
    }

    @Test("to an ellipse of equal radii are those to a circle, and zero on any ellipse's edge")
    func ellipse() {
        var generator = RandomStream(seed: 1)
        for _ in 0..<200 {
            let point = PlaneVector(generator.uniform(in: -2...2), generator.uniform(in: -2...2))
            let round = SignedDistance.ellipse(point, radii: PlaneVector(0.7, 0.7))
            #expect(abs(round - SignedDistance.circle(point, radius: 0.7)) < 1e-5)
        }
        // (0.6 a, 0.8 b) lies on the ellipse of the radii a and b.
        #expect(abs(SignedDistance.ellipse(PlaneVector(0.6 * 2, 0.8), radii: PlaneVector(2, 1))) < 1e-6)
        #expect(SignedDistance.ellipse(.zero, radii: PlaneVector(2, 1)) == -1)
    }

    @Test("to a heart are symmetric, zero at tip and notch and negative between")
    func heart() {
        #expect(SignedDistance.heart(.zero) == 0)
        #expect(SignedDistance.heart(PlaneVector(0, 1)) == 0)
        #expect(SignedDistance.heart(PlaneVector(0, 0.5)) < -0.3)
        #expect(SignedDistance.heart(PlaneVector(0, -2)) == 2)
        #expect(
            SignedDistance.heart(PlaneVector(0.8, 0.3)) == SignedDistance.heart(PlaneVector(-0.8, 0.3)))
    }

    @Test("to a rectangular polygon are those to the box, whichever way it is turned")
    func polygonIsBox() {
        let corners = [
            PlaneVector(2, 1), PlaneVector(-2, 1), PlaneVector(-2, -1), PlaneVector(2, -1),
        ]
        let (left, right) = (DistancePolygon(corners), DistancePolygon(corners.reversed()))
        var generator = RandomStream(seed: 2)
        for _ in 0..<500 {
            let point = PlaneVector(generator.uniform(in: -4...4), generator.uniform(in: -3...3))
            let expected = SignedDistance.box(point, half: PlaneVector(2, 1))
            #expect(abs(left.distance(point) - expected) < 1e-5)
            #expect(abs(right.distance(point) - expected) < 1e-5)
        }
    }

    @Test("to a polygon with a notch are positive in the notch")
    func polygonNotch() {
        let notched = DistancePolygon([
            PlaneVector(-1, -1), PlaneVector(1, -1), PlaneVector(1, 1), .zero, PlaneVector(-1, 1),
        ])
        // The nearest point of the diagonal y = |x| to (0, 0.5) lies at 0.5 / sqrt(2).
        #expect(abs(notched.distance(PlaneVector(0, 0.5)) - 0.5 / Float(2).squareRoot()) < 1e-6)
        #expect(notched.distance(PlaneVector(0, -0.5)) == -0.5)
    }

    @Test("combine as sets do")
    func operations() {
        #expect(SignedDistance.union(-1, 2) == -1)
        #expect(SignedDistance.intersection(-1, 2) == 2)
        #expect(SignedDistance.subtraction(-1, -3) == 3)
        #expect(SignedDistance.subtraction(-1, 3) == -1)
        #expect(SignedDistance.outline(-2, halfWidth: 0.5) == 1.5)
        #expect(SignedDistance.outline(0.2, halfWidth: 0.5) < 0)
        // Where both distances are 0 the filling is deepest, r/4; further apart than r it is the union.
        #expect(SignedDistance.smoothUnion(0, 0, radius: 0.4) == -0.1)
        #expect(SignedDistance.smoothUnion(1, 2, radius: 0.4) == 1)
    }

    @Test("fold the plane into a sector and keep the distance from the middle", arguments: 3...9)
    func folding(sectors: Int) {
        var generator = RandomStream(seed: 3)
        for _ in 0..<100 {
            let point = PlaneVector(generator.uniform(in: -1...1), generator.uniform(in: -1...1))
            let folded = SignedDistance.folded(point, sectors: sectors)
            #expect(folded.x >= -1e-6)
            let squared = folded.x * folded.x + folded.y * folded.y
            #expect(abs(squared - (point.x * point.x + point.y * point.y)) < 1e-5)
        }
    }

    @Test(
        "of every object cover a fair part of the plane and leave its corners free",
        arguments: WorldObject.all.map(\.name))
    func objectExtent(name: String) throws {
        let object = try #require(WorldObject.all.first { $0.name == name })
        var generator = RandomStream(seed: 4)
        for _ in 0..<50 {
            let parameters = ShapeParameters(
                generator.uniformFloat(), generator.uniformFloat(), generator.uniformFloat(),
                generator.uniformFloat())
            let distance = object.shape(parameters)
            var covered = 0
            for row in 0..<32 {
                for column in 0..<32 {
                    let point = PlaneVector(Float(column) / 15.5 - 1, Float(row) / 15.5 - 1)
                    covered += distance(point) < 0 ? 1 : 0
                }
            }
            // The basic ten leave room; a disc or a square that fills the unit circle does not.
            let most = ImageWorld.classNames.contains(name) ? 640 : 800
            #expect((80...most).contains(covered), "\(object.name) covers \(covered) of 1024 points")
            for corner in [PlaneVector(1, 1), PlaneVector(-1, 1), PlaneVector(1, -1), PlaneVector(-1, -1)] {
                #expect(distance(corner) > 0.1, "\(object.name) reaches into a corner")
            }
            // Far from a flat ellipse its estimate is a good deal less than the distance.
            #expect(distance(PlaneVector(3, 0)) > (most == 640 ? 1.5 : 1))
        }
    }

    @Test(
        "of every object change no faster than the place, near the edge",
        arguments: WorldObject.all.map(\.name))
    func objectSlope(name: String) throws {
        // |d(p) - d(q)| <= |p - q| for exact distances; leaning and stretching make it a little more.
        let object = try #require(WorldObject.all.first { $0.name == name })
        var generator = RandomStream(seed: 5)
        for _ in 0..<20 {
            let distance = object.shape(
                ShapeParameters(
                    generator.uniformFloat(), generator.uniformFloat(), generator.uniformFloat(),
                    generator.uniformFloat()))
            for _ in 0..<100 {
                let point = PlaneVector(generator.uniform(in: -1...1), generator.uniform(in: -1...1))
                let near = PlaneVector(
                    point.x + generator.uniform(in: -0.015...0.015),
                    point.y + generator.uniform(in: -0.015...0.015))
                let (here, there) = (distance(point), distance(near))
                guard abs(here) < 0.04 else { continue }
                let apart = PlaneVector(point.x - near.x, point.y - near.y)
                let length = (apart.x * apart.x + apart.y * apart.y).squareRoot()
                #expect(abs(here - there) <= 1.4 * length + 1e-4, "\(name) at \(point)")
            }
        }
    }
}
