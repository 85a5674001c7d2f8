import Foundation

/// The shape families of the ten objects. Each takes four parameters in 0...1 and returns a distance
/// function; what a parameter does stands at its use.
enum BasicShapes {
    static func star(_ parameters: ShapeParameters) -> ShapeDistance {
        let points = parameters.x < 0.5 ? 5 : parameters.x < 0.8 ? 6 : 7
        let innerRadius = mixed(0.36, 0.54, parameters.y)
        let rounding = mixed(0, 0.05, parameters.z)
        let lean = mixed(-0.12, 0.12, parameters.w)
        let vertices = (0..<2 * points).map { index in
            let angle = Float.pi / 2 + lean + Float.pi * Float(index) / Float(points)
            let radius: Float = index % 2 == 0 ? 1 - rounding : innerRadius
            return PlaneVector(radius * cos(angle), radius * sin(angle))
        }
        let polygon = DistancePolygon(vertices)
        return { polygon.distance($0) - rounding }
    }

    static func ring(_ parameters: ShapeParameters) -> ShapeDistance {
        let halfWidth = mixed(0.09, 0.20, parameters.x)
        let flattening = mixed(0.68, 1, parameters.y)
        let (tiltSine, tiltCosine) = (sin(parameters.z * .pi), cos(parameters.z * .pi))
        let taper = mixed(0, 0.25, parameters.w)
        return { point in
            let turned = point.rotated(cosine: tiltCosine, sine: tiltSine)
            let radii = PlaneVector(0.97 - halfWidth, (0.97 - halfWidth) * flattening)
            let thickness = halfWidth * (1 - taper * abs(turned.x))
            return SignedDistance.outline(
                SignedDistance.ellipse(turned, radii: radii), halfWidth: thickness)
        }
    }

    static func cross(_ parameters: ShapeParameters) -> ShapeDistance {
        let halfWidth = mixed(0.19, 0.30, parameters.x)
        let reach = mixed(0.62, 0.92, parameters.y)
        let barHeight = mixed(-0.05, 0.22, parameters.z)
        let rounding = mixed(0, 0.08, parameters.w)
        let upright = PlaneVector(halfWidth - rounding, 0.96 - rounding)
        let crossbar = PlaneVector(reach - rounding, halfWidth - rounding)
        return { point in
            let arms = SignedDistance.box(point - PlaneVector(0, barHeight), half: crossbar)
            return SignedDistance.union(SignedDistance.box(point, half: upright), arms) - rounding
        }
    }

    static func heart(_ parameters: ShapeParameters) -> ShapeDistance {
        let width = mixed(0.85, 1.15, parameters.x)
        let height = mixed(0.9, 1.15, parameters.y)
        let swelling = mixed(0, 0.05, parameters.z)
        let lean = mixed(-0.15, 0.15, parameters.w)
        let size: Float = 1.46
        return { point in
            let unleaned = PlaneVector((point.x - lean * point.y) / width, point.y / height)
            let standing = PlaneVector(unleaned.x / size, unleaned.y / size + 0.54)
            return SignedDistance.heart(standing) * size * min(width, height) - swelling
        }
    }

    static func crescent(_ parameters: ShapeParameters) -> ShapeDistance {
        let shadowRadius = mixed(0.66, 0.86, parameters.x)
        let shadowShift = mixed(0.34, 0.52, parameters.y) + (0.86 - shadowRadius)
        let tilt = mixed(-0.5, 0.5, parameters.z)
        let (tiltSine, tiltCosine) = (sin(tilt), cos(tilt))
        let rounding = mixed(0, 0.04, parameters.w)
        return { point in
            let turned = (point - PlaneVector(-0.18, 0)).rotated(cosine: tiltCosine, sine: tiltSine)
            let disc = SignedDistance.circle(turned, radius: 0.95 - rounding)
            let shadow = SignedDistance.circle(
                turned - PlaneVector(shadowShift, 0), radius: shadowRadius + rounding)
            return SignedDistance.subtraction(disc, shadow) - rounding
        }
    }

    static func arrow(_ parameters: ShapeParameters) -> ShapeDistance {
        let shaft = mixed(0.12, 0.22, parameters.x)
        let head = mixed(0.46, 0.68, parameters.y)
        let neck = mixed(-0.05, 0.35, parameters.z)
        let barb = mixed(-0.12, 0.06, parameters.w)
        let polygon = DistancePolygon([
            PlaneVector(0, 0.98), PlaneVector(-head, neck + barb), PlaneVector(-shaft, neck),
            PlaneVector(-shaft, -0.96), PlaneVector(shaft, -0.96), PlaneVector(shaft, neck),
            PlaneVector(head, neck + barb),
        ])
        return { polygon.distance($0) }
    }

    static func gear(_ parameters: ShapeParameters) -> ShapeDistance {
        let teeth = 6 + min(3, Int(parameters.x * 4))
        let hole = mixed(0.20, 0.38, parameters.y)
        let body = mixed(0.64, 0.74, parameters.z)
        let toothWidth = mixed(0.9, 1.25, parameters.w) * 0.95 / Float(teeth)
        let toothMiddle = PlaneVector((body + 0.96) / 2 - 0.05, 0)
        let toothHalf = PlaneVector((0.96 - body) / 2 + 0.05, toothWidth)
        return { point in
            let sector = SignedDistance.folded(point, sectors: teeth)
            let tooth = SignedDistance.box(sector - toothMiddle, half: toothHalf)
            let wheel = SignedDistance.union(SignedDistance.circle(point, radius: body), tooth)
            return SignedDistance.subtraction(wheel, SignedDistance.circle(point, radius: hole))
        }
    }

    static func house(_ parameters: ShapeParameters) -> ShapeDistance {
        let wall = mixed(0.52, 0.72, parameters.x)
        let eaves = mixed(-0.02, 0.22, parameters.y)
        let overhang = mixed(0.08, 0.22, parameters.z)
        let doorX = mixed(-0.22, 0.22, parameters.w)
        let polygon = DistancePolygon([
            PlaneVector(0, 0.92), PlaneVector(-wall - overhang, eaves), PlaneVector(-wall, eaves),
            PlaneVector(-wall, -0.82), PlaneVector(wall, -0.82), PlaneVector(wall, eaves),
            PlaneVector(wall + overhang, eaves),
        ])
        return { point in
            let door = SignedDistance.box(point - PlaneVector(doorX, -0.62), half: PlaneVector(0.14, 0.26))
            return SignedDistance.subtraction(polygon.distance(point), door)
        }
    }

    static func fish(_ parameters: ShapeParameters) -> ShapeDistance {
        let bodyHeight = mixed(0.34, 0.52, parameters.x)
        let tailHeight = mixed(0.36, 0.56, parameters.y)
        let tailNotch = mixed(0.06, 0.26, parameters.z)
        let eyeRadius = mixed(0.08, 0.12, parameters.w)
        let tail = DistancePolygon([
            PlaneVector(0.38, 0), PlaneVector(0.98, tailHeight), PlaneVector(0.98 - tailNotch, 0),
            PlaneVector(0.98, -tailHeight),
        ])
        return { point in
            let body = SignedDistance.ellipse(
                point - PlaneVector(-0.27, 0), radii: PlaneVector(0.71, bodyHeight))
            let whole = SignedDistance.smoothUnion(body, tail.distance(point), radius: 0.06)
            let eye = SignedDistance.circle(point - PlaneVector(-0.60, 0.12), radius: eyeRadius)
            return SignedDistance.subtraction(whole, eye)
        }
    }

    static func mug(_ parameters: ShapeParameters) -> ShapeDistance {
        let halfWidth = mixed(0.42, 0.54, parameters.x)
        let halfHeight = mixed(0.58, 0.80, parameters.y)
        let handleRadius = mixed(0.28, 0.40, parameters.z)
        let rounding = mixed(0.02, 0.09, parameters.w)
        let middle = PlaneVector(-0.20, 0)
        let bodyHalf = PlaneVector(halfWidth - rounding, halfHeight - rounding)
        let handleMiddle = PlaneVector(middle.x + halfWidth, 0)
        return { point in
            let body = SignedDistance.box(point - middle, half: bodyHalf) - rounding
            let handle = SignedDistance.outline(
                SignedDistance.ellipse(
                    point - handleMiddle, radii: PlaneVector(handleRadius, handleRadius * 1.15)),
                halfWidth: 0.085)
            return SignedDistance.union(body, handle)
        }
    }
}
