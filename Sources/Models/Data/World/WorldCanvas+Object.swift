import Core

extension WorldCanvas {
    /// Paints the object as a body with texture and with relief: the slope of the distance near the edge
    /// serves as surface normal.
    ///
    /// - Parameter relief: brightness gained where the surface faces the light.
    mutating func paintSolidObject(
        _ scene: WorldScene, noise: ValueNoise, relief: Float, using generator: inout RandomStream
    ) {
        let bevel: Float = 0.22
        let frequency = scene.textureFrequency
        for row in 0..<side {
            for column in 0..<side {
                let index = row * side + column
                let share = coverage(distances[index])
                guard share > 0 else { continue }
                let place = scene.placement.shapePoint(at: point(row: row, column: column))
                var brightness: Float = 1
                switch scene.texture {
                case .solid: break
                case .bands:
                    let position = place.x * frequency * 0.6
                    brightness += 1.3 * abs(position - position.rounded()) - 0.325
                case .blotches:
                    brightness += 0.38 * noise.value(place.x * frequency + 5, place.y * frequency + 5)
                case .grain:
                    brightness += 0.09 * generator.noisePaint().x
                }
                let rim = saturated(1 + distances[index] / bevel)
                brightness += relief * rim * slope(row: row, column: column).dot(scene.lightDirection)
                let paint = scene.objectPaint * brightness
                pixels[index] += (paint - pixels[index]) * share
            }
        }
    }

    /// Paints the object in one flat colour, with a black outline unless `outline` is zero.
    ///
    /// - Parameter outline: half the width of the outline, in half widths of the image.
    mutating func paintFlatObject(_ scene: WorldScene, outline: Float) {
        let distances = distances
        cover(with: scene.objectPaint) { index, _ in distances[index] }
        guard outline > 0 else { return }
        cover(with: Paint(repeating: 0.04)) { index, _ in
            SignedDistance.outline(distances[index], halfWidth: outline)
        }
    }

    /// Draws the object's edge as a line.
    mutating func paintOutline(_ paint: Paint, halfWidth: Float) {
        let distances = distances
        cover(with: paint) { index, _ in SignedDistance.outline(distances[index], halfWidth: halfWidth) }
    }

    /// Fills the object with parallel pencil strokes.
    mutating func paintHatching(_ scene: WorldScene) {
        let distances = distances
        let across = PlaneVector(1, 0).rotated(byAngle: Float.pi / 4 + 0.6 * (scene.patternPhase - 0.5))
        let spacing = 2.9 * pixelWidth + 0.03
        cover(with: Paint(repeating: 0.3), opacity: 0.75) { index, point in
            let position = point.dot(across) / spacing
            let stroke = abs(position - position.rounded()) * spacing - 0.018
            return SignedDistance.intersection(distances[index], stroke)
        }
    }

    /// Darkens the ground on the side of the object that faces away from the light.
    mutating func paintShadow(_ scene: WorldScene) {
        let reach = 0.10 / pixelWidth
        let columns = Int((scene.lightDirection.x * reach).rounded())
        let rows = Int((-scene.lightDirection.y * reach).rounded())
        let softness: Float = 0.2
        for row in 0..<side {
            let casterRow = max(0, min(side - 1, row + rows)) * side
            for column in 0..<side {
                let caster = casterRow + max(0, min(side - 1, column + columns))
                let depth = saturated(0.5 - distances[caster] / softness)
                pixels[row * side + column] *= 1 - 0.4 * depth
            }
        }
    }

    /// Paints what stands in front of the object, if anything does.
    mutating func paintOccluder(_ scene: WorldScene) {
        switch scene.occluder {
        case nil: break
        case .disc(let middle, let radius, let paint):
            cover(with: paint) { _, point in SignedDistance.circle(point - middle, radius: radius) }
        case .bar(let start, let end, let halfWidth, let paint):
            cover(with: paint) { _, point in
                SignedDistance.segment(point, from: start, to: end) - halfWidth
            }
        }
    }
}
