// Numbers by formula, which a script in another language repeats: weights of networks of millions, so these
// loops are here, where they are optimized. Tests are not.

import Foundation

/// `scale` times numbers in −1…1: Murmur's last steps on i + 2²⁰ `stream`, as `uniform` in `dense.py`.
public func murmurNumbers(_ count: Int, stream: Int, scale: Double = 1) -> [Float] {
    (0..<count).map { index in
        var word = UInt32(truncatingIfNeeded: index + stream << 20)
        word = (word ^ (word >> 16)) &* 0x85EB_CA6B
        word = (word ^ (word >> 13)) &* 0xC2B2_AE35
        word ^= word >> 16
        return Float(scale * (Double(word) / 0x1p31 - 1))
    }
}

/// `offset` + `scale` · sin(`step` · i + `phase`).
public func sines(
    _ count: Int, step: Double = 1, phase: Double, scale: Double = 1, offset: Double = 0
) -> [Float] {
    (0..<count).map { Float(offset + scale * sin(step * Double($0) + phase)) }
}
