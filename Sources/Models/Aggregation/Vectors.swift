/// Arithmetic of flat vectors, element by element in one pass.
///
/// - Precondition of each: vectors are equally long.
public enum Vectors {
    /// left − right.
    public static func difference(_ left: [Float], _ right: [Float]) -> [Float] {
        precondition(left.count == right.count, "\(left.count) elements minus \(right.count)")
        return [Float](unsafeUninitializedCapacity: left.count) { result, count in
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    for index in left.indices { result[index] = left[index] - right[index] }
                }
            }
            count = left.count
        }
    }

    /// target ← target + scale · values.
    public static func add(_ values: [Float], to target: inout [Float], scale: Float = 1) {
        precondition(values.count == target.count, "\(values.count) elements added to \(target.count)")
        target.withUnsafeMutableBufferPointer { target in
            values.withUnsafeBufferPointer { values in
                for index in values.indices { target[index] += scale * values[index] }
            }
        }
    }

    /// target ← scale · target.
    public static func scale(_ target: inout [Float], by scale: Float) {
        target.withUnsafeMutableBufferPointer { target in
            for index in target.indices { target[index] *= scale }
        }
    }

    /// The sum of the squares, in float64.
    public static func squaredNorm(_ values: [Float]) -> Double {
        values.withUnsafeBufferPointer { values in
            var sum = 0.0
            for value in values { sum += Double(value) * Double(value) }
            return sum
        }
    }

    /// Whether no element is infinite or no number.
    public static func areFinite(_ values: [Float]) -> Bool {
        values.withUnsafeBufferPointer { values in
            // The exponent is all ones for those alone.
            var isFinite = true
            for value in values where value.bitPattern & 0x7F80_0000 == 0x7F80_0000 { isFinite = false }
            return isFinite
        }
    }
}
