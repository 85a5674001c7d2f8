/// Which low-rank adapter (LoRA, arXiv 2106.09685) is merged into a model, and with which weight.
public struct LoRAReference: Sendable, Hashable {
    /// Of the safetensors file.
    public var path: String
    /// What the changes of the weights are multiplied by; 1 is what the adapter was trained for.
    public var scale: Double

    public init(path: String, scale: Double = 1) {
        self.path = path
        self.scale = scale
    }
}
