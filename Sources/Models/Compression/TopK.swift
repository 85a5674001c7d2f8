/// The values of largest magnitude, and what is left of a vector without them.
///
/// Stich et al., "Sparsified SGD with Memory", https://arxiv.org/abs/1809.07599: what is not sent is kept and
/// added to the next vector (error feedback), so that nothing is lost but time.
public enum TopK {
    /// How many of `count` values the fraction is: to the nearest whole number, at least one where there is
    /// any.
    public static func number(_ fraction: Double, of count: Int) -> Int {
        min(count, max(1, Int((fraction * Double(count)).rounded())))
    }

    /// Positions of the `number` values of largest magnitude, ascending; of equal magnitudes, the first ones.
    ///
    /// - Precondition: values are finite, and `0 <= number <= values.count`.
    /// - Complexity: Four passes over the values: magnitudes are ordered as the bits of their patterns are,
    ///   so two counts of 2¹⁶ bins find the smallest one that is taken.
    public static func positions(of values: [Float], number: Int) -> [Int32] {
        precondition((0...values.count).contains(number), "\(number) of \(values.count) values")
        guard number > 0 else { return [] }
        return values.withUnsafeBufferPointer { values in
            let (high, above) = bin(values, number) { $0 >> 16 }
            let (low, aboveLow) = bin(values, number - above) { $0 >> 16 == high ? $0 & 0xFFFF : nil }
            let least = high << 16 | low
            // So many that have exactly the smallest magnitude are still needed.
            var ties = number - above - aboveLow
            var positions: [Int32] = []
            positions.reserveCapacity(number)
            for index in values.indices {
                let magnitude = values[index].magnitude.bitPattern
                if magnitude > least {
                    positions.append(Int32(index))
                } else if magnitude == least, ties > 0 {
                    ties -= 1
                    positions.append(Int32(index))
                }
            }
            return positions
        }
    }

    /// The largest bin such that it and those above it hold `number` values, and how many are above it.
    private static func bin(
        _ values: UnsafeBufferPointer<Float>, _ number: Int, _ key: (UInt32) -> UInt32?
    ) -> (bin: UInt32, above: Int) {
        var counts = [Int](repeating: 0, count: 1 << 16)
        counts.withUnsafeMutableBufferPointer { counts in
            for value in values {
                if let key = key(value.magnitude.bitPattern) { counts[Int(key)] += 1 }
            }
        }
        var above = 0
        for bin in counts.indices.reversed() {
            if above + counts[bin] >= number { return (UInt32(bin), above) }
            above += counts[bin]
        }
        preconditionFailure("\(number) values are not in the bins")
    }
}
