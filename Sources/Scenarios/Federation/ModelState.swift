/// The encoded state of a classifier, as it is sent, averaged and evaluated.
public struct ModelState: Sendable {
    /// A safetensors file with PyTorch's names.
    public let bytes: StoredBytes
    /// The number of images it was trained on last, by which `averaging: samples` weighs it.
    public let samples: Int
}
