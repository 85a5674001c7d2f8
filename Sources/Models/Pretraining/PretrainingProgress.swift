/// How far a training run is.
public struct PretrainingProgress: Sendable {
    /// The stages of a run, in their order.
    public enum Stage: String, Sendable, CaseIterable {
        case autoencoder, corpus, denoiser, captioner
    }

    public var stage: Stage
    /// Samples done in this stage.
    public var samples: Int
    /// Samples of the whole stage.
    public var totalSamples: Int
    /// Mean loss since the last report; nil where the stage has none.
    public var loss: Double?
    /// Wall-clock rate since the last report.
    public var samplesPerSecond: Double
    /// Wall-clock seconds to the end of the stage at that rate.
    public var secondsLeft: Double { Double(totalSamples - samples) / max(samplesPerSecond, 1e-9) }
    /// Mean squared error of the autoencoder on images it never saw, in −1…1, with the last report of its
    /// stage.
    public var heldOutError: Double?
    /// What the captioner says of photos it never saw, with the reports at its checkpoints.
    public var agreement: CaptionAgreement?
}

/// Gathers losses and times for reports.
struct PretrainingMeter {
    private let stage: PretrainingProgress.Stage
    private let totalSamples: Int
    private let report: (PretrainingProgress) -> Void
    private let clock = ContinuousClock()
    private var start: ContinuousClock.Instant
    private var startSamples: Int
    private var losses: [Double] = []

    init(
        _ stage: PretrainingProgress.Stage, samples: Int = 0, totalSamples: Int,
        report: @escaping (PretrainingProgress) -> Void
    ) {
        self.stage = stage
        self.totalSamples = totalSamples
        self.report = report
        start = clock.now
        startSamples = samples
    }

    mutating func add(_ loss: Double) { losses.append(loss) }

    /// Reports the time since the last report.
    mutating func flush(
        samples: Int, heldOutError: Double? = nil, agreement: CaptionAgreement? = nil
    ) {
        let elapsed = start.duration(to: clock.now) / .seconds(1)
        report(
            PretrainingProgress(
                stage: stage, samples: samples, totalSamples: totalSamples,
                loss: losses.isEmpty ? nil : losses.reduce(0, +) / Double(losses.count),
                samplesPerSecond: Double(samples - startSamples) / max(elapsed, 1e-9),
                heldOutError: heldOutError, agreement: agreement))
        losses = []
        start = clock.now
        startSamples = samples
    }
}
