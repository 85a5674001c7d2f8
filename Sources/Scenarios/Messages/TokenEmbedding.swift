import Models

/// A word that a client has learnt from its images of a class: the vector that the text encoder takes in for
/// it.
public struct TokenEmbedding: Sendable, Hashable {
    /// The class index that images of this word are labelled with.
    public let label: Int
    /// How many images it was learnt from: its weight among the words of its label.
    public let count: Int
    /// As wide as the text encoder.
    public let vector: [Float]

    /// Pairs a vector with its label.
    ///
    /// - Precondition: `count` is positive, and the vector is not empty.
    public init(label: Int, count: Int, vector: [Float]) {
        precondition(count > 0 && !vector.isEmpty, "a word of \(vector.count) elements for \(count) images")
        self.label = label
        self.count = count
        self.vector = vector
    }
}

/// The wire format of learnt words: a safetensors file with `labels` and `counts` (I32 `[N]`) and `tokens`
/// (F16 or F32 `[N, width]`).
public enum TokenEmbeddingCodec {
    /// The bytes that a client uploads.
    ///
    /// - Precondition: there is a word, and all have one width.
    public static func encode(_ words: [TokenEmbedding], as precision: Scenario.EmbeddingPrecision) -> [UInt8]
    {
        guard let width = words.first?.vector.count else { preconditionFailure("a message of no words") }
        precondition(words.allSatisfy { $0.vector.count == width }, "words of several widths")
        let vectors = Tensor(words.flatMap(\.vector), shape: [words.count, width])
        return Safetensors.encode([
            ("tokens", precision.rounded(vectors)),
            ("labels", .int32(words.map(\.label))), ("counts", .int32(words.map(\.count))),
        ])
    }

    /// The words in a message.
    ///
    /// - Throws: `FederationError.malformedTokens` where the bytes are no such message.
    public static func decode(_ bytes: [UInt8]) throws -> [TokenEmbedding] {
        let file: SafetensorsFile
        do { file = try SafetensorsFile(bytes: bytes) } catch {
            throw FederationError.malformedTokens(reason: "\(error)")
        }
        guard let shape = file.shape(of: "tokens"), shape.count == 2, shape.allSatisfy({ $0 > 0 }),
            let type = file.elementType(of: "tokens"), [.float16, .float32].contains(type),
            ["labels", "counts"].allSatisfy({
                file.shape(of: $0) == [shape[0]] && file.elementType(of: $0) == .int32
            })
        else {
            throw FederationError.malformedTokens(reason: "it holds \(file.listing)")
        }
        let values = try file.tensor(named: "tokens").floats
        let labels = try file.tensor(named: "labels").integers
        let counts = try file.tensor(named: "counts").integers
        guard labels.allSatisfy({ $0 >= 0 }), counts.allSatisfy({ $0 > 0 }), values.allSatisfy(\.isFinite)
        else {
            throw FederationError.malformedTokens(
                reason: "a label is negative, a count not positive, or an element no finite number")
        }
        return labels.indices.map { index in
            TokenEmbedding(
                label: Int(labels[index]), count: Int(counts[index]),
                vector: Array(values[index * shape[1]..<(index + 1) * shape[1]]))
        }
    }
}
