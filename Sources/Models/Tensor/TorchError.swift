import Foundation

/// What can be wrong with the library under the tensors.
public enum TorchError: Error, Sendable, Hashable {
    /// It, or the shim over it, cannot be loaded or used; `reason` is the system's or `CTorch`'s.
    case unavailable(reason: String, obstacle: Obstacle = .missing)
    /// The device is not there: so many GPUs are, for a libtorch of this version.
    case noDevice(Torch.Device, gpus: Int, libtorch: String)
    /// A device had no memory in the middle of a computation, for one of the items where it is about items;
    /// `reason` is libtorch's.
    case outOfMemory(place: String, items: String?, reason: String)

    /// What keeps the library from being used.
    public enum Obstacle: Sendable, Hashable {
        /// A library is not there, or does not load.
        case missing
        /// The shim is of another version than the program.
        case otherVersion
        /// An environment variable of this program has a value that is not allowed.
        case variable
        /// The system makes no thread for its pool.
        case threads
    }

    /// Whether less work at a time may help.
    public var isOutOfMemory: Bool {
        if case .outOfMemory = self { true } else { false }
    }
}

extension TorchError: CustomStringConvertible {
    /// One line: what is wrong, and what helps.
    public var description: String {
        switch self {
        case .unavailable(let reason, .variable), .unavailable(let reason, .threads):
            reason
        case .unavailable(let reason, .otherVersion):
            "libtorch cannot be loaded: \(reason); build the shim again (docs/install.md says how)"
        case .unavailable(let reason, .missing):
            "libtorch cannot be loaded: \(reason); libTorchShim belongs beside the program, and libtorch "
                + "where the "
                + "system looks for libraries (apt-get install libtorch-dev) or where LIBTORCH said in the "
                + "build"
        case .noDevice(let device, gpus: 0, let libtorch):
            "device: \(device.text) is not there: libtorch \(libtorch) sees no GPU; allowed here: cpu (docs/"
                + "gpu.md: a GPU needs NVIDIA's driver and a libtorch with CUDA)"
        case .noDevice(let device, let gpus, _):
            "device: \(device.text) is not there: "
                + (gpus == 1 ? "this machine has one GPU" : "this machine has \(gpus) GPUs")
                + "; allowed here: cpu, cuda, "
                + (0..<gpus).map { "cuda:\($0)" }.joined(separator: ", ")
        case .outOfMemory(let place, let items, let reason):
            "no memory on \(place)\(items.map { " for one of the \($0)" } ?? ""): "
                + Self.firstSentence(of: reason)
        }
    }

    /// libtorch goes on with advice about its allocator.
    private static func firstSentence(of reason: String) -> String {
        let line = reason.split(separator: "\n").first.map(String.init) ?? reason
        return line.components(separatedBy: ". ").prefix(2).joined(separator: ". ")
    }
}
