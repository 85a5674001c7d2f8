import Core

/// Paints scenes: background, object in its style, and for photos what the camera adds.
struct WorldPainter {
    private var canvas: WorldCanvas

    /// Makes a painter of square images.
    init(side: Int) {
        canvas = WorldCanvas(side: side)
    }

    /// Paints a scene and writes it as bytes, `[3, side, side]`; what is random in the pixels (noise,
    /// blotches) comes from `generator`.
    mutating func paint(
        _ scene: WorldScene, into bytes: UnsafeMutableBufferPointer<UInt8>,
        using generator: inout RandomStream
    ) {
        let noise = ValueNoise(using: &generator)
        measureObject(scene, noise: noise)
        canvas.paintBackground(scene, noise: noise, using: &generator)
        switch scene.caption.style {
        case .real:
            canvas.paintShadow(scene)
            canvas.paintSolidObject(scene, noise: noise, relief: 0.42, using: &generator)
            canvas.paintOccluder(scene)
            canvas.photograph(scene, using: &generator)
        case .painting:
            canvas.paintSolidObject(scene, noise: noise, relief: 0.2, using: &generator)
            canvas.paintOccluder(scene)
            canvas.paintBrushStrokes(scene, noise: noise)
        case .clipart:
            canvas.paintFlatObject(scene, outline: 0.05)
        case .infograph:
            canvas.paintFlatObject(scene, outline: 0)
            canvas.paintTextLines(below: scene.placement.middle.y > 0, using: &generator)
        case .quickdraw:
            canvas.paintOutline(Paint(repeating: 0.05), halfWidth: 0.036)
        case .sketch:
            canvas.paintHatching(scene)
            canvas.paintOutline(Paint(repeating: 0.15), halfWidth: 0.042)
            canvas.paintPaperGrain(using: &generator)
        }
        canvas.write(to: bytes)
    }

    /// Writes which part of each pixel the object of a scene covers, 0 to 255, `[side, side]`; `generator` as
    /// for painting, so that both bend the plane alike. What stands in front of the object is left out.
    mutating func paintSilhouette(
        of scene: WorldScene, into bytes: UnsafeMutableBufferPointer<UInt8>,
        using generator: inout RandomStream
    ) {
        measureObject(scene, noise: ValueNoise(using: &generator))
        for (index, distance) in canvas.distances.enumerated() {
            bytes[index] = UInt8((canvas.coverage(distance) * 255).rounded())
        }
    }

    /// Fills the canvas's distances; drawings and paintings bend the plane first, as an unsteady hand does.
    private mutating func measureObject(_ scene: WorldScene, noise: ValueNoise) {
        let shape = scene.object.shape(scene.shape)
        let placement = scene.placement
        let (unsteadiness, frequency): (Float, Float) =
            switch scene.caption.style {
            case .painting: (0.10, 2.2)
            case .quickdraw: (0.06, 2.6)
            case .sketch: (0.035, 2.6)
            case .clipart, .infograph, .real: (0, 0)
            }
        guard unsteadiness > 0 else {
            canvas.measure { shape(placement.shapePoint(at: $0)) * placement.scale }
            return
        }
        canvas.measure { point in
            let (x, y) = (point.x * frequency + 3, point.y * frequency + 3)
            let bend = PlaneVector(noise.value(x, y), noise.value(x + 7.5, y + 7.5))
            return shape(placement.shapePoint(at: point + bend * unsteadiness)) * placement.scale
        }
    }
}
