import RunLog

/// What travels between a client and the server: bytes that are really encoded, and what they are.
public struct Message: Sendable {
    /// What the bytes hold.
    public let payload: Payload
    /// The encoded content.
    public let body: Body

    /// Where the encoded content is.
    public enum Body: Sendable {
        case inline([UInt8])
        case stored(StoredBytes)
        // Indirect, because a message waits as long as it travels, a hundred thousand at a time.
        /// A client's model in the form in which it uploads it.
        indirect case update(ModelUpdate)
        /// What a client has taught the foundation model, with the prompts that it belongs to.
        indirect case personalization(Personalization, of: [Prompt])
    }

    /// The length of the message on the wire, in bytes.
    public var byteCount: Int {
        switch body {
        case .inline(let bytes): bytes.count
        case .stored(let bytes): bytes.count
        case .update(let update): update.bytes.count
        case .personalization(let personalization, _): personalization.bytes.count
        }
    }

    /// A message of prompts.
    public static func prompts(_ prompts: [Prompt]) -> Message {
        Message(payload: .prompts, body: .inline(PromptCodec.encode(prompts)))
    }

    /// A message of prompts, of embeddings, of learnt words, or of what a client has taught the foundation
    /// model.
    public static func description(_ description: ImageDescription) -> Message {
        switch description {
        case .prompts(let prompts):
            .prompts(prompts)
        case .embeddings(let embeddings, let precision):
            Message(
                payload: .embeddings,
                body: .inline(PromptEmbeddingCodec.encode(embeddings, as: precision)))
        case .words(let words, let precision):
            Message(payload: .tokens, body: .inline(TokenEmbeddingCodec.encode(words, as: precision)))
        case .personalized(let prompts, let personalization):
            Message(
                payload: personalization.payload, body: .personalization(personalization, of: prompts))
        }
    }

    /// A message that carries a control variate.
    static func control(_ bytes: StoredBytes) -> Message {
        Message(payload: .control, body: .stored(bytes))
    }

    /// A message that carries a model state.
    public static func weights(_ state: StoredBytes) -> Message {
        Message(payload: .weights, body: .stored(state))
    }
}
