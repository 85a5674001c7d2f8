import Core
import Models
import Scenarios
import Testing

@Suite("Descriptions of images on the wire")
struct DescriptionTests {
    @Test("A prompt for several images has their number behind its label")
    func counts() throws {
        let prompts = [
            Prompt(label: 3, text: "A photo of a red heart", count: 12), Prompt(label: 0, text: "x*y\tz"),
        ]
        let bytes = PromptCodec.encode(prompts)
        #expect(bytes == Array("3*12\tA photo of a red heart\n0\tx*y\tz\n".utf8))
        #expect(try PromptCodec.decode(bytes) == prompts)
    }

    @Test(
        "Numbers that are none are refused",
        arguments: ["3*\tx", "3*0\tx", "3*-1\tx", "*3\tx", "3*2*2\tx", "3*a\tx"])
    func malformedCounts(line: String) {
        #expect(throws: FederationError.malformedPrompts(line: line)) {
            try PromptCodec.decode(Array(line.utf8))
        }
    }

    private static func embeddings(_ count: Int, seed: UInt64) -> [PromptEmbedding] {
        var generator = RandomStream(seed: seed)
        return (0..<count).map { label in
            // Halves of small integers are exact in float16.
            let values = (0..<3 * 4).map { _ in Float(generator.index(below: 200)) / 2 - 50 }
            return PromptEmbedding(label: label, states: TextStates(tokens: 3, width: 4, values: values))
        }
    }

    @Test("Embeddings are as long as their elements and a header", arguments: [1, 2, 10])
    func embeddingBytes(count: Int) throws {
        for (precision, size) in [(Scenario.EmbeddingPrecision.float16, 2), (.float32, 4)] {
            let embeddings = Self.embeddings(count, seed: 1)
            let bytes = PromptEmbeddingCodec.encode(embeddings, as: precision)
            // N · T · W elements, N labels of four bytes, a length of eight bytes and the JSON it announces.
            let header = bytes.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
            #expect(bytes.count == 8 + header + count * (12 * size + 4))
            #expect(try PromptEmbeddingCodec.decode(bytes) == embeddings)
            #expect(Message.description(.embeddings(embeddings, precision)).byteCount == bytes.count)
        }
    }

    @Test("What half precision does not hold becomes the largest number that it does")
    func largeStates() throws {
        let states = TextStates(tokens: 1, width: 3, values: [1e6, -1e30, 0.5])
        let bytes = PromptEmbeddingCodec.encode([PromptEmbedding(label: 2, states: states)], as: .float16)
        #expect(try PromptEmbeddingCodec.decode(bytes)[0].states.values == [65_504, -65_504, 0.5])
    }

    @Test("A message that is cut off or spoilt anywhere is refused or read, and never a trap")
    func mutations() {
        let bytes = PromptEmbeddingCodec.encode(Self.embeddings(3, seed: 2), as: .float16)
        var generator = RandomStream(seed: 3)
        var read = 0
        for _ in 0..<500 {
            var spoilt = bytes
            for _ in 0...generator.index(below: 3) {
                spoilt[generator.index(below: spoilt.count)] = UInt8(generator.index(below: 256))
            }
            if generator.isTrue(withProbability: 0.3) {
                spoilt.removeLast(generator.index(below: spoilt.count))
            }
            if (try? PromptEmbeddingCodec.decode(spoilt)) != nil { read += 1 }
        }
        #expect(read > 50 && read < 450, "\(read)")
    }

    @Test("A message of other tensors is refused with what it holds")
    func foreignTensors() {
        let bytes = Safetensors.encode([("weights", Tensor.zeros([2, 3]))])
        let error = #expect(throws: FederationError.self) { try PromptEmbeddingCodec.decode(bytes) }
        #expect(
            error.map { "\($0)" } == "an embedding message is malformed: it holds weights [2, 3]; "
                + "allowed are labels (I32) and states (F16 or F32, prompts × tokens × width)")
        let negative = Safetensors.encode([
            ("states", Tensor.zeros([1, 2, 2])), ("labels", Tensor(indices: [-1]).to(.int32)),
        ])
        #expect(throws: FederationError.self) { try PromptEmbeddingCodec.decode(negative) }
        let infinite = Safetensors.encode([
            ("states", Tensor.full([1, 2, 2], .infinity)), ("labels", Tensor(indices: [1]).to(.int32)),
        ])
        #expect(throws: FederationError.self) { try PromptEmbeddingCodec.decode(infinite) }
    }

    @Test("Images are shared in proportion to weights: exactly so many, each within one of its share")
    func shares() {
        #expect(SynthesisShare.counts(weights: [1], total: 7) == [7])
        #expect(SynthesisShare.counts(weights: [3, 1], total: 8) == [6, 2])
        // More prompts than images: every second of four equal ones.
        #expect(SynthesisShare.counts(weights: [1, 1, 1, 1], total: 2) == [0, 1, 0, 1])
        var generator = RandomStream(seed: 8)
        for _ in 0..<500 {
            let weights = (0...generator.index(below: 20)).map { _ in 1 + generator.index(below: 30) }
            let total = generator.index(below: 400), sum = weights.reduce(0, +)
            let counts = SynthesisShare.counts(weights: weights, total: total)
            #expect(counts.reduce(0, +) == total)
            for (count, weight) in zip(counts, weights) {
                #expect(abs(Double(count) - Double(total * weight) / Double(sum)) < 1)
            }
        }
    }
}
