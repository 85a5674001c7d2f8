import Core

/// Smooth random values over the plane: a lattice of 16 × 16 numbers, repeated, smoothly interpolated.
struct ValueNoise {
    private static let period = 16
    private var lattice: [Float]

    /// Fills the lattice with numbers in -1...1.
    init(using generator: inout RandomStream) {
        lattice = []
        lattice.reserveCapacity(Self.period * Self.period)
        for _ in 0..<Self.period * Self.period / 4 {
            var bits = generator.next()
            for _ in 0..<4 {
                lattice.append(Float(bits & 0xFFFF) * (2 / 65_535) - 1)
                bits >>= 16
            }
        }
    }

    /// The value at a point given in lattice steps, in -1...1.
    @inline(__always)
    func value(_ x: Float, _ y: Float) -> Float {
        let (floorX, floorY) = (x.rounded(.down), y.rounded(.down))
        let (fractionX, fractionY) = (x - floorX, y - floorY)
        let smoothX = fractionX * fractionX * (3 - 2 * fractionX)
        let smoothY = fractionY * fractionY * (3 - 2 * fractionY)
        let mask = Self.period - 1
        let column = Int(floorX) & mask
        let nextColumn = (column + 1) & mask
        let row = (Int(floorY) & mask) * Self.period
        let nextRow = (row + Self.period) & (Self.period * Self.period - 1)
        let lower = mixed(lattice[row + column], lattice[row + nextColumn], smoothX)
        let upper = mixed(lattice[nextRow + column], lattice[nextRow + nextColumn], smoothX)
        return mixed(lower, upper, smoothY)
    }
}
