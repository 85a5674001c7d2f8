import Models

/// A prompt as a client's text encoder gives it: the states that condition the diffusion model, without the
/// text.
public struct PromptEmbedding: Sendable, Hashable {
    /// The class index that images of this embedding are labelled with.
    public let label: Int
    /// The states.
    public let states: TextStates

    /// Pairs states with their label.
    public init(label: Int, states: TextStates) {
        self.label = label
        self.states = states
    }
}

/// The wire format of embeddings: a safetensors file with `labels` (I32 `[N]`), `states` (F16 or F32 `[N,
/// tokens, width]`) and, where the model takes texts as vectors too, `pooled` (of the same type, `[N,
/// width]`).
public enum PromptEmbeddingCodec {
    /// The bytes that a client uploads.
    ///
    /// - Precondition: there is an embedding, and all have one shape.
    public static func encode(_ embeddings: [PromptEmbedding], as precision: Scenario.EmbeddingPrecision)
        -> [UInt8]
    {
        guard let first = embeddings.first?.states else { preconditionFailure("a message of no embeddings") }
        precondition(
            embeddings.allSatisfy {
                $0.states.tokens == first.tokens && $0.states.width == first.width
                    && $0.states.pooled.count == first.pooled.count
            },
            "embeddings of several shapes")
        let states = Tensor(
            embeddings.flatMap(\.states.values), shape: [embeddings.count, first.tokens, first.width])
        let labels = Tensor.int32(embeddings.map(\.label))
        var tensors = [("states", precision.rounded(states)), ("labels", labels)]
        if !first.pooled.isEmpty {
            let pooled = Tensor(
                embeddings.flatMap(\.states.pooled), shape: [embeddings.count, first.pooled.count])
            tensors.append(("pooled", precision.rounded(pooled)))
        }
        return Safetensors.encode(tensors)
    }

    /// The embeddings in a message.
    ///
    /// - Throws: `FederationError.malformedEmbeddings` where the bytes are no such message.
    public static func decode(_ bytes: [UInt8]) throws -> [PromptEmbedding] {
        let file: SafetensorsFile
        do { file = try SafetensorsFile(bytes: bytes) } catch {
            throw FederationError.malformedEmbeddings(reason: "\(error)")
        }
        guard let shape = file.shape(of: "states"), let count = file.shape(of: "labels"), shape.count == 3,
            count == [shape[0]], shape.allSatisfy({ $0 > 0 }), file.elementType(of: "labels") == .int32,
            let type = file.elementType(of: "states"), [.float16, .float32].contains(type)
        else {
            throw FederationError.malformedEmbeddings(reason: "it holds \(file.listing)")
        }
        let pooledShape = file.shape(of: "pooled")
        guard
            pooledShape == nil
                || pooledShape?.count == 2 && pooledShape?[0] == shape[0] && pooledShape?[1] != 0,
            pooledShape == nil || file.elementType(of: "pooled") == type
        else {
            throw FederationError.malformedEmbeddings(reason: "it holds \(file.listing)")
        }
        let values = try file.tensor(named: "states").floats
        let vectors = pooledShape == nil ? [] : try file.tensor(named: "pooled").floats
        let pooledWidth = pooledShape?[1] ?? 0
        let labels = try file.tensor(named: "labels").integers
        guard labels.allSatisfy({ $0 >= 0 }), (values + vectors).allSatisfy(\.isFinite) else {
            throw FederationError.malformedEmbeddings(reason: "a label is negative, or a state is no number")
        }
        let size = shape[1] * shape[2]
        return labels.enumerated().map { index, label in
            PromptEmbedding(
                label: Int(label),
                states: TextStates(
                    tokens: shape[1], width: shape[2],
                    values: Array(values[index * size..<(index + 1) * size]),
                    pooled: Array(vectors[index * pooledWidth..<(index + 1) * pooledWidth]))
            )
        }
    }
}

extension Scenario.EmbeddingPrecision {
    /// The element type of what travels.
    var elementType: ElementType { self == .float16 ? .float16 : .float32 }
    /// A tensor as it travels. What half precision does not hold becomes the largest number that it does.
    func rounded(_ tensor: Tensor) -> Tensor { self == .float16 ? tensor.halves : tensor.to(.float32) }
    /// Bytes of an element.
    var byteCount: Int { elementType.size }
}
