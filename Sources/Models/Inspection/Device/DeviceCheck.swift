import Foundation

/// A computation of the chosen device beside what it should come to: the processor's result, or a file's.
///
/// Both have the same inputs. Where libtorch rounds products to 10 bits (TF32, which its convolutions on
/// NVIDIA's GPUs do unless `NVIDIA_TF32_OVERRIDE=0` stands in the environment), tolerances of float32 do not
/// hold.
public struct DeviceCheck: Sendable, Hashable {
    /// What was computed.
    public let name: String
    /// The largest difference of an element, over the largest magnitude of the right ones or 1; infinite
    /// where numbers of elements differ or one is not a number.
    public let difference: Double
    /// What the difference may be.
    public let tolerance: Double

    /// Whether the device computed right.
    public var isRight: Bool { difference <= tolerance }

    init(_ name: String, _ found: [Float], _ right: [Float], tolerance: Double) {
        self.name = name
        self.tolerance = tolerance
        let scale = right.reduce(1) { Swift.max($0, abs(Double($1))) }
        let largest = zip(found, right).reduce(0.0) { most, pair in
            // Infinities of one sign agree.
            let difference = pair.0 == pair.1 ? 0 : abs(Double(pair.0) - Double(pair.1))
            return difference.isNaN ? .infinity : Swift.max(most, difference)
        }
        difference = found.count == right.count ? largest / scale : .infinity
    }

    /// Computes on the processor and on the device.
    static func compare(
        _ name: String, tolerance: Double = 1e-4, _ body: () throws -> [Float]
    ) rethrows -> DeviceCheck {
        let right = try Torch.onHost(body)
        return DeviceCheck(name, try body(), right, tolerance: tolerance)
    }

    /// All checks: operators with their gradients, layers, training, the shipped models, and the checkpoints
    /// in `folders`, whose `expected.safetensors` has what diffusers computed.
    ///
    /// - Throws: `FoundationModelError`, `CaptionerError`, `SafetensorsError`, `TorchError`.
    public static func all(folders: [URL] = []) throws -> [DeviceCheck] {
        try operators() + layers() + training() + models() + folders.flatMap(pipeline)
    }
}
