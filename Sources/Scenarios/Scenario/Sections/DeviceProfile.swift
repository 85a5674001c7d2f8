/// Devices whose training was measured, by architecture.
///
/// A speed in FLOP/s is off by an order of magnitude between architectures: a Raspberry Pi 5 trains a
/// residual network at about 30 GFLOP/s and MobileNetV3-small at 2.4. So a profile has seconds.
public enum DeviceProfile: String, Sendable, CaseIterable {
    /// Raspberry Pi 5, its processor alone. A published experiment with Flower: seconds for 20 batches of 16
    /// images at 224 px (ResNet-18 116.85, ResNet-34 219.80, ResNet-50 322.26).
    case raspberryPi5 = "raspberry-pi-5"
    /// Raspberry Pi 4, likewise: `results/blog/rpi4_bench_results.pkl` of the same experiment
    /// (github.com/jafermarq/federated-embedded-vision; ResNet-18 218.366, ResNet-34 407.243, ResNet-50
    /// 652.536).
    case raspberryPi4 = "raspberry-pi-4"

    /// The side of the images of the measurements, in pixels.
    public static let measuredSide = 224

    /// Seconds of training for an image of ``measuredSide``; `nil` where nothing is measured.
    public func secondsPerImage(training kind: Scenario.ModelKind) -> Double? {
        switch self {
        case .raspberryPi5:
            let images = 20.0 * 16
            switch kind {
            case .resnet18: return 116.85 / images
            case .resnet34: return 219.80 / images
            case .resnet50: return 322.26 / images
            case .cnn, .tiny, .torchscript: return nil
            }
        case .raspberryPi4:
            let images = 20.0 * 16
            switch kind {
            case .resnet18: return 218.366 / images
            case .resnet34: return 407.243 / images
            case .resnet50: return 652.536 / images
            case .cnn, .tiny, .torchscript: return nil
            }
        }
    }

    /// The models that it has measurements of.
    public var measuredKinds: [Scenario.ModelKind] {
        Scenario.ModelKind.allCases.filter { secondsPerImage(training: $0) != nil }
    }

    /// The speed at which an architecture is trained, in floating-point operations per second as
    /// `ClassifierArchitecture.trainingOperations` counts them; `nil` where nothing is measured.
    ///
    /// Images of another side take the same speed.
    public func flopsPerSecond(training model: Scenario.Model) -> Double? {
        guard let seconds = secondsPerImage(training: model.kind),
            let architecture = model.builtInArchitecture(classes: 10, side: Self.measuredSide)
        else { return nil }
        return Double(architecture.trainingOperations(side: Self.measuredSide)) / seconds
    }
}

extension ScenarioReader {
    /// Reports a device profile that does not go with other keys.
    mutating func checkDevices(of scenario: Scenario) {
        guard let profile = scenario.devices.profile else { return }
        let key = "devices.profile"
        if scenario.devices.clientFLOPsPerSecond != Scenario.Devices().clientFLOPsPerSecond {
            reportConflict(
                profile.rawValue, with: "devices.client", allowed: "one of them", at: key)
        }
        if profile.flopsPerSecond(training: scenario.model) == nil {
            let known = profile.measuredKinds.map(\.rawValue).joined(separator: ", ")
            reportConflict(
                profile.rawValue, with: "model.kind: \(scenario.model.kind.rawValue)",
                allowed: "\(known): only these were measured; devices.client takes a speed", at: key)
        }
    }
}
