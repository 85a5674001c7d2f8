extension Tensor {
    /// The first element that is infinite or not a number; nil where all are finite.
    ///
    /// - Precondition: elements have a fraction.
    /// - Complexity: One pass over the elements, without a copy of all.
    var firstNotFinite: (element: Int, value: Double)? {
        let flat = detached().reshape([count]), piece = 1 << 22
        for start in stride(from: 0, to: flat.count, by: piece) {
            let part = flat.narrow(0, from: start, count: Swift.min(piece, flat.count - start))
            // A finite sum has finite parts; that of finite parts may be too large, so then the largest
            // magnitude decides.
            if part.sum().item.isFinite || part.abs().max().item.isFinite { continue }
            let values = part.doubles
            if let index = values.firstIndex(where: { !$0.isFinite }) {
                return (start + index, values[index])
            }
        }
        return nil
    }

    /// Row-major elements as float64.
    private var doubles: [Double] {
        let source = to(.float64)
        return [Double](unsafeUninitializedCapacity: count) { buffer, initialized in
            source.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
            initialized = buffer.count
        }
    }
}
