import CTorch
import Foundation
import Synchronization

extension Torch {
    /// Where tensors are made and computed with.
    public enum Device: Sendable, Hashable {
        /// The processor: equal bits for equal seeds.
        case cpu
        /// GPUs, with a libtorch that has CUDA: all that there are, over which workers are spread, or the one
        /// of a number. Sums are not in a fixed order there.
        case cuda(index: Int?)

        /// All GPUs.
        public static let cuda = Device.cuda(index: nil)

        /// What is allowed, for sentences.
        public static let allowed = "cpu, cuda, cuda:N with N from 0 to \(highestIndex)"
        private static let highestIndex = 127

        /// The device that a scenario or an option calls `text`: `cpu`, `cuda`, `cuda:1`; nil for others.
        public init?(_ text: String) {
            switch text {
            case "cpu": self = .cpu
            case "cuda": self = .cuda
            default:
                // Written in one way only: results name their device.
                guard text.hasPrefix("cuda:"), let index = Int(text.dropFirst(5)),
                    "cuda:\(index)" == text, (0...Self.highestIndex).contains(index)
                else { return nil }
                self = .cuda(index: index)
            }
        }

        /// As scenarios have it.
        public var text: String {
            switch self {
            case .cpu: "cpu"
            case .cuda(let index?): "cuda:\(index)"
            case .cuda(nil): "cuda"
            }
        }
    }

    /// Chooses the device, once and before the first tensor: the one place where it is decided.
    ///
    /// - Throws: `TorchError.unavailable`; `TorchError.noDevice`.
    public static func use(_ device: Device) throws(TorchError) {
        try load()
        if case .cuda(let index) = device {
            let count = gpuCount
            guard (index ?? 0) < count else { throw .noDevice(device, gpus: count, libtorch: version) }
            check(ct_set_device(Int32(CT_CUDA), Int32(index ?? 0)))
        } else {
            check(ct_set_device(Int32(CT_CPU), 0))
        }
        chosen.withLock { $0 = device }
    }

    /// The device that was chosen.
    public static var device: Device { chosen.withLock { $0 } }
    private static let chosen = Mutex(Device.cpu)

    /// The devices of this machine, for people: `cpu`, and where libtorch has CUDA the GPUs that NVIDIA's
    /// driver shows. Told without loading libtorch.
    public static var devices: String {
        guard let gpus = ct_gpus().map({ String(cString: $0) }) else {
            return "cpu (libtorch without CUDA)"
        }
        return gpus.isEmpty
            ? "cpu (libtorch with CUDA, and no GPU that its driver shows)" : "cpu, cuda: \(gpus)"
    }

    /// How many GPUs this libtorch sees; 0 where it has no CUDA. Loads it.
    public static var gpuCount: Int {
        var count: Int32 = 0
        check(ct_device_count(&count))
        return Int(count)
    }

    /// Gives the calling thread its GPU where there are several to choose from: worker `number` computes on
    /// that of `number` modulo their count.
    public static func takeDevice(worker number: Int) {
        guard device == .cuda else { return }
        check(ct_set_thread_device(Int32(number % max(gpuCount, 1))))
    }

    /// The GPU that the calling thread computes on; nil is the processor.
    public static var gpu: Int? {
        var index: Int32 = -1
        check(ct_thread_device(&index))
        return index < 0 ? nil : Int(index)
    }

    /// Waits until the device has done all that the calling thread gave it: what is timed must end so.
    public static func synchronize() { check(ct_synchronize()) }

    /// Runs `body` with tensors made in the processor's memory, whatever the device is.
    static func onHost<Result>(_ body: () throws -> Result) rethrows -> Result {
        var previous = false
        check(ct_set_on_host(true, &previous))
        defer { check(ct_set_on_host(previous, nil)) }
        return try body()
    }

    /// Runs `body` while no other thread of this process runs one on the same GPU; at once on the processor.
    ///
    /// For batches that fill a GPU: side by side they would take the memory of all and be no faster.
    static func inTurn<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let gpu else { return try body() }
        turns[gpu].lock()
        defer { turns[gpu].unlock() }
        return try body()
    }
    private static let turns = (0..<128).map { _ in NSRecursiveLock() }

    /// Whether attention is one kernel here, which needs no room for the scores: on GPUs.
    static var hasFusedAttention: Bool {
        var isThere = false
        check(ct_has_attention(&isThere))
        return isThere
    }
}
