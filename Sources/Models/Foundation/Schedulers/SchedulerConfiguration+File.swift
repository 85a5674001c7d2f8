extension SchedulerConfiguration: ConfigurationFile {
    /// Reads `scheduler_config.json`.
    ///
    /// - Throws: `FoundationModelError` for a key whose value is refused.
    public static func read(_ path: String) throws -> SchedulerConfiguration { try load(path: path) }

    init(_ fields: inout ConfigurationFields) throws {
        sampler =
            try fields.name(
                "_class_name", default: SamplerClass(PNDMSampler.self),
                allowed: Samplers.all.map(SamplerClass.init)
            ).rawValue
        trainingSteps = try fields.size("num_train_timesteps", default: 1000)
        betaSchedule = try fields.name("beta_schedule", default: .linear, allowed: BetaSchedule.allCases)
        betaStart = try fields.number("beta_start", default: 0.0001, in: 0...1)
        betaEnd = try fields.number("beta_end", default: 0.02, in: 0...1)
        prediction = try fields.name("prediction_type", default: .epsilon, allowed: Prediction.allCases)
        spacing = try fields.name("timestep_spacing", default: .leading, allowed: Spacing.allCases)
        stepsOffset = Int(try fields.number("steps_offset", default: 0, in: 0...1000))
        endsWithoutNoise = try fields.flag("set_alpha_to_one", default: sampler != PNDMSampler.className)
        usesKarrasSigmas = try fields.flag("use_karras_sigmas", default: false)
        sigmaMinimum = try fields.positiveNumber("sigma_min")
        sigmaMaximum = try fields.positiveNumber("sigma_max")
        karrasRho = try fields.number("rho", default: 7, in: 0.1...100)
        try requireComputation(&fields)
        try fields.refuseOthers()
    }

    /// Refuses the values under which diffusers computes something else than the samplers here.
    private func requireComputation(_ fields: inout ConfigurationFields) throws {
        // DDIM and PNDM clip nothing in Stable Diffusion; latents have no bounds.
        try fields.require("clip_sample", .bool(false))
        try fields.require("thresholding", .bool(false))
        try fields.require("skip_prk_steps", .bool(true))
        try fields.require("algorithm_type", .string("dpmsolver++"))
        try fields.require("solver_type", .string("midpoint"))
        try fields.require("solver_order", .number(2))
        try fields.require("lower_order_final", .bool(true))
        try fields.require("final_sigmas_type", .string("zero"))
        try fields.require("interpolation_type", .string("linear"))
        try fields.require("timestep_type", .string("discrete"))
        fields.ignore("clip_sample_range", "dynamic_thresholding_ratio", "sample_max_value", "variance_type")
        fields.ignore("lambda_min_clipped")
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
            "clip_sample": .bool(false),
            "use_karras_sigmas": .bool(usesKarrasSigmas),
        ]
        if let sigmaMinimum { values["sigma_min"] = .number(sigmaMinimum) }
        if let sigmaMaximum { values["sigma_max"] = .number(sigmaMaximum) }
        if karrasRho != 7 { values["rho"] = .number(karrasRho) }
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
}
