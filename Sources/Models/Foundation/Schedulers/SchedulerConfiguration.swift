/// The shape of a sampler: `scheduler/scheduler_config.json`.
///
/// One type for all samplers, since a checkpoint's noise schedule outlives the choice of its sampler.
/// https://github.com/huggingface/diffusers/tree/main/src/diffusers/schedulers
public struct SchedulerConfiguration: Hashable, Sendable {
    /// How the variance of a step of the forward process grows.
    public enum BetaSchedule: String, Sendable, CaseIterable {
        /// Linear in the step.
        case linear
        /// The square of a linear function: Stable Diffusion's.
        case scaledLinear = "scaled_linear"
        /// From a squared cosine (arXiv 2102.09672), each beta at most 0.999.
        case squaredCosine = "squaredcos_cap_v2"
    }

    /// What the network predicts.
    public enum Prediction: String, Sendable, CaseIterable {
        /// The noise ε.
        case epsilon
        /// The velocity α ε − σ x₀ (arXiv 2202.00512).
        case velocity = "v_prediction"
        /// The image x₀.
        case sample
    }

    /// Settings of DPM-Solver; other samplers ignore them.
    public struct Solver: Hashable, Sendable {
        /// What a step of second order adds.
        public enum Kind: String, Sendable, CaseIterable {
            case midpoint, heun
        }

        /// 1 or 2.
        public var order = 2
        public var kind = Kind.midpoint
        /// Whether the last of few steps is of first order.
        public var lowersOrder = true
        /// Whether the last step is of first order.
        public var endsWithEuler = false
        /// Steps begin where the logarithm of signal over noise is at least this.
        public var lowestLogRatio = -Double.infinity

        public init() {}
    }

    /// Where the steps of a sampler lie among those of training.
    public enum Spacing: String, Sendable, CaseIterable {
        /// Every k-th step from the first on, shifted by `stepsOffset`.
        case leading
        /// Every k-th step from the last on.
        case trailing
        /// Evenly from the first to the last.
        case linspace
    }

    /// diffusers' class name of the sampler.
    public var sampler: String
    /// Whether the sampler computes with noise levels.
    var usesNoiseLevels: Bool { Samplers.all.contains { $0.className == sampler && $0.usesNoiseLevels } }
    /// Steps of the forward process.
    public var trainingSteps: Int
    public var betaSchedule: BetaSchedule
    /// Variance of the first step; the squared cosine ignores it.
    public var betaStart: Double
    /// Variance of the last step; the squared cosine ignores it.
    public var betaEnd: Double
    public var prediction: Prediction
    public var spacing: Spacing
    /// Added to the steps of `leading` spacing.
    public var stepsOffset: Int
    /// Whether the last step of DDIM and PNDM ends at an image without noise; else at training step 0.
    public var endsWithoutNoise: Bool
    /// Whether steps are spaced by noise level (arXiv 2206.00364, equation 5) instead of by training step.
    public var usesKarrasSigmas: Bool
    /// Bounds of the noise levels of that spacing; the schedule's own where nil.
    public var sigmaMinimum: Double?
    public var sigmaMaximum: Double?
    /// The exponent of that spacing; diffusers has 7 without a key for it.
    public var karrasRho: Double
    /// The variances themselves, where the file has them.
    public var trainedBetas: [Double]?
    /// Whether variances are rescaled so that nothing of the image is left after the last step.
    public var endsInPureNoise = false
    /// DDIM bounds the predicted image by ± this; nil where it does not.
    public var clipRange: Double?
    /// Whether PNDM does without Runge–Kutta's steps.
    public var skipsRungeKutta = true
    /// Whether Euler and DPM-Solver end at the schedule's lowest noise level instead of none.
    public var endsAtLowestNoise = false
    public var solver = Solver()

    public init(
        sampler: String, trainingSteps: Int = 1000, betaSchedule: BetaSchedule = .squaredCosine,
        betaStart: Double = 0.0001, betaEnd: Double = 0.02, prediction: Prediction = .velocity,
        spacing: Spacing = .trailing, stepsOffset: Int = 0, endsWithoutNoise: Bool = true,
        usesKarrasSigmas: Bool = false, sigmaMinimum: Double? = nil, sigmaMaximum: Double? = nil,
        karrasRho: Double = 7
    ) {
        self.sampler = sampler
        self.trainingSteps = trainingSteps
        self.betaSchedule = betaSchedule
        self.betaStart = betaStart
        self.betaEnd = betaEnd
        self.prediction = prediction
        self.spacing = spacing
        self.stepsOffset = stepsOffset
        self.endsWithoutNoise = endsWithoutNoise
        self.usesKarrasSigmas = usesKarrasSigmas
        self.sigmaMinimum = sigmaMinimum
        self.sigmaMaximum = sigmaMaximum
        self.karrasRho = karrasRho
    }
}
