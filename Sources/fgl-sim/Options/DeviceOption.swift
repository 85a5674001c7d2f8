import ArgumentParser
import Models

/// Where a command computes that reads no scenario, which would say so itself.
struct DeviceOption: ParsableArguments {
    @Option(help: "cpu, cuda (all GPUs) or cuda:N (docs/gpu.md).")
    var device = "cpu"

    /// What was asked for.
    var choice: Torch.Device { Torch.Device(device) ?? .cpu }

    func validate() throws {
        guard Torch.Device(device) != nil else {
            throw ValidationError("--device is \(device); allowed are \(Torch.Device.allowed).")
        }
    }

    /// Checks that the device computes in a precision.
    ///
    /// - Throws: `ValidationError`.
    func check(_ precision: SynthesisPrecision?) throws {
        guard let precision, !precision.isAvailable(on: choice) else { return }
        throw ValidationError(
            "--precision is \(precision.rawValue); with --device \(device) allowed are fp32, bf16.")
    }
}

extension SynthesisPrecision: ExpressibleByArgument {}
