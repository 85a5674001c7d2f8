extension SchedulerConfiguration: ConfigurationFile {
    /// Reads `scheduler_config.json` for the class that it names.
    ///
    /// - Throws: `FoundationModelError` for a key whose value is refused.
    package static func read(_ path: String) throws -> SchedulerConfiguration { try load(path: path) }

    init(_ fields: inout ConfigurationFields) throws { try self.init(&fields, for: nil) }

    /// The keys as the class of a sampler takes them; as the file's own where nil.
    init(_ fields: inout ConfigurationFields, for type: (any DiffusionSampler.Type)?) throws {
        let own =
            try type.map { $0.className }
            ?? fields.name(
                "_class_name", default: SamplerClass(PNDMSampler.self),
                allowed: Samplers.all.map(SamplerClass.init)
            ).rawValue
        self.init(sampler: own)
        try readSchedule(&fields)
        // Each class has defaults of its own.
        spacing = try fields.name(
            "timestep_spacing", default: usesNoiseLevels ? .linspace : .leading, allowed: Spacing.allCases)
        stepsOffset = Int(try fields.number("steps_offset", default: 0, in: 0...1000))
        endsWithoutNoise = try fields.flag("set_alpha_to_one", default: own != PNDMSampler.className)
        usesKarrasSigmas = try fields.flag("use_karras_sigmas", default: false)
        sigmaMinimum = try fields.positiveNumber("sigma_min")
        sigmaMaximum = try fields.positiveNumber("sigma_max")
        karrasRho = try fields.number("rho", default: 7, in: 0.1...100)
        switch own {
        case DDIMSampler.className: try readDDIM(&fields)
        case EulerSampler.className: try readEuler(&fields)
        case DPMSolverSampler.className: try readDPMSolver(&fields)
        default:
            skipsRungeKutta = try fields.flag("skip_prk_steps", default: false)
            if prediction == .sample {
                try fields.refuse("prediction_type", allowed: "\"epsilon\" or \"v_prediction\"")
            }
        }
        fields.ignore(SchedulerKeys.known)
        try fields.refuseOthers()
    }

    /// The noise schedule alone.
    init(schedule fields: inout ConfigurationFields) throws {
        self.init(sampler: DDIMSampler.className)
        try readSchedule(&fields)
    }

    /// The noise schedule, which all classes have in common.
    private mutating func readSchedule(_ fields: inout ConfigurationFields) throws {
        trainingSteps = try fields.size("num_train_timesteps", default: 1000, largest: 100_000)
        betaSchedule = try fields.name("beta_schedule", default: .linear, allowed: BetaSchedule.allCases)
        betaStart = try fields.number("beta_start", default: 0.0001, in: 0...1)
        betaEnd = try fields.number("beta_end", default: 0.02, in: 0...1)
        prediction = try fields.name("prediction_type", default: .epsilon, allowed: Prediction.allCases)
        trainedBetas = try fields.numbers("trained_betas", count: trainingSteps, in: 0...1)
        // PNDM has no such key.
        if sampler != PNDMSampler.className {
            endsInPureNoise = try fields.flag("rescale_betas_zero_snr", default: false)
        }
    }

    private mutating func readDDIM(_ fields: inout ConfigurationFields) throws {
        try fields.require("thresholding", .bool(false))
        let range = try fields.number("clip_sample_range", default: 1, in: 0...1e6)
        // Classes that do not bound images write no such key: latents have no bounds.
        let isBounding = ["DDIMScheduler", "DDPMScheduler"].contains {
            fields.isEqual("_class_name", .string($0))
        }
        clipRange = try fields.flag("clip_sample", default: isBounding) ? range : nil
    }

    private mutating func readEuler(_ fields: inout ConfigurationFields) throws {
        try fields.require("interpolation_type", .string("linear"))
        try fields.require("use_exponential_sigmas", .bool(false))
        try fields.require("use_beta_sigmas", .bool(false))
        // diffusers uses continuous steps with velocities only.
        if prediction == .velocity { try fields.require("timestep_type", .string("discrete")) }
        endsAtLowestNoise = try fields.endsAtLowestNoise()
    }

    private mutating func readDPMSolver(_ fields: inout ConfigurationFields) throws {
        try fields.require("thresholding", .bool(false))
        // The name of another solver selects this one, as in diffusers.
        try fields.require("algorithm_type", .string("dpmsolver++"), .string("deis"))
        for key in ["use_exponential_sigmas", "use_beta_sigmas", "use_lu_lambdas", "use_flow_sigmas"] {
            try fields.require(key, .bool(false))
        }
        try fields.require("solver_order", .number(1), .number(2))
        try fields.require(
            "solver_type", .string("midpoint"), .string("heun"), .string("logrho"), .string("bh1"),
            .string("bh2"))
        solver.order = fields.isEqual("solver_order", .number(1)) ? 1 : 2
        solver.kind = fields.isEqual("solver_type", .string("heun")) ? .heun : .midpoint
        solver.lowersOrder = try fields.flag("lower_order_final", default: true)
        solver.endsWithEuler = try fields.flag("euler_at_final", default: false)
        solver.lowestLogRatio = try fields.number(
            "lambda_min_clipped", default: -.infinity, in: -.infinity...Double.greatestFiniteMagnitude)
        endsAtLowestNoise = try fields.endsAtLowestNoise()
    }

    var values: [String: ConfigurationValue] {
        var values: [String: ConfigurationValue] = [
            "_class_name": .string(sampler),
            "num_train_timesteps": .number(Double(trainingSteps)),
            "beta_schedule": .string(betaSchedule.rawValue),
            "beta_start": .number(betaStart),
            "beta_end": .number(betaEnd),
            "prediction_type": .string(prediction.rawValue),
            "timestep_spacing": .string(spacing.rawValue),
            "steps_offset": .number(Double(stepsOffset)),
            "set_alpha_to_one": .bool(endsWithoutNoise),
            "clip_sample": .bool(clipRange != nil),
            "use_karras_sigmas": .bool(usesKarrasSigmas),
        ]
        if let sigmaMinimum { values["sigma_min"] = .number(sigmaMinimum) }
        if let sigmaMaximum { values["sigma_max"] = .number(sigmaMaximum) }
        if karrasRho != 7 { values["rho"] = .number(karrasRho) }
        if let trainedBetas { values["trained_betas"] = .array(trainedBetas.map { .number($0) }) }
        if endsInPureNoise { values["rescale_betas_zero_snr"] = .bool(true) }
        if let clipRange, clipRange != 1 { values["clip_sample_range"] = .number(clipRange) }
        values["skip_prk_steps"] = .bool(skipsRungeKutta)
        if endsAtLowestNoise { values["final_sigmas_type"] = .string("sigma_min") }
        if sampler == DPMSolverSampler.className { values.merge(solver.values) { own, _ in own } }
        return values
    }
}

extension SchedulerConfiguration.Solver {
    /// What differs from the defaults.
    fileprivate var values: [String: ConfigurationValue] {
        var values: [String: ConfigurationValue] = [:]
        if order != 2 { values["solver_order"] = .number(Double(order)) }
        if kind != .midpoint { values["solver_type"] = .string(kind.rawValue) }
        if !lowersOrder { values["lower_order_final"] = .bool(false) }
        if endsWithEuler { values["euler_at_final"] = .bool(true) }
        if lowestLogRatio > -.infinity { values["lambda_min_clipped"] = .number(lowestLogRatio) }
        return values
    }
}

extension ConfigurationFields {
    /// A number above zero, or nil where the key is absent or null.
    fileprivate mutating func positiveNumber(_ key: String) throws -> Double? {
        let absent = -1.0
        let value = try number(key, default: absent, in: 1e-6...1e6)
        return value == absent ? nil : value
    }

    fileprivate mutating func endsAtLowestNoise() throws -> Bool {
        try require("final_sigmas_type", .string("zero"), .string("sigma_min"))
        return isEqual("final_sigmas_type", .string("sigma_min"))
    }
}
