import Core
import Foundation

extension Paint {
    /// The colour of a hue (0..<1, red at 0, green at 1/3), a saturation and a value, both in 0...1.
    init(hue: Float, saturation: Float, value: Float) {
        func channel(_ offset: Float) -> Float {
            let position = (hue * 6 + offset).truncatingRemainder(dividingBy: 6)
            return value * (1 - saturation * saturated(Swift.min(position, 4 - position)))
        }
        self.init(channel(5), channel(3), channel(1), 0)
    }

    /// Every channel brought into 0...1.
    @inline(__always)
    var clampedToUnit: Paint { clamped(lowerBound: .zero, upperBound: Paint(repeating: 1)) }
}

extension RandomStream {
    /// A colour, or a difference of colours, with each channel drawn from `range`.
    mutating func paint(in range: ClosedRange<Float>) -> Paint {
        Paint(uniform(in: range), uniform(in: range), uniform(in: range), 0)
    }

    /// Three numbers with mean 0 and standard deviation 1, nearly normal, for sensor noise.
    ///
    /// Each is the sum of four 16-bit fields (Irwin-Hall); no logarithm, so that noise costs less than the
    /// image.
    @inline(__always)
    mutating func noisePaint() -> Paint {
        Paint(irwinHall(), irwinHall(), irwinHall(), 0)
    }

    @inline(__always)
    private mutating func irwinHall() -> Float {
        let bits = next()
        let firstPair = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF)
        let secondPair = (bits >> 32 & 0xFFFF) + (bits >> 48)
        let sum = Int32(truncatingIfNeeded: firstPair + secondPair)
        // The sum of four uniform numbers has variance 4/12; one field spans 65536.
        return (Float(sum) - 131_070) * (Float(3).squareRoot() / 65_536)
    }
}

extension PlaneVector {
    /// The vector turned counter-clockwise by an angle in radians.
    func rotated(byAngle angle: Float) -> PlaneVector { rotated(cosine: cos(angle), sine: sin(angle)) }
}
