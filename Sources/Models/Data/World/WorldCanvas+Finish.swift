import Core

extension WorldCanvas {
    /// Turns the picture into a photo: uneven light, colour cast, contrast, blur, sensor noise.
    mutating func photograph(_ scene: WorldScene, using generator: inout RandomStream) {
        let slope = scene.lightDirection * (0.5 * scene.lightSlope)
        let (contrast, cast) = (scene.contrast, scene.colourCast)
        for row in 0..<side {
            for column in 0..<side {
                let index = row * side + column
                let light = 1 + slope.dot(point(row: row, column: column))
                let lit = pixels[index] * cast * light
                pixels[index] = (lit - 0.5) * contrast + 0.5
            }
        }
        blur(strength: scene.blur)
        guard scene.noise > 0 else { return }
        for index in pixels.indices { pixels[index] += generator.noisePaint() * scene.noise }
    }

    /// Gives a painting the streaks of a brush, along the scene's pattern direction.
    mutating func paintBrushStrokes(_ scene: WorldScene, noise: ValueNoise) {
        let along = PlaneVector(1, 0).rotated(byAngle: scene.patternAngle)
        for row in 0..<side {
            for column in 0..<side {
                let place = point(row: row, column: column)
                let (length, width) = (place.dot(along), place.x * along.y - place.y * along.x)
                let streak = noise.value(length * 2.5 + 4, width * 9 + 4)
                let tint = noise.value(length * 2.5 + 11, width * 9 + 13)
                let index = row * side + column
                pixels[index] = pixels[index] * (1 + 0.28 * streak) + Paint(0.07, 0, -0.07, 0) * tint
            }
        }
        blur(strength: 0.35)
    }

    /// Gives a sketch the grain of paper.
    mutating func paintPaperGrain(using generator: inout RandomStream) {
        for index in pixels.indices { pixels[index] += 0.025 * generator.noisePaint().x }
    }

    /// Puts two or three coloured lines of text at the lower or the upper border of an infograph.
    mutating func paintTextLines(below: Bool, using generator: inout RandomStream) {
        let start = generator.uniform(in: -0.95 ... -0.4)
        for line in 0..<2 + generator.index(below: 2) {
            let height = 0.9 - 0.17 * Float(line)
            let end = start + generator.uniform(in: 0.6...1.3)
            let middle = PlaneVector((start + end) / 2, below ? -height : height)
            let half = PlaneVector((end - start) / 2, 0.036)
            let paint = Paint(
                hue: generator.uniformFloat(), saturation: 0.8, value: generator.uniform(in: 0.2...0.6))
            cover(with: paint) { _, point in SignedDistance.box(point - middle, half: half) }
        }
    }
}
