/// The pixels of one image while it is painted, and the distance of every pixel from the object.
///
/// One canvas serves many images in turn, so that painting allocates nothing per pixel.
struct WorldCanvas {
    /// Width and height in pixels.
    let side: Int
    /// Width of a pixel, in half widths of the image.
    let pixelWidth: Float
    /// Colours, row by row from the top.
    var pixels: [Paint]
    /// Signed distance from the object's edge, in half widths of the image, of every pixel.
    var distances: [Float]
    private var scratch: [Paint]

    /// Makes a black canvas.
    init(side: Int) {
        precondition(side >= 8, "an image of \(side) pixels shows nothing")
        self.side = side
        pixelWidth = 2 / Float(side)
        pixels = [Paint](repeating: .zero, count: side * side)
        distances = [Float](repeating: 0, count: side * side)
        scratch = pixels
    }

    /// The middle of the pixel in this row and column.
    @inline(__always)
    func point(row: Int, column: Int) -> PlaneVector {
        PlaneVector((Float(column) + 0.5) * pixelWidth - 1, 1 - (Float(row) + 0.5) * pixelWidth)
    }

    /// The part of a pixel that a shape at this distance covers, 0...1, over a ramp 1.2 pixels wide.
    @inline(__always)
    func coverage(_ distance: Float) -> Float {
        saturated(0.5 - distance / (1.2 * pixelWidth))
    }

    /// Sets `distances` from a function of the point.
    @inline(__always)
    mutating func measure(_ distance: (PlaneVector) -> Float) {
        for row in 0..<side {
            for column in 0..<side {
                distances[row * side + column] = distance(point(row: row, column: column))
            }
        }
    }

    /// Sets every pixel from a function of its index and point.
    @inline(__always)
    mutating func fill(_ paint: (Int, PlaneVector) -> Paint) {
        for row in 0..<side {
            for column in 0..<side {
                let index = row * side + column
                pixels[index] = paint(index, point(row: row, column: column))
            }
        }
    }

    /// Lays one colour over the picture where a shape given by its signed distance covers it.
    @inline(__always)
    mutating func cover(with paint: Paint, opacity: Float = 1, where distance: (Int, PlaneVector) -> Float) {
        for row in 0..<side {
            for column in 0..<side {
                let index = row * side + column
                let share = coverage(distance(index, point(row: row, column: column))) * opacity
                pixels[index] += (paint - pixels[index]) * share
            }
        }
    }

    /// Direction in which the distance grows, of length about 1, from the pixel's neighbours.
    @inline(__always)
    func slope(row: Int, column: Int) -> PlaneVector {
        let (left, right) = (max(column - 1, 0), min(column + 1, side - 1))
        let (above, below) = (max(row - 1, 0), min(row + 1, side - 1))
        let rise = PlaneVector(
            distances[row * side + right] - distances[row * side + left],
            distances[above * side + column] - distances[below * side + column])
        return PlaneVector(
            rise.x / (Float(right - left) * pixelWidth), rise.y / (Float(below - above) * pixelWidth))
    }

    /// Blurs in both directions with the taps w, 1 - 2w, w where w = `strength` / 3; edges repeat.
    mutating func blur(strength: Float) {
        guard strength > 0 else { return }
        let outer = strength / 3
        let inner = 1 - 2 * outer
        for row in 0..<side {
            let start = row * side
            for column in 0..<side {
                let (left, right) = (start + max(column - 1, 0), start + min(column + 1, side - 1))
                let neighbours = pixels[left] + pixels[right]
                scratch[start + column] = pixels[start + column] * inner + neighbours * outer
            }
        }
        for row in 0..<side {
            let (above, below) = (max(row - 1, 0) * side, min(row + 1, side - 1) * side)
            for column in 0..<side {
                let neighbours = scratch[above + column] + scratch[below + column]
                pixels[row * side + column] = scratch[row * side + column] * inner + neighbours * outer
            }
        }
    }

    /// Writes the picture as bytes, `[3, side, side]`, and rounds to the nearest of 256 levels.
    ///
    /// - Precondition: `bytes` has room for `3 * side * side`.
    func write(to bytes: UnsafeMutableBufferPointer<UInt8>) {
        let count = side * side
        precondition(bytes.count == 3 * count, "\(bytes.count) bytes for an image of side \(side)")
        for index in 0..<count {
            let levels = pixels[index].clampedToUnit * 255 + 0.5
            bytes[index] = UInt8(levels.x)
            bytes[count + index] = UInt8(levels.y)
            bytes[2 * count + index] = UInt8(levels.z)
        }
    }
}
