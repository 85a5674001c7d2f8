/// A text that a denoiser attends to, with what its layers made of it the first time.
///
/// The text stays what it is from step to step, and with it the keys and values of every attention to it: in
/// sampling they are computed once. The values are those that each step would compute.
public final class TextContext {
    /// States of the texts, `[N, S, width]`.
    public let states: Tensor
    /// A vector for each text, `[N, P]`: what joins the time embedding where the network takes one.
    public let pooled: Tensor?
    /// Sizes that an image is to have, `[N, K]`, in pixels, where the network takes them.
    public let sizes: Tensor?
    /// The weight of guidance where the network was distilled to know it.
    public let guidance: Double?
    private var known: [String: Tensor] = [:]

    /// - Parameters:
    ///   - states: `[N, S, width]`, for one network and one kind of autocast.
    ///   - pooled: `[N, P]`.
    ///   - sizes: `[N, K]`.
    ///   - guidance: the weight.
    public init(_ states: Tensor, pooled: Tensor? = nil, sizes: Tensor? = nil, guidance: Double? = nil) {
        self.states = states
        self.pooled = pooled
        self.sizes = sizes
        self.guidance = guidance
    }

    /// What a layer makes of the states; computed when first asked for.
    ///
    /// - Parameter name: the layer's name among the network's parameters.
    func remembered(_ name: String, _ make: (Tensor) -> Tensor) -> Tensor {
        if let tensor = known[name] { return tensor }
        let tensor = make(states)
        known[name] = tensor
        return tensor
    }
}
