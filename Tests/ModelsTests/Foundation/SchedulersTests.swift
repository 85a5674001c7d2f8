import Foundation
import Models
import Testing

@Suite("Samplers")
struct SchedulersTests {
    /// Names in the fixtures, our samplers, and the spacing that the fixtures' script gives them.
    static let references: [(key: String, sampler: String, spacing: SchedulerConfiguration.Spacing)] =
        [
            ("pndm", "pndm", .leading), ("ddim", "ddim", .leading),
            ("euler", "euler", .linspace), ("dpmsolver", "dpm-solver", .linspace),
        ]

    @Test(
        "timesteps and latents after ten guided steps are diffusers'", arguments: FoundationFixtures.folders)
    func latents(folder: String) throws {
        try computing {
            let expected = try FoundationFixtures.expected(folder)
            let checkpoint = try FoundationFolder(path: folder)
            let states = try expected.tensor(named: "text_embeddings")
            let denoiser = Denoiser(try checkpoint.unet())
            let negative = states.narrow(0, from: 2, count: 1)
            for reference in Self.references {
                var configuration = try SchedulerConfiguration.read(
                    "\(folder)/scheduler/scheduler_config.json")
                configuration.spacing = reference.spacing
                let sampler = try Samplers.sampler(named: reference.sampler).init(configuration, steps: 10)
                let timesteps = try expected.tensor(named: "\(reference.key)_timesteps").floats
                #expect(sampler.timesteps.map(Float.init) == timesteps, "\(reference.key)")
                func latents(from noise: Tensor) -> Tensor {
                    denoiser.latents(
                        from: noise, prompts: states.narrow(0, from: 0, count: 2),
                        negativePrompts: .concatenate([negative, negative]), guidance: 7.5, sampler: sampler)
                }
                let noise = try expected.tensor(named: "initial_noise")
                let found = latents(from: noise)
                let difference = FoundationFixtures.difference(
                    found, try expected.tensor(named: "\(reference.key)_latents"))
                // Guidance of 7.5 with random weights may blow up roundings: what changing the last bit of
                // the noise does, no other order of operations can stay below. On `stable-diffusion-tiny`
                // diffusers itself is 7.5e-5 (DDIM) to 1.7e-2 (PNDM) from its own numbers on another number
                // of threads, and those are 3.0e-4 to 2.1e-2 from the result in float64; on the checkpoints
                // in Tests all is below 7e-5.
                let signs = (Tensor.randomUniform(noise.shape, using: TensorGenerator(seed: 1)) - 0.5)
                let nudged = noise * (signs * (2 * 6e-8) + 1)
                let conditioning = FoundationFixtures.difference(found, latents(from: nudged))
                if FullSizeTests.isWanted {
                    let name = URL(filePath: folder).lastPathComponent
                    print("\(name) \(reference.key): \(difference) of diffusers', last bit \(conditioning)")
                }
                #expect(
                    difference < max(1e-4, 4 * conditioning),
                    "\(reference.key) differs by \(difference); a last bit changes it by \(conditioning)")
            }
        }
    }

    @Test(
        "on well-conditioned checkpoints latents are within 1e-4 of diffusers', absolute",
        arguments: ownFolders)
    func absolute(folder: String) throws {
        try computing {
            let expected = try FoundationFixtures.expected(folder)
            let checkpoint = try FoundationFolder(path: folder)
            let states = try expected.tensor(named: "text_embeddings")
            let denoiser = Denoiser(try checkpoint.unet())
            let negative = states.narrow(0, from: 2, count: 1)
            for reference in Self.references {
                var configuration = try SchedulerConfiguration.read(
                    "\(folder)/scheduler/scheduler_config.json")
                configuration.spacing = reference.spacing
                let latents = denoiser.latents(
                    from: try expected.tensor(named: "initial_noise"),
                    prompts: states.narrow(0, from: 0, count: 2),
                    negativePrompts: .concatenate([negative, negative]), guidance: 7.5,
                    sampler: try Samplers.sampler(named: reference.sampler).init(configuration, steps: 10))
                let difference = FoundationFixtures.difference(
                    latents, try expected.tensor(named: "\(reference.key)_latents"))
                #expect(difference < 1e-4, "\(reference.key) differs by \(difference)")
            }
        }
    }

    /// The checkpoints in `Tests`, among them the built-in model's pooled text embedding.
    static let ownFolders = FoundationFixtures.folders.filter { $0.contains("/Tests/") }

    /// A schedule like the built-in model's.
    static let cosine = SchedulerConfiguration(
        sampler: EulerSampler.className, usesKarrasSigmas: true, sigmaMinimum: 0.08, sigmaMaximum: 60)

    @Test("Euler's method on whole steps is DDIM on the same steps")
    func eulerIsDDIM() {
        // In x / α both move along (x − x₀) / σ from one σ to the next.
        computing {
            let generator = TensorGenerator(seed: 3)
            let noise = Tensor.randomNormal([2, 4, 4, 4], using: generator)
            let answers = (0..<5).map { _ in Tensor.randomNormal([2, 4, 4, 4], using: generator) }
            var configuration = Self.cosine
            configuration.usesKarrasSigmas = false
            var euler = EulerSampler(configuration, steps: 5)
            var ddim = DDIMSampler(configuration, steps: 5)
            #expect(euler.timesteps == [999, 799, 599, 399, 199] && ddim.timesteps == euler.timesteps)
            // Euler starts from σ ε, DDIM from σ ε / √(1 + σ²).
            let sigma = euler.initialNoiseScale
            var left = noise * sigma
            var right = noise * (sigma / (sigma * sigma + 1).squareRoot())
            for index in 0..<5 {
                #expect(FoundationFixtures.difference(euler.networkInput(left, at: index), right) < 1e-4)
                left = euler.step(left, prediction: answers[index], at: index)
                right = ddim.step(right, prediction: answers[index], at: index)
            }
            #expect(FoundationFixtures.difference(left, right) < 1e-4)
        }
    }

    /// Samplers and what their network predicts. PNDM extrapolates answers, and velocities along a straight
    /// path are no straight line, so with them it is exact for no network.
    static let exactCases: [(String, SchedulerConfiguration.Prediction)] =
        Samplers.names.map { ($0, .epsilon) } + ["ddim", "euler", "dpm-solver"].map { ($0, .velocity) }

    @Test("a perfect network leads every sampler to the image", arguments: exactCases)
    func perfectNetwork(name: String, prediction: SchedulerConfiguration.Prediction) throws {
        try computing {
            var configuration = Self.cosine
            configuration.betaSchedule = .scaledLinear
            configuration.betaStart = 0.00085
            configuration.betaEnd = 0.012
            configuration.prediction = prediction
            configuration.usesKarrasSigmas = false
            configuration.spacing = .trailing
            let stochastic = ["euler-ancestral", "ddpm", "lcm"]
            let generator = TensorGenerator(seed: 5)
            let image = Tensor.randomNormal([1, 4, 2, 2], using: generator)
            let noise = Tensor.randomNormal([1, 4, 2, 2], using: generator)
            let schedule = NoiseSchedule(configuration)
            var sampler = try Samplers.sampler(named: name).init(configuration, steps: 20)
            // The sample lies on the straight path from image to noise and should follow it down.
            let start = schedule.count - 1
            let isScaled = sampler.initialNoiseScale > 1
            var sample =
                isScaled
                ? image + noise * schedule.sigma(start)
                : image * schedule.signal(start) + noise * schedule.noise(start)
            for index in sampler.timesteps.indices {
                let step = Int(sampler.timesteps[index])
                // Samplers that add noise leave the path: the network is asked where they are.
                let own =
                    isScaled
                    ? (sample - image) / schedule.sigma(step)
                    : (sample - image * schedule.signal(step)) / schedule.noise(step)
                let answer =
                    prediction == .epsilon
                    ? (stochastic.contains(name) ? own : noise)
                    : noise * schedule.signal(step) - image * schedule.noise(step)
                sample = sampler.step(sample, prediction: answer, at: index) {
                    .randomNormal(sample.shape, using: generator)
                }
            }
            #expect(FoundationFixtures.difference(sample, image) < 2e-3)
        }
    }

    @Test("the squared cosine's noise levels are those of its closed form")
    func cosineSchedule() {
        // ᾱ_t = f(t + 1) / f(0), f(s) = cos²((s / T + 0.008) / 1.008 · π / 2), as long as no beta is capped.
        func f(_ step: Double) -> Double {
            let angle = cos((step / 1000 + 0.008) / 1.008 * .pi / 2)
            return angle * angle
        }
        let schedule = NoiseSchedule(Self.cosine)
        for step in [0, 1, 10, 500, 900, 990] {
            #expect(abs(schedule.cumulativeAlphas[step] - f(Double(step + 1)) / f(0)) < 1e-6)
        }
        #expect(schedule.cumulativeAlphas[999] < 1e-8)
    }

    @Test("Karras' levels run between their bounds, evenly in the seventh root")
    func karras() {
        var configuration = Self.cosine
        configuration.karrasRho = 7
        let sampler = EulerSampler(configuration, steps: 10)
        #expect(abs(sampler.initialNoiseScale - 60) < 1e-9)
        #expect(zip(sampler.timesteps, sampler.timesteps.dropFirst()).allSatisfy { $0 > $1 })
        // tan(π t / 2) = σ up to the schedule's offset of 0.008.
        let last = (sampler.timesteps[9] / 1000 + 0.008) / 1.008 * .pi / 2
        #expect(abs(tan(last) - 0.08) < 0.005)
    }

    @Test(
        "every spacing gives falling steps within the schedule", arguments: [1, 2, 3, 7, 10, 50, 999, 1000])
    func spacings(steps: Int) throws {
        for type in Samplers.all {
            for spacing in SchedulerConfiguration.Spacing.allCases {
                for karras in [false, true] {
                    var configuration = Self.cosine
                    configuration.spacing = spacing
                    configuration.usesKarrasSigmas = karras
                    guard type.allowedSteps(configuration).contains(steps) else { continue }
                    let sampler = type.init(configuration, steps: steps)
                    let times = sampler.timesteps
                    let calls = type.name == "heun" ? 2 * steps - 1 : steps
                    #expect(times.count == calls || (type.name == "pndm" && times.count == steps + 1))
                    #expect(times.allSatisfy { (0...1000).contains($0) }, "\(type.name) \(spacing) \(steps)")
                    #expect(zip(times, times.dropFirst()).allSatisfy { $0 >= $1 }, "\(type.name) \(spacing)")
                }
            }
        }
    }

    @Test("a scheduler's file comes back as it was written")
    func roundTrip() throws {
        var configuration = Self.cosine
        configuration.karrasRho = 5
        for type in Samplers.all {
            configuration.sampler = type.className
            let data = try JSONEncoder().encode(configuration)
            #expect(try JSONDecoder().decode(SchedulerConfiguration.self, from: data) == configuration)
        }
    }

    @Test(
        "what a scheduler's file asks for and the samplers do not do is refused by name",
        arguments: [
            ("DDIM", "thresholding", "true"), ("DDIM", "beta_schedule", "\"sigmoid\""),
            ("DDIM", "prediction_type", "\"flow_prediction\""), ("DDIM", "timestep_spacing", "\"random\""),
            ("DDIM", "trained_betas", "[0.1, 0.2]"), ("DDIM", "num_train_timesteps", "0"),
            ("DDIM", "num_train_timesteps", "1000000000"), ("DDIM", "clip_sample", "1"),
            // Nothing left of the image, a number that is not whole, fewer steps than the sampler has.
            ("DDIM", "beta_end", "1"), ("UniPCMultistep", "beta_end", "1"), ("DDIM", "steps_offset", "0.5"),
            ("PNDM", "num_train_timesteps", "3"), ("DPMSolverMultistep", "lambda_min_clipped", "100"),
            ("DDIM", "_class_name", "\"EDMEulerScheduler\""), ("DDIM", "a_key_of_tomorrow", "1"),
            ("PNDM", "prediction_type", "\"sample\""), ("EulerDiscrete", "sigma_min", "-1"),
            ("EulerDiscrete", "interpolation_type", "\"log_linear\""),
            ("EulerDiscrete", "use_beta_sigmas", "true"),
            ("DPMSolverMultistep", "solver_order", "4"),
            ("DPMSolverMultistep", "algorithm_type", "\"sde-dpmsolver\""),
            ("DPMSolverMultistep", "use_flow_sigmas", "true"),
            ("DPMSolverMultistep", "use_lu_lambdas", "true"),
            ("EulerAncestralDiscrete", "prediction_type", "\"sample\""),
            ("HeunDiscrete", "use_beta_sigmas", "true"),
            ("HeunDiscrete", "beta_schedule", "\"exp\""), ("UniPCMultistep", "solver_order", "0"),
            ("UniPCMultistep", "use_flow_sigmas", "true"), ("UniPCMultistep", "lower_order_final", "false"),
            ("UniPCMultistep", "predict_x0", "false"), ("UniPCMultistep", "disable_corrector", "[-1]"),
            ("UniPCMultistep", "disable_corrector", "0"), ("UniPCMultistep", "thresholding", "true"),
            ("UniPCMultistep", "solver_p", "{\"a\": 1}"), ("DDPM", "variance_type", "\"learned_range\""),
            ("DDPM", "clip_sample_range", "-1"), ("LCM", "original_inference_steps", "1001"),
            ("LCM", "timestep_scaling", "0"), ("LCM", "thresholding", "true"),
        ])
    func refusals(name: String, key: String, value: String) throws {
        let data = Data("{\"_class_name\": \"\(name)Scheduler\", \"\(key)\": \(value)}".utf8)
        let text = key == "_class_name" ? Data("{\"\(key)\": \(value)}".utf8) : data
        let error = #expect(throws: FoundationModelError.self) {
            try JSONDecoder().decode(SchedulerConfiguration.self, from: text)
        }
        #expect(error?.description.contains("'\(key)'") == true)
    }

    @Test("a missing key means what the class means by it, and keys of other classes mean nothing")
    func classDefaults() throws {
        func configuration(_ name: String?, _ keys: [String: ConfigurationValue]) throws
            -> SchedulerConfiguration
        {
            try SchedulerFile(file: "f", values: keys).configuration(for: name)
        }
        // Two classes bound the image unless the file says otherwise, whichever class wrote it.
        for name in ["DDIMScheduler", "DDPMScheduler", "PNDMScheduler"] {
            let file: [String: ConfigurationValue] = ["_class_name": .string(name)]
            for sampler in ["ddim", "ddpm"] {
                #expect(try configuration(sampler, file).clipRange == 1)
                let unclipped = file.merging(["clip_sample": .bool(false)]) { $1 }
                #expect(try configuration(sampler, unclipped).clipRange == nil)
            }
        }
        for sampler in ["heun", "lcm"] {
            #expect(try configuration(sampler, [:]).clipRange == nil)
            #expect(try configuration(sampler, ["clip_sample": .bool(true)]).clipRange == 1)
            #expect(try configuration(sampler, [:]).betaEnd == 0.012)
        }
        #expect(try configuration("lcm", [:]).betaSchedule == .scaledLinear)
        #expect(try configuration("pndm", [:]).skipsRungeKutta == false)
        for name in Samplers.names {
            let isSpacedByStep = ["ddim", "pndm", "ddpm", "lcm"].contains(name)
            let spacing: SchedulerConfiguration.Spacing = isSpacedByStep ? .leading : .linspace
            #expect(try configuration(name, [:]).spacing == spacing)
            #expect(try configuration(name, [:]).endsWithoutNoise == (name != "pndm"))
        }
        // A file of another class, with keys that would be refused of its own.
        let foreign: [String: ConfigurationValue] = [
            "_class_name": .string("EDMEulerScheduler"), "solver_type": .string("bh2"),
            "predict_x0": .bool(true),
            "solver_p": .null, "disable_corrector": .array([.number(0)]), "flow_shift": .number(1),
            "time_shift_type": .string("exponential"), "lambda_min_clipped": .number(-.infinity),
        ]
        for name in Samplers.names { #expect(throws: Never.self) { try configuration(name, foreign) } }
        let error = #expect(throws: FoundationModelError.self) { try configuration(nil, foreign) }
        #expect(error?.description.contains("'_class_name' is \"EDMEulerScheduler\"") == true)
    }

    @Test("an unknown sampler is answered with those there are")
    func unknownSampler() {
        let error = #expect(throws: FoundationModelError.self) { try Samplers.sampler(named: "dpm++") }
        #expect(
            error?.description
                == "no scheduler is called 'dpm++'; allowed are ddim, euler, dpm-solver, pndm, "
                + "euler-ancestral, heun, unipc, ddpm, lcm")
    }

    @Test("StableDiffusionPipeline corrects two keys: in its own scheduler always, in others where given")
    func corrections() throws {
        func configuration(
            _ values: [String: ConfigurationValue], for sampler: String? = nil, isCorrected: Bool = true
        ) throws -> SchedulerConfiguration {
            try SchedulerFile(file: "f", values: values, isCorrected: isCorrected).configuration(for: sampler)
        }
        let plain: [String: ConfigurationValue] = ["_class_name": .string("DDIMScheduler")]
        let given = plain.merging(["clip_sample": .bool(true), "steps_offset": .number(0)]) { $1 }
        for values in [plain, given] {
            let own = try configuration(values)
            #expect(own.clipRange == nil && own.stepsOffset == 1)
            let uncorrected = try configuration(values, isCorrected: false)
            #expect(uncorrected.clipRange == 1 && uncorrected.stepsOffset == 0)
        }
        let other = try configuration(plain, for: "ddim")
        #expect(other.clipRange == 1 && other.stepsOffset == 0)
        let takenOver = try configuration(given, for: "ddim")
        #expect(takenOver.clipRange == nil && takenOver.stepsOffset == 1)
        // With another class in model_index.json the file is read as that class's own.
        func named(_ name: String) -> SchedulerFile.NamedClass {
            SchedulerFile.NamedClass(name: name, path: "m/model_index.json")
        }
        let euler: [String: ConfigurationValue] = ["_class_name": .string("EulerDiscreteScheduler")]
        for values in [euler, [:]] {
            let file = try SchedulerFile(
                file: "f", values: values, isCorrected: true, named: named("DDIMScheduler"))
            let read = try file.configuration()
            #expect(read.sampler == "DDIMScheduler" && read.spacing == .leading)
            #expect(read.stepsOffset == 1 && read.clipRange == nil)
            #expect(file.note.hasSuffix("scheduler DDIMScheduler of model_index.json"))
        }
        let same = try SchedulerFile(file: "f", values: euler, named: named("EulerDiscreteScheduler"))
        #expect(try same.note.isEmpty && same.configuration().sampler == "EulerDiscreteScheduler")
        // One that is not known here matters only where it is used.
        let foreign = try SchedulerFile(file: "f", values: euler, named: named("DEISMultistepScheduler"))
        let refused = #expect(throws: FoundationModelError.self) { try foreign.configuration() }
        #expect(
            refused?.description.hasPrefix(
                "m/model_index.json: 'scheduler' is \"DEISMultistepScheduler\"; allowed is \"") == true)
        #expect(try foreign.configuration(for: "euler").sampler == "EulerDiscreteScheduler")
        // Nor is the file of such a class read as another's.
        let flow: [String: ConfigurationValue] = ["_class_name": .string("FlowMatchEulerDiscreteScheduler")]
        let mixed = try SchedulerFile(file: "f", values: flow, named: named("EulerDiscreteScheduler"))
        #expect(throws: FoundationModelError.self) { try mixed.configuration() }
        #expect(mixed.note.isEmpty)
        // The first versions of diffusers wrote where a schedule computes.
        let first = plain.merging(["tensor_format": .string("pt")]) { $1 }
        #expect(throws: Never.self) { try configuration(first) }
    }
}
