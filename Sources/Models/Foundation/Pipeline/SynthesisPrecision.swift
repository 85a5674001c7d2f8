import CTorch

/// The type in which a foundation model's weights are kept and its products are computed.
///
/// Normalizations, the sampler and what is between networks stay float32 whatever it is.
public enum SynthesisPrecision: String, Sendable, Codable, CaseIterable {
    case float32 = "fp32"
    /// 8 bits of fraction and float32's range; half of float32's memory.
    case bfloat16 = "bf16"
    /// 11 bits of fraction and numbers up to 65,504, on GPUs alone; half of float32's memory.
    case float16 = "fp16"

    /// The type of products; nil is that of the tensors.
    var autocast: ElementType? {
        switch self {
        case .float32: nil
        case .bfloat16: .bfloat16
        case .float16: .float16
        }
    }

    /// Whether a device computes in it: the shim's loops for processors know no float16.
    public func isAvailable(on device: Torch.Device) -> Bool { self != .float16 || device != .cpu }
}
