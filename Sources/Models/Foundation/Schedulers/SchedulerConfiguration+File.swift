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
        stepsOffset = try fields.wholeNumber("steps_offset", default: 0, in: 0...1000)
        endsWithoutNoise = try fields.flag("set_alpha_to_one", default: own != PNDMSampler.className)
        usesKarrasSigmas = try fields.flag("use_karras_sigmas", default: false)
        sigmaMinimum = try fields.positiveNumber("sigma_min")
        sigmaMaximum = try fields.positiveNumber("sigma_max")
        karrasRho = try fields.number("rho", default: 7, in: 0.1...100)
        try readClass(&fields)
        try refuseSchedulesWithoutImage(&fields)
        fields.ignore(SchedulerKeys.known)
        try fields.refuseOthers()
    }

    /// Refuses schedules in which nothing is left of an image, unless that is what the last step is for, and
    /// those with too few steps to plan any.
    private func refuseSchedulesWithoutImage(_ fields: inout ConfigurationFields) throws {
        let schedule = NoiseSchedule(self)
        let alphas = schedule.cumulativeAlphas
        guard (endsInPureNoise ? alphas.dropLast() : alphas[...]).allSatisfy({ $0 > 0 && $0 <= 1 }) else {
            try fields.refuse(
                trainedBetas == nil ? "beta_end" : "trained_betas",
                allowed: "noise that leaves something of the image at every training step")
            return
        }
        if sampler == PNDMSampler.className, !skipsRungeKutta, trainingSteps < PNDMSampler.rungeKuttaSteps {
            try fields.refuse(
                "num_train_timesteps",
                allowed: "at least \(PNDMSampler.rungeKuttaSteps), or skip_prk_steps: true")
        }
        if schedule.stepsBelow(logRatio: solver.lowestLogRatio) >= trainingSteps {
            try fields.refuse("lambda_min_clipped", allowed: "a number that leaves some training steps")
        }
    }

    /// The noise schedule alone.
    init(schedule fields: inout ConfigurationFields) throws {
        let own = Samplers.all.first { fields.isEqual("_class_name", .string($0.className)) }
        self.init(sampler: own?.className ?? DDIMSampler.className)
        try readSchedule(&fields)
    }

    /// The noise schedule, which all classes have in common.
    private mutating func readSchedule(_ fields: inout ConfigurationFields) throws {
        trainingSteps = try fields.size("num_train_timesteps", default: 1000, largest: 100_000)
        // Two classes have Stable Diffusion's betas, and one of them its schedule, for missing keys.
        let isLatent = [LCMSampler.className, HeunSampler.className].contains(sampler)
        betaSchedule = try fields.name(
            "beta_schedule", default: sampler == LCMSampler.className ? .scaledLinear : .linear,
            allowed: BetaSchedule.allCases)
        betaStart = try fields.number("beta_start", default: isLatent ? 0.00085 : 0.0001, in: 0...1)
        betaEnd = try fields.number("beta_end", default: isLatent ? 0.012 : 0.02, in: 0...1)
        prediction = try fields.name("prediction_type", default: .epsilon, allowed: Prediction.allCases)
        trainedBetas = try fields.numbers("trained_betas", count: trainingSteps, in: 0...1)
        // Two classes have no such key.
        if ![PNDMSampler.className, HeunSampler.className].contains(sampler) {
            endsInPureNoise = try fields.flag("rescale_betas_zero_snr", default: false)
        }
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
        values.merge(classValues) { own, _ in own }
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
