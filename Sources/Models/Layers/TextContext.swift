/// A text that a denoiser attends to, with what its layers made of it the first time.
///
/// The text stays what it is from step to step, and with it the keys and values of every attention to it: in
/// sampling they are computed once. The values are those that each step would compute.
public final class TextContext {
    /// States of the texts, `[N, S, width]`.
    public let states: Tensor
    private var known: [String: Tensor] = [:]

    /// - Parameter states: `[N, S, width]`, for one network and one kind of autocast.
    public init(_ states: Tensor) { self.states = states }

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
