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

        /// From 1 to 3.
        public var order = 2
        public var kind = Kind.midpoint
        /// Whether the last of few steps is of first order.
        public var lowersOrder = true
        /// Whether the last step is of first order.
        public var endsWithEuler = false
        /// Steps begin where the logarithm of signal over noise is at least this.
        public var lowestLogRatio = -Double.infinity
        /// Whether fresh noise is added at every step.
        public var isStochastic = false

        public init() {}
    }

    /// Settings of UniPC; other samplers ignore them.
    public struct UniPC: Hashable, Sendable {
        /// The size B(h) of a step of length h.
        public enum Kind: String, Sendable, CaseIterable {
            /// h itself.
            case bh1
            /// e^h − 1.
            case bh2
        }

        /// From 1 to 3.
        public var order = 2
        public var kind = Kind.bh2
        /// Whether steps go along the predicted images; else along the predicted noise.
        public var predictsImage = true
        /// Whether the last steps are of lower order.
        public var lowersOrder = true
        /// Steps after which nothing is corrected, counted from 0.
        public var uncorrectedSteps: [Int] = []

        public init() {}
    }

    /// The variance of the noise that DDPM adds.
    public enum Variance: String, Sendable, CaseIterable {
        /// That of the posterior.
        case fixedSmall = "fixed_small"
        /// The same, which diffusers computes by way of its logarithm.
        case fixedSmallLog = "fixed_small_log"
        /// That of the step of the forward process.
        case fixedLarge = "fixed_large"
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
    /// DDIM, DDPM, Heun's method and LCM bound the predicted image by ± this; nil where they do not.
    public var clipRange: Double?
    /// Whether PNDM does without Runge–Kutta's steps.
    public var skipsRungeKutta = true
    /// Whether Euler, DPM-Solver and UniPC end at the schedule's lowest noise level instead of none.
    public var endsAtLowestNoise = false
    public var solver = Solver()
    public var uniPC = UniPC()
    /// DDPM's noise.
    public var variance = Variance.fixedSmall
    /// The steps with which a consistency model was distilled, among which LCM chooses.
    public var originalSteps = 50
    /// What LCM multiplies training steps with before it weighs sample and image.
    public var timestepScaling = 10.0

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
