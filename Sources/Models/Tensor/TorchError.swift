/// What can be wrong with the library under the tensors.
public enum TorchError: Error, Sendable, Hashable {
    /// It, or the shim over it, cannot be loaded; `reason` is the system's.
    case unavailable(reason: String)
    /// It has no device of the kind, or the machine has none; `reason` is libtorch's.
    case noDevice(Torch.Device, reason: String)
}

extension TorchError: CustomStringConvertible {
    /// One line: what is wrong, and what helps.
    public var description: String {
        switch self {
        case .unavailable(let reason):
            "libtorch cannot be loaded: \(reason); libTorchShim belongs beside the program, and libtorch "
                + "where the "
                + "system looks for libraries (apt-get install libtorch-dev) or where LIBTORCH said in the "
                + "build"
        case .noDevice(let device, let reason):
            "device: \(device.rawValue) is not to be had: \(reason); allowed here: cpu (a libtorch with CUDA "
                + "is named when "
                + "fgl-sim is built: make LIBTORCH=/path)"
        }
    }
}
