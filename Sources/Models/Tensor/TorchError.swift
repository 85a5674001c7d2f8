/// What can be wrong with the library under the tensors.
public enum TorchError: Error, Sendable, Hashable {
    /// It, or the shim over it, cannot be loaded; `reason` is the system's.
    case unavailable(reason: String)
}

extension TorchError: CustomStringConvertible {
    /// One line: what is wrong, and what helps.
    public var description: String {
        switch self {
        case .unavailable(let reason):
            "libtorch cannot be loaded: \(reason); libTorchShim belongs beside the program, and libtorch where the "
                + "system looks for libraries (apt-get install libtorch-dev) or where LIBTORCH said in the build"
        }
    }
}
