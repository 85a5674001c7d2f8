import Core
import Foundation

extension WorldCanvas {
    /// Fills the canvas with the scene's background.
    mutating func paintBackground(
        _ scene: WorldScene, noise: ValueNoise, using generator: inout RandomStream
    ) {
        let base = scene.groundPaint
        guard scene.caption.style.showsBackground else {
            fill { _, _ in base }
            return
        }
        let change = (scene.secondGroundPaint - base) * Self.patternStrength(scene.caption.style)
        let across = PlaneVector(1, 0).rotated(byAngle: scene.patternAngle)
        let along = PlaneVector(-across.y, across.x)
        let (period, phase) = (scene.patternPeriod, scene.patternPhase)
        switch scene.caption.background {
        case .plain:
            fill { _, _ in base }
        case .gradient:
            fill { _, point in base + change * saturated(0.5 + 0.45 * point.dot(across)) * 1.6 }
        case .grainy:
            fill { _, point in
                let coarse = noise.value(point.x * 4 + 9, point.y * 4 + 9)
                let fine = noise.value(point.x * 11, point.y * 11)
                return base + change * (0.5 + 0.55 * coarse + 0.4 * fine)
            }
        case .striped:
            let edge = edgeSharpness(period: period)
            fill { _, point in
                let position = point.dot(across) / (2 * period) + phase
                return base + change * saturated(0.5 + edge * Self.triangle(position))
            }
        case .checkered:
            // Checks stand nearly upright, unlike stripes.
            let leaning = PlaneVector(1, 0).rotated(byAngle: (scene.patternAngle - Float.pi / 2) * 0.3)
            let edge = edgeSharpness(period: period)
            fill { _, point in
                let horizontal = edge * Self.triangle(point.dot(leaning) / (2 * period) + phase)
                let vertical = edge * Self.triangle(
                    (point.y * leaning.x - point.x * leaning.y) / (2 * period) + phase)
                let product = max(-0.5, min(0.5, horizontal)) * max(-0.5, min(0.5, vertical))
                return base + change * (0.5 + 2 * product)
            }
        case .cluttered:
            fill { _, _ in base }
            paintClutter(base: base, change: change, along: along, using: &generator)
        }
    }

    /// How much of the difference between the two background colours a style shows.
    private static func patternStrength(_ style: WorldStyle) -> Float {
        switch style {
        case .real: 1
        case .painting: 0.75
        case .clipart, .infograph: 0.42
        case .sketch: 0.45
        case .quickdraw: 0
        }
    }

    /// A triangle wave of period 1 between -1 and 1.
    @inline(__always)
    private static func triangle(_ position: Float) -> Float {
        4 * abs(position - (position + 0.5).rounded(.down)) - 1
    }

    /// Factor that turns a triangle wave over two stripes into stripes whose edges are a pixel wide.
    private func edgeSharpness(period: Float) -> Float { period / (2 * pixelWidth) }

    private mutating func paintClutter(
        base: Paint, change: Paint, along: PlaneVector, using generator: inout RandomStream
    ) {
        for _ in 0..<3 + generator.index(below: 4) {
            let middle = PlaneVector(generator.uniform(in: -1...1), generator.uniform(in: -1...1))
            let size = generator.uniform(in: 0.12...0.32)
            let tint = generator.paint(in: -0.15...0.15) * change.x.magnitude
            let paint = base + change * generator.uniform(in: 0.5...1.1) + tint
            switch generator.index(below: 4) {
            case 0:
                cover(with: paint) { _, point in SignedDistance.circle(point - middle, radius: size) }
            case 1:
                cover(with: paint) { _, point in
                    let circle = SignedDistance.circle(point - middle, radius: size)
                    return SignedDistance.outline(circle, halfWidth: 0.045)
                }
            case 2:
                cover(with: paint) { _, point in
                    let turned = (point - middle).rotated(cosine: along.x, sine: along.y)
                    return SignedDistance.box(turned, half: PlaneVector(size, size * 0.7))
                }
            default:
                let end = middle + along * (2 * size)
                cover(with: paint) { _, point in
                    SignedDistance.segment(point, from: middle, to: end) - 0.06
                }
            }
        }
    }
}
