/// What is wrong with an adapter's file, beside what is wrong with any safetensors file.
///
/// The English is in `LoRAProblem+Description.swift`.
public enum LoRAProblem: Sendable, Hashable {
    /// No tensor of the file is a part of an adapter.
    case noAdapter
    /// A key of another kind of adapter, or of none.
    case unknownKey
    /// A key of a layer that the model does not have.
    case noLayer(network: String)
    /// A matrix of another size than the layer.
    case shape(found: [Int], layer: String, expected: [Int])
    /// One of the two matrices of a layer without the other.
    case noPartner
    /// Two matrices of different ranks.
    case ranks(down: Int, up: Int)
    /// A matrix of rank 0.
    case rankZero
    /// An element that is not a finite number.
    case notFinite
    /// A setting of the adapter that changes how it is merged.
    case setting(value: String, allowed: String)
}
