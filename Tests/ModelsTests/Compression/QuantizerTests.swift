import Core
import Foundation
import Models
import Testing

@Suite struct QuantizerTests {
    private func normals(_ count: Int, seed: UInt64, scale: Double = 1) -> [Float] {
        var generator = RandomStream(seed: seed)
        return (0..<count).map { _ in Float(scale * generator.normal()) }
    }

    @Test("a value comes back within one step of its bucket, and the largest one exactly")
    func bounds() {
        for (count, bucket) in [(1, 1), (1000, 512), (1024, 512), (7, 512), (1000, 3)] {
            let values = normals(count, seed: UInt64(count))
            let (levels, scales) = StochasticQuantizer.quantize(values, bucket: bucket, seed: 1)
            let back = StochasticQuantizer.dequantize(levels: levels, scales: scales, bucket: bucket)
            #expect(levels.count == count && scales.count == (count + bucket - 1) / bucket)
            for (index, (value, other)) in zip(values, back).enumerated() {
                let scale = scales[index / bucket]
                #expect(abs(value - other) <= scale / 127 * 1.0001)
                if abs(value) == scale { #expect(abs(value - other) <= 1e-6 * scale) }
            }
        }
    }

    @Test("a bucket with a value that is none comes back as none, and the others as without it")
    func notANumber() {
        for bad in [Float.nan, .infinity, -.infinity] {
            var values = normals(12, seed: 3)
            values[5] = bad
            let (levels, scales) = StochasticQuantizer.quantize(values, bucket: 4, seed: 1)
            let back = StochasticQuantizer.dequantize(levels: levels, scales: scales, bucket: 4)
            #expect(back[4..<8].allSatisfy { $0.isNaN })
            for index in [0, 1, 2, 3, 8, 9, 10, 11] {
                #expect(abs(back[index] - values[index]) <= scales[index / 4] / 127 * 1.0001)
            }
        }
    }

    @Test("the mean over seeds is the value: QSGD is unbiased, with the variance p (1 - p) step²")
    func unbiased() {
        let values: [Float] = [1, 0.3, -0.701, 0.0001, -0.9999, 0]
        let seeds = 4000
        var sums = [Double](repeating: 0, count: values.count), squares = sums
        for seed in 0..<seeds {
            let (levels, scales) = StochasticQuantizer.quantize(values, bucket: 6, seed: UInt64(seed))
            let back = StochasticQuantizer.dequantize(levels: levels, scales: scales, bucket: 6)
            for index in values.indices {
                sums[index] += Double(back[index])
                squares[index] += pow(Double(back[index]) - Double(values[index]), 2)
            }
        }
        for (index, value) in values.enumerated() {
            // Of a value between two levels, p is the part of the way to the outer one.
            let position = Double(abs(value)) * 127
            let p = position - position.rounded(.down)
            let variance = p * (1 - p) / (127 * 127)
            let error = abs(sums[index] / Double(seeds) - Double(value))
            let tolerance = 5 * (variance / Double(seeds)).squareRoot() + 1e-6
            #expect(error <= tolerance, "\(value)")
            let spread = squares[index] / Double(seeds)
            let spreadTolerance = 5 * (p * (1 - p) / Double(seeds)).squareRoot() / (127 * 127) + 1e-9
            #expect(abs(spread - variance) <= spreadTolerance, "\(value)")
        }
    }

    @Test("zeros, buckets of zeros and values too small to be scaled become zeros")
    func zeros() {
        let tiny = Float.leastNonzeroMagnitude * 700
        let values: [Float] = [0, 0, tiny, -tiny, 5, -5]
        let (levels, scales) = StochasticQuantizer.quantize(values, bucket: 2, seed: 3)
        #expect(levels == [128, 128, 128, 128, 255, 1] && scales == [0, 0, 5])
        #expect(
            StochasticQuantizer.dequantize(levels: levels, scales: scales, bucket: 2) == [0, 0, 0, 0, 5, -5])
        #expect(StochasticQuantizer.quantize([], bucket: 2, seed: 3).scales.isEmpty)
    }
}

@Suite struct TopKTests {
    @Test(
        "positions are those of a full sort by magnitude, ties to the first",
        arguments: 1...8 as ClosedRange<UInt64>)
    func selection(_ seed: UInt64) {
        var generator = RandomStream(seed: seed)
        let count = 1 + generator.index(below: 3000)
        // Few distinct values, so that there are ties; some share their upper 16 bits.
        let values = (0..<count).map { _ in
            Float(generator.index(below: 40) - 20) * (seed % 2 == 0 ? 1 : 1.0001)
                + (seed % 3 == 0 ? Float(generator.normal()) * 1e-6 : 0)
        }
        let order = values.indices.sorted { (-abs(values[$0]), $0) < (-abs(values[$1]), $1) }
        for number in [0, 1, count / 7, count / 2, count] {
            let expected = order.prefix(number).sorted().map(Int32.init)
            #expect(TopK.positions(of: values, number: number) == expected)
        }
    }

    @Test("numbers: to the nearest, at least one, at most all")
    func numbers() {
        #expect(TopK.number(0.01, of: 11_181_642) == 111_816)
        #expect(
            TopK.number(1e-9, of: 50) == 1 && TopK.number(1, of: 50) == 50 && TopK.number(0.5, of: 0) == 0)
    }
}

@Suite struct ZstandardTests {
    @Test("content comes back, whatever it is", arguments: [0, 1, 1000, 300_000])
    func roundTrip(_ count: Int) throws {
        var generator = RandomStream(seed: UInt64(count))
        let random = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for bytes in [random, [UInt8](repeating: 7, count: count)] {
            for level in [1, 3, 19] {
                let frame = Zstandard.compress(bytes, level: level)
                #expect(try Zstandard.decompress(frame, limit: count) == bytes)
                if count == 300_000, bytes != random { #expect(frame.count < 100) }
            }
        }
    }

    @Test("what is no frame, is cut, is changed or is too long is refused with its reason")
    func damage() throws {
        var generator = RandomStream(seed: 5)
        let bytes = (0..<20_000).map { _ in UInt8.random(in: 0...9, using: &generator) }
        let frame = Zstandard.compress(bytes, level: 3)
        #expect(throws: CompressionError.tooLong(bytes: 20_000, limit: 19_999)) {
            try Zstandard.decompress(frame, limit: 19_999)
        }
        for bad in [
            [], [1, 2, 3], Array(frame.dropLast(1)), Array(frame.prefix(9)),
            Array(repeating: 0xFF, count: 40),
        ] {
            #expect(throws: CompressionError.self) { try Zstandard.decompress(bad, limit: 1 << 20) }
        }
        // Single flipped bits: refused, or the same length as before; never a crash.
        for _ in 0..<300 {
            var bad = frame
            bad[generator.index(below: bad.count)] ^= 1 << UInt8(generator.index(below: 8))
            if let content = try? Zstandard.decompress(bad, limit: 1 << 20) {
                #expect(content.count <= 1 << 20)
            }
        }
    }
}
