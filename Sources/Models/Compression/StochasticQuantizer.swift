import Core

/// Eight bits a value, rounded up or down at random so that the mean is the value (QSGD).
///
/// Alistarh et al., "QSGD: Communication-Efficient SGD via Gradient Quantization and Encoding",
/// https://arxiv.org/abs/1610.02132, section 3.1 with s = 127 levels, and with section 4's two practical
/// changes: vectors are cut into buckets, and a bucket is scaled by its largest magnitude instead of its
/// norm, which keeps the result unbiased and lowers its variance. Per value, the error is below scale / 127.
public enum StochasticQuantizer {
    /// Steps between zero and the largest magnitude of a bucket: s.
    public static let levels = 127

    /// Buckets of a vector.
    static func bucketCount(of values: Int, bucket: Int) -> Int { (values + bucket - 1) / bucket }

    /// A byte per value, 128 + the signed level, and a scale per bucket.
    ///
    /// The scale of a bucket with a value that is not finite is not-a-number: all its values are lost.
    ///
    /// - Parameters:
    ///   - values: the vector.
    ///   - bucket: how many values share a scale.
    ///   - seed: of the rounding.
    /// - Precondition: `bucket` is positive.
    /// - Complexity: Two passes over the values.
    public static func quantize(
        _ values: [Float], bucket: Int, seed: UInt64
    ) -> (levels: [UInt8], scales: [Float]) {
        precondition(bucket > 0, "buckets of \(bucket)")
        var generator = RandomStream(seed: seed)
        var scales: [Float] = []
        scales.reserveCapacity(bucketCount(of: values.count, bucket: bucket))
        let bytes = [UInt8](unsafeUninitializedCapacity: values.count) { bytes, count in
            values.withUnsafeBufferPointer { values in
                for start in stride(from: 0, to: values.count, by: bucket) {
                    let range = start..<min(start + bucket, values.count)
                    scales.append(quantize(values, range, into: bytes, using: &generator))
                }
            }
            count = values.count
        }
        return (bytes, scales)
    }

    private static func quantize(
        _ values: UnsafeBufferPointer<Float>, _ range: Range<Int>,
        into bytes: UnsafeMutableBufferPointer<UInt8>,
        using generator: inout RandomStream
    ) -> Float {
        var scale: Float = 0
        var areNumbers = true
        for index in range {
            scale = max(scale, abs(values[index]))
            areNumbers = areNumbers && values[index].isFinite
        }
        guard areNumbers else {
            for index in range { bytes[index] = 128 }
            return .nan
        }
        // A scale so small that dividing by it overflows is as good as zero.
        let factor = Float(levels) / scale
        guard scale > 0, factor.isFinite else {
            for index in range { bytes[index] = 128 }
            return 0
        }
        for index in range {
            let value = values[index]
            // Below s + 1, as the draw is below 1; at s exactly where the value is the largest.
            let level = min(Int32(levels), Int32(abs(value) * factor + generator.uniformFloat()))
            bytes[index] = UInt8(truncatingIfNeeded: 128 + (value < 0 ? -level : level))
        }
        return scale
    }

    /// The values that levels and scales stand for.
    ///
    /// - Precondition: there is a scale per bucket.
    public static func dequantize(levels: [UInt8], scales: [Float], bucket: Int) -> [Float] {
        precondition(scales.count == bucketCount(of: levels.count, bucket: bucket), "\(scales.count) scales")
        return [Float](unsafeUninitializedCapacity: levels.count) { values, count in
            levels.withUnsafeBufferPointer { levels in
                for (number, scale) in scales.enumerated() {
                    let step = scale / Float(Self.levels)
                    for index in number * bucket..<min((number + 1) * bucket, levels.count) {
                        values[index] = Float(Int(levels[index]) - 128) * step
                    }
                }
            }
            count = levels.count
        }
    }
}
