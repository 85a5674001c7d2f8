/// A way from noise to latents in few steps: which noise levels a network is asked about, and what follows
/// from its answers.
///
/// A sampler is made for one image or batch and used once, since some remember earlier answers:
/// ```swift
/// var sample = noise * sampler.initialNoiseScale
/// for index in sampler.timesteps.indices {
///     let prediction = unet(sampler.networkInput(sample, at: index), timesteps: …, context: …)
///     sample = sampler.step(sample, prediction: prediction, at: index, noise: { … })
/// }
/// ```
/// A new sampler is a type of its own and a line in `Samplers.all`.
public protocol DiffusionSampler {
    /// The name in scenarios and on the command line.
    static var name: String { get }
    /// diffusers' class name, which `scheduler_config.json` has.
    static var className: String { get }
    /// Whether it computes with the noise over the signal (arXiv 2206.00364) instead of ᾱ.
    static var usesNoiseLevels: Bool { get }
    /// Calls of the network for a step, the last one aside.
    static var callsPerStep: Int { get }
    /// How many steps can be planned.
    static func allowedSteps(_ configuration: SchedulerConfiguration) -> ClosedRange<Int>
    /// Plans `steps` steps.
    ///
    /// - Precondition: `steps` is among the allowed.
    init(_ configuration: SchedulerConfiguration, steps: Int)
    /// The training step that the network is told, call by call; fractions lie between two of them.
    var timesteps: [Double] { get }
    /// Deviation of the noise at the start.
    var initialNoiseScale: Double { get }
    /// What the network sees of a sample at call `index`; the shape stays.
    func networkInput(_ sample: Tensor, at index: Int) -> Tensor
    /// What call `index` is to denoise of an image: scaled latents with as much noise as the call expects.
    ///
    /// - Parameters:
    ///   - image: `[N, C, h, w]`, float32.
    ///   - noise: standard normal, of that shape.
    ///   - index: the first call of what follows.
    func noised(_ image: Tensor, with noise: Tensor, at index: Int) -> Tensor
    /// Prepares for a first call other than 0.
    ///
    /// - Throws: `FoundationModelError.impossibleStart` where it cannot begin there.
    mutating func begin(at index: Int) throws
    /// The sample after call `index`, whose answer was `prediction`; all of shape `[N, C, h, w]`, float32.
    ///
    /// `noise` draws standard normal noise of that shape. Samplers of differential equations without noise
    /// never call it; the others draw at most once a step.
    mutating func step(_ sample: Tensor, prediction: Tensor, at index: Int, noise: () -> Tensor) -> Tensor
}

extension DiffusionSampler {
    public static var usesNoiseLevels: Bool { false }
    public static var callsPerStep: Int { 1 }
    public static func allowedSteps(_ configuration: SchedulerConfiguration) -> ClosedRange<Int> {
        1...configuration.trainingSteps
    }
    public var initialNoiseScale: Double { 1 }
    public func networkInput(_ sample: Tensor, at index: Int) -> Tensor { sample }
    public mutating func begin(at index: Int) throws {}

    /// The sample after call `index` of a sampler that draws no noise; it traps where one does.
    public mutating func step(_ sample: Tensor, prediction: Tensor, at index: Int) -> Tensor {
        step(sample, prediction: prediction, at: index) {
            preconditionFailure("\(Self.name) draws noise, and there is none to draw from")
        }
    }
}

/// The samplers there are.
public enum Samplers {
    /// In the order in which messages list them.
    public static var all: [any DiffusionSampler.Type] {
        [
            DDIMSampler.self,
            EulerSampler.self,
            DPMSolverSampler.self,
            PNDMSampler.self,
            EulerAncestralSampler.self,
            HeunSampler.self,
            UniPCSampler.self,
            DDPMSampler.self,
            LCMSampler.self,
        ]
    }

    /// Names for scenarios and the command line.
    public static var names: [String] { all.map { $0.name } }

    /// The sampler of that name, or of that diffusers class.
    ///
    /// - Throws: `FoundationModelError.unknownScheduler`.
    public static func sampler(named name: String) throws -> any DiffusionSampler.Type {
        guard let type = all.first(where: { $0.name == name || $0.className == name }) else {
            throw FoundationModelError.unknownScheduler(name: name, known: names)
        }
        return type
    }

    /// The sampler of a configuration, with its steps planned.
    ///
    /// - Throws: `FoundationModelError.unknownScheduler`, `.impossibleSteps`.
    package static func planned(_ configuration: SchedulerConfiguration, steps: Int) throws
        -> any DiffusionSampler
    {
        let type = try sampler(named: configuration.sampler), allowed = type.allowedSteps(configuration)
        guard allowed.contains(steps) else {
            throw FoundationModelError.impossibleSteps(steps: steps, scheduler: type.name, allowed: allowed)
        }
        return type.init(configuration, steps: steps)
    }
}

/// diffusers' class name of a sampler that exists.
struct SamplerClass: RawRepresentable {
    let rawValue: String

    init?(rawValue: String) {
        guard Samplers.all.contains(where: { $0.className == rawValue }) else { return nil }
        self.rawValue = rawValue
    }

    init(_ type: any DiffusionSampler.Type) { rawValue = type.className }
}
