import Core
import Foundation
import Models
import Testing

/// Compressed updates of a small state with batch norm's statistics.
@Suite struct UpdateCodecTests {
    static let codecs: [UpdateCodec] = [.float16, .int8(bucket: 16), .topK(fraction: 0.2)]

    /// A state of 50 parameters, 6 statistics and a count.
    static func model(seed: UInt64, scale: Double = 1) -> ModelVector {
        var generator = RandomStream(seed: seed)
        func values(_ count: Int) -> [Float] { (0..<count).map { _ in Float(scale * generator.normal()) } }
        return ModelVector(
            layout: [
                .init(name: "bn.num_batches_tracked", shape: [], type: .int64),
                .init(name: "fc.weight", shape: [4, 11], type: .float32),
                .init(name: "bn.running_mean", shape: [3], type: .float32),
                .init(name: "bn.running_var", shape: [3], type: .float32),
                .init(name: "fc.bias", shape: [6], type: .float32),
            ], parameters: values(50), statistics: values(6), counts: [Int64(seed)])
    }

    @Test("states and vectors: the same bytes back, parts in the order of the file")
    func vectors() throws {
        let model = Self.model(seed: 1)
        let bytes = model.encoded(metadata: ["samples": "7"])
        #expect(try ModelVector(decoding: bytes) == model)
        #expect(try ModelVector(decoding: bytes).encoded(metadata: ["samples": "7"]) == bytes)
        let file = try SafetensorsFile(bytes: bytes)
        #expect(try file.tensor(named: "fc.bias").floats == Array(model.parameters[44...]))
        #expect(try file.tensor(named: "bn.running_var").floats == Array(model.statistics[3...]))
        let state = Classifier(ResNetArchitecture(depth: .eighteen, classes: 10), seed: 1).encodedState()
        let resnet = try ModelVector(decoding: state)
        #expect(resnet.encoded() == state)
        #expect(resnet.parameters.count == 11_181_642)
        #expect(resnet.statistics.count == 9600 && resnet.counts.count == 20)
        #expect(throws: SafetensorsError.self) {
            try ModelVector(decoding: Safetensors.encode([("w", Tensor([1]).to(.float16))]))
        }
    }

    @Test(
        "a message is as long as was said, and decodes to statistics as they were and parameters near",
        arguments: codecs)
    func roundTrip(_ codec: UpdateCodec) throws {
        let base = Self.model(seed: 2), local = Self.model(seed: 3)
        var residual: [Float] = []
        let message = codec.encode(
            local, base: base, residual: &residual, seed: 9, metadata: ["samples": "12"])
        #expect(message.count == codec.byteCount(of: base.layout, metadata: ["samples": "12"]))
        #expect(try SafetensorsFile(bytes: message).metadata == ["samples": "12"])
        let decoded = try codec.decode(message, base: base)
        #expect(decoded.statistics == local.statistics && decoded.counts == local.counts)
        let changes = Vectors.difference(local.parameters, base.parameters)
        let sent = Vectors.difference(decoded.parameters, base.parameters)
        let largest = changes.map(abs).max()!
        for (change, other) in zip(changes, sent) {
            switch codec {
            case .float16: #expect(abs(change - other) <= abs(change) / 2048 + 1e-6)
            case .int8: #expect(abs(change - other) <= largest / 127 + 1e-5)
            case .topK: #expect(other == 0 || abs(change - other) < 1e-6)
            }
        }
        #expect(residual.isEmpty == !codec.hasFeedback)
        if case .topK = codec { #expect(sent.count { $0 != 0 } == 10) }
        // The same bytes for the same seed.
        var again: [Float] = []
        #expect(
            codec.encode(local, base: base, residual: &again, seed: 9, metadata: ["samples": "12"]) == message
        )
    }

    @Test("a ResNet-18 with 10 classes: what an update weighs in each form")
    func sizes() {
        let layout = LayeredNetwork(ResNetArchitecture(depth: .eighteen, classes: 10)).store.declarations
        let bytes = [UpdateCodec.float16, .int8(bucket: 512), .topK(fraction: 0.01)].map {
            $0.byteCount(of: layout, metadata: [:])
        }
        // 11,181,642 parameters; 9,600 statistics and 20 counts are 38,560 bytes.
        let expected = [2 * 11_181_642, 11_181_642 + 4 * 21_840, 8 * 111_816]
        for (bytes, expected) in zip(bytes, expected) {
            let least = expected + 38_560
            #expect(bytes >= least, "\(bytes)")
            #expect(bytes < least + 500, "\(bytes)")
        }
    }

    @Test(
        "error feedback: what was sent and what is kept add up to all changes so far, and what is kept stays small"
    )
    func feedback() throws {
        // e' = (Δ + e) - sent, so that Σ sent + e' = Σ Δ.
        let codec = UpdateCodec.topK(fraction: 0.1)
        let base = Self.model(seed: 4)
        var residual: [Float] = [], changes = [Double](repeating: 0, count: 50), sent = changes
        for round in 1...300 {
            let local = Self.model(seed: UInt64(100 + round), scale: 0.3)
            let message = codec.encode(local, base: base, residual: &residual, seed: 0)
            let decoded = try codec.decode(message, base: base)
            for index in 0..<50 {
                changes[index] += Double(local.parameters[index]) - Double(base.parameters[index])
                let value = Double(decoded.parameters[index]) - Double(base.parameters[index])
                sent[index] += value
                let gap = sent[index] + Double(residual[index]) - changes[index]
                #expect(abs(gap) < 1e-4 * Double(round))
            }
        }
        // Changes of 0.8 in the mean, 50 of them a round and 5 sent: sent when they have grown to about 8.
        #expect(residual.map(abs).max()! < 16)
    }

    @Test("a constant change of one in ten sent: the residual is the closed form of waiting turns")
    func feedbackOfConstant() throws {
        // Ten parameters that all change by 1, one sent a round: first come first served, so after ten rounds
        // parameter i has sent i + 1 and keeps 10 - (i + 1).
        let layout = [Safetensors.Declaration(name: "w", shape: [10], type: .float32)]
        let base = ModelVector(layout: layout, parameters: Array(repeating: 0, count: 10))
        let local = ModelVector(layout: layout, parameters: Array(repeating: 1, count: 10))
        var residual: [Float] = []
        for round in 0..<10 {
            let message = UpdateCodec.topK(fraction: 0.1).encode(
                local, base: base, residual: &residual, seed: 0)
            let decoded = try UpdateCodec.topK(fraction: 0.1).decode(message, base: base)
            var expected = [Float](repeating: 0, count: 10)
            expected[round] = Float(round + 1)
            #expect(decoded.parameters == expected)
        }
        #expect(residual == (0..<10).map { Float(9 - $0) })
    }

    @Test("half precision has an end: what lies beyond it is cut there, not made infinite")
    func overflow() throws {
        let layout = [Safetensors.Declaration(name: "w", shape: [2], type: .float32)]
        let base = ModelVector(layout: layout, parameters: [0, 0])
        var none: [Float] = []
        let message = UpdateCodec.float16.encode(
            ModelVector(layout: layout, parameters: [1e9, -1e9]), base: base, residual: &none, seed: 0)
        #expect(try UpdateCodec.float16.decode(message, base: base).parameters == [65504, -65504])
    }

    @Test("damaged messages are refused with what is wrong", arguments: codecs)
    func damage(_ codec: UpdateCodec) throws {
        let base = Self.model(seed: 2), local = Self.model(seed: 3)
        var residual: [Float] = []
        let message = codec.encode(local, base: base, residual: &residual, seed: 9)
        func refused(_ bytes: [UInt8]) -> String? {
            do { _ = try codec.decode(bytes, base: base) } catch { return error.description }
            return nil
        }
        #expect(refused([])?.hasPrefix("a compressed update is not readable: ") == true)
        #expect(refused(Array(message.dropLast()))?.contains("not readable") == true)
        #expect(refused(local.encoded())?.hasPrefix("an update of the codec \(codec.name) holds ") == true)
        for other in Self.codecs where other != codec {
            var none: [Float] = []
            #expect(refused(other.encode(local, base: base, residual: &none, seed: 1)) != nil)
        }
        let small = [Safetensors.Declaration(name: "w", shape: [20], type: .float32)]
        var none: [Float] = []
        let zeros = ModelVector(layout: small, parameters: Array(repeating: 0, count: 20))
        #expect(refused(codec.encode(zeros, base: zeros, residual: &none, seed: 1)) != nil)
        // Any byte changed: refused or decoded to finite numbers, never a crash.
        var generator = RandomStream(seed: 1)
        for _ in 0..<200 {
            var bad = message
            bad[generator.index(below: bad.count)] = UInt8.random(in: 0...255, using: &generator)
            if let decoded = try? codec.decode(bad, base: base) {
                #expect(Vectors.areFinite(decoded.parameters))
            }
        }
    }

    @Test("positions that are not ascending or outside, and numbers that are none")
    func badContent() throws {
        let layout = [Safetensors.Declaration(name: "w", shape: [20], type: .float32)]
        let base = ModelVector(layout: layout, parameters: Array(repeating: 0, count: 20))
        let codec = UpdateCodec.topK(fraction: 0.1)
        func message(_ positions: [Int64], _ values: [Float]) -> [UInt8] {
            Safetensors.encode([
                ("positions", Tensor(indices: positions).to(.int32)), ("values", Tensor(values)),
            ])
        }
        #expect(try codec.decode(message([3, 19], [1, 2]), base: base).parameters[19] == 2)
        for (positions, bad) in [([3, 3], 3), ([5, 4], 4), ([0, 20], 20), ([-1, 2], -1)] {
            #expect(throws: CompressionError.badPosition(position: bad, parameters: 20)) {
                try codec.decode(message(positions.map(Int64.init), [1, 2]), base: base)
            }
        }
        #expect(throws: CompressionError.notFinite(tensor: "values")) {
            try codec.decode(message([1, 2], [1, .infinity]), base: base)
        }
        // Those of a simulated client that has diverged are taken as they are.
        let diverged = try codec.decode(message([1, 2], [1, .infinity]), base: base, admitsNotANumber: true)
        #expect(diverged.parameters[1] == 1 && diverged.parameters[2] == .infinity)
        #expect(throws: CompressionError.wrongCount(tensor: "positions", expected: 2, found: 3)) {
            try codec.decode(message([1, 2, 3], [1, 2, 3]), base: base)
        }
    }
}
