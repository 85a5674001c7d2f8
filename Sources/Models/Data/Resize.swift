/// Resizing with antialiasing: separable triangle filter whose support grows with the reduction, as Pillow's
/// and torchvision's antialiased bilinear resize.
///
/// For a ratio s = source / target, f = max(s, 1) and the centre c = (i + 0.5) s of target pixel i, source
/// pixel j weighs max(0, 1 - |j + 0.5 - c| / f), normalised to sum 1 over the pixels inside the image
/// (Turkowski, "Filters for common resampling tasks", Graphics Gems I, 1990).
public enum Resize {
    /// The weights of one target pixel: source pixels `first..<first + weights.count`.
    private struct Taps {
        let first: Int
        let weights: [Float]
    }

    /// `image` with its shorter side reduced or enlarged to `side` pixels and the middle of its longer side
    /// cut out.
    ///
    /// The longer side becomes ⌊`side` · longer / shorter⌋ and the cut starts at half the rest, rounded to
    /// even, which are torchvision's `Resize(side)` and `CenterCrop(side)`. An image of `side` × `side` comes
    /// back unchanged.
    ///
    /// - Returns: planar bytes, `[3, side, side]`, channel order red, green, blue.
    /// - Precondition: `side` is positive.
    /// - Complexity: O(`side` · height · taps), taps = 2 · shorter side / `side`.
    public static func planarSquare(_ image: RGBImage, side: Int) -> [UInt8] {
        precondition(side > 0, "an image of \(side) pixels")
        if image.width == side && image.height == side { return planar(image, side: side) }
        let shorter = min(image.width, image.height)
        let columns = taps(source: image.width, target: side * image.width / shorter, middle: side)
        let rows = taps(source: image.height, target: side * image.height / shorter, middle: side)
        let firstRow = rows[0].first
        let lastRow = rows[side - 1].first + rows[side - 1].weights.count
        let narrow = horizontal(image, rows: firstRow..<lastRow, columns: columns)
        return vertical(narrow, firstRow: firstRow, rows: rows, side: side)
    }

    /// Weights of the middle `middle` of `target` pixels made from `source` pixels.
    private static func taps(source: Int, target: Int, middle: Int) -> [Taps] {
        let ratio = Double(source) / Double(target)
        let support = max(ratio, 1)
        let offset = Int((Double(target - middle) / 2).rounded(.toNearestOrEven))
        return (offset..<offset + middle).map { position in
            let centre = (Double(position) + 0.5) * ratio
            let first = max(0, Int(centre - support + 0.5))
            let end = min(source, Int(centre + support + 0.5))
            let weights = (first..<end).map { max(0, 1 - abs(Double($0) + 0.5 - centre) / support) }
            let sum = weights.reduce(0, +)
            return Taps(first: first, weights: weights.map { Float($0 / sum) })
        }
    }

    /// Filters along x: `[rows.count, columns.count, 3]`.
    private static func horizontal(_ image: RGBImage, rows: Range<Int>, columns: [Taps]) -> [Float] {
        let width = columns.count
        return [Float](unsafeUninitializedCapacity: rows.count * width * 3) { output, initializedCount in
            image.pixels.withUnsafeBufferPointer { pixels in
                var next = 0
                for row in rows {
                    for tap in columns {
                        var (red, green, blue): (Float, Float, Float) = (0, 0, 0)
                        var source = (row * image.width + tap.first) * 3
                        for weight in tap.weights {
                            red += weight * Float(pixels[source])
                            green += weight * Float(pixels[source + 1])
                            blue += weight * Float(pixels[source + 2])
                            source += 3
                        }
                        output[next] = red
                        output[next + 1] = green
                        output[next + 2] = blue
                        next += 3
                    }
                }
                initializedCount = next
            }
        }
    }

    /// Filters `[rows, side, 3]` along y, rounds to bytes and separates the channels: `[3, side, side]`.
    private static func vertical(_ input: [Float], firstRow: Int, rows: [Taps], side: Int) -> [UInt8] {
        let rowLength = side * 3
        var planar = [UInt8](repeating: 0, count: 3 * side * side)
        var line = [Float](repeating: 0, count: rowLength)
        for (y, tap) in rows.enumerated() {
            for element in 0..<rowLength { line[element] = 0 }
            for (index, weight) in tap.weights.enumerated() {
                let start = (tap.first - firstRow + index) * rowLength
                for element in 0..<rowLength { line[element] += weight * input[start + element] }
            }
            for x in 0..<side {
                for channel in 0..<3 {
                    let value = min(max(line[x * 3 + channel] + 0.5, 0), 255)
                    planar[(channel * side + y) * side + x] = UInt8(value)
                }
            }
        }
        return planar
    }

    /// Separates the channels of a square image.
    private static func planar(_ image: RGBImage, side: Int) -> [UInt8] {
        let plane = side * side
        return [UInt8](unsafeUninitializedCapacity: 3 * plane) { output, initializedCount in
            image.pixels.withUnsafeBufferPointer { pixels in
                for index in 0..<plane {
                    output[index] = pixels[3 * index]
                    output[plane + index] = pixels[3 * index + 1]
                    output[2 * plane + index] = pixels[3 * index + 2]
                }
            }
            initializedCount = 3 * plane
        }
    }
}
