/// Resizing with Catmull–Rom's cubic filter (a = −0.5), whose support grows with the reduction: Pillow's
/// bicubic, to the bit.
///
/// For a ratio s = source / target, f = max(s, 1) and the centre c = (i + 0.5) s of target pixel i,
/// source pixel j weighs h((j + 0.5 − c) / f), normalised to sum 1 over the pixels inside the image.
/// Weights are rounded to 22 bits after the point; columns are filtered first, and rounded to bytes
/// before rows are.
///
/// Keys, "Cubic convolution interpolation for digital image processing", 1981;
/// https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c
enum BicubicResize {
    private static let fractionBits: Int32 = 22

    /// The weights of one target pixel: source pixels `first..<first + weights.count`.
    private struct Taps {
        let first: Int
        let weights: [Int32]
    }

    /// `image` as planar bytes, `[3, side, side]`; its proportions are lost.
    ///
    /// - Complexity: O(`side` · (height + `side`) · taps), taps = 4 · longer side / `side`.
    static func planarSquare(_ image: RGBImage, side: Int) -> [UInt8] {
        let narrow = horizontal(image, width: side)
        let rows = taps(source: image.height, target: side)
        var planar = [UInt8](repeating: 0, count: 3 * side * side)
        var line = [Int32](repeating: 0, count: 3 * side)
        for (y, tap) in rows.enumerated() {
            for element in line.indices { line[element] = 1 << (fractionBits - 1) }
            for (index, weight) in tap.weights.enumerated() {
                let start = (tap.first + index) * 3 * side
                for element in line.indices { line[element] &+= weight &* Int32(narrow[start + element]) }
            }
            for x in 0..<side {
                for channel in 0..<3 {
                    planar[(channel * side + y) * side + x] = byte(line[3 * x + channel])
                }
            }
        }
        return planar
    }

    /// Filters along x: `[height, width, 3]`.
    private static func horizontal(_ image: RGBImage, width: Int) -> [UInt8] {
        // Pillow leaves out a pass that changes nothing; so does its filter, whose weights are then 0, 1, 0.
        if image.width == width { return image.pixels }
        let columns = taps(source: image.width, target: width)
        return [UInt8](unsafeUninitializedCapacity: image.height * width * 3) { output, initializedCount in
            image.pixels.withUnsafeBufferPointer { pixels in
                for row in 0..<image.height {
                    for tap in columns {
                        var sums = SIMD4<Int32>(repeating: 1 << (fractionBits - 1))
                        var source = (row * image.width + tap.first) * 3
                        for weight in tap.weights {
                            let pixel = SIMD4<Int32>(
                                Int32(pixels[source]), Int32(pixels[source + 1]), Int32(pixels[source + 2]), 0
                            )
                            sums &+= pixel &* weight
                            source += 3
                        }
                        for channel in 0..<3 {
                            output.initializeElement(at: initializedCount, to: byte(sums[channel]))
                            initializedCount += 1
                        }
                    }
                }
            }
        }
    }

    private static func byte(_ fixedPoint: Int32) -> UInt8 { UInt8(clamping: fixedPoint >> fractionBits) }

    private static func taps(source: Int, target: Int) -> [Taps] {
        let ratio = Double(source) / Double(target)
        let stretch = max(ratio, 1), support = 2 * stretch
        return (0..<target).map { position in
            let centre = (Double(position) + 0.5) * ratio
            let first = max(0, Int(centre - support + 0.5))
            let end = min(source, Int(centre + support + 0.5))
            let weights = (first..<end).map { cubic((Double($0) - centre + 0.5) * (1 / stretch)) }
            let sum = weights.reduce(0, +)
            let scale = Double(1 << fractionBits)
            return Taps(
                first: first,
                weights: weights.map { Int32(($0 / sum * scale).rounded(.toNearestOrAwayFromZero)) })
        }
    }

    /// Keys' filter with a = −0.5.
    private static func cubic(_ offset: Double) -> Double {
        let a = -0.5, x = abs(offset)
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    }
}
