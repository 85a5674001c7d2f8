// What each class of diffusers takes of a scheduler's file beside the noise schedule and the spacing of
// steps.

extension SchedulerConfiguration {
    /// The keys of the sampler's own class.
    ///
    /// - Throws: `FoundationModelError` for a key whose value is refused.
    mutating func readClass(_ fields: inout ConfigurationFields) throws {
        switch sampler {
        case DDIMSampler.className: try readClipping(&fields, default: true)
        case EulerSampler.className: try readEuler(&fields)
        case EulerAncestralSampler.className: try refuseSamples(&fields)
        case HeunSampler.className:
            try refuseOtherSigmas(&fields)
            try readClipping(&fields, default: false)
        case DPMSolverSampler.className: try readDPMSolver(&fields)
        case UniPCSampler.className: try readUniPC(&fields)
        case DDPMSampler.className:
            try readClipping(&fields, default: true)
            variance = try fields.name("variance_type", default: .fixedSmall, allowed: Variance.allCases)
        case LCMSampler.className:
            try readClipping(&fields, default: false)
            originalSteps = try fields.size("original_inference_steps", default: 50, largest: trainingSteps)
            timestepScaling = try fields.number("timestep_scaling", default: 10, in: 1e-6...1e6)
        default:
            skipsRungeKutta = try fields.flag("skip_prk_steps", default: false)
            try refuseSamples(&fields)
        }
    }

    private func refuseSamples(_ fields: inout ConfigurationFields) throws {
        if prediction == .sample {
            try fields.refuse("prediction_type", allowed: "\"epsilon\" or \"v_prediction\"")
        }
    }

    /// How the predicted image is bounded; `isBounding` is what the class does without the key.
    private mutating func readClipping(
        _ fields: inout ConfigurationFields, default isBounding: Bool
    ) throws {
        try fields.require("thresholding", .bool(false))
        let range = try fields.number("clip_sample_range", default: 1, in: 0...1e6)
        clipRange = try fields.flag("clip_sample", default: isBounding) ? range : nil
    }

    private func refuseOtherSigmas(_ fields: inout ConfigurationFields) throws {
        try fields.require("use_exponential_sigmas", .bool(false))
        try fields.require("use_beta_sigmas", .bool(false))
    }

    private mutating func readEuler(_ fields: inout ConfigurationFields) throws {
        try fields.require("interpolation_type", .string("linear"))
        try refuseOtherSigmas(&fields)
        // diffusers uses continuous steps with velocities only.
        if prediction == .velocity { try fields.require("timestep_type", .string("discrete")) }
        endsAtLowestNoise = try fields.endsAtLowestNoise()
    }

    private mutating func readDPMSolver(_ fields: inout ConfigurationFields) throws {
        try fields.require("thresholding", .bool(false))
        // The name of another solver selects this one, as in diffusers.
        try fields.require(
            "algorithm_type", .string("dpmsolver++"), .string("sde-dpmsolver++"), .string("deis"))
        solver.isStochastic = fields.isEqual("algorithm_type", .string("sde-dpmsolver++"))
        try refuseOtherSigmas(&fields)
        try fields.require("use_lu_lambdas", .bool(false))
        try fields.require("use_flow_sigmas", .bool(false))
        solver.order = try fields.size("solver_order", default: 2, largest: 3)
        try fields.require(
            "solver_type", .string("midpoint"), .string("heun"), .string("logrho"), .string("bh1"),
            .string("bh2"))
        solver.kind = fields.isEqual("solver_type", .string("heun")) ? .heun : .midpoint
        solver.lowersOrder = try fields.flag("lower_order_final", default: true)
        solver.endsWithEuler = try fields.flag("euler_at_final", default: false)
        solver.lowestLogRatio = try fields.number(
            "lambda_min_clipped", default: -.infinity, in: -.infinity...Double.greatestFiniteMagnitude)
        endsAtLowestNoise = try fields.endsAtLowestNoise()
    }

    private mutating func readUniPC(_ fields: inout ConfigurationFields) throws {
        try fields.require("thresholding", .bool(false))
        try refuseOtherSigmas(&fields)
        try fields.require("use_flow_sigmas", .bool(false))
        try fields.requireOff("solver_p", allowed: "null")
        uniPC.order = try fields.size("solver_order", default: 2, largest: 3)
        try fields.require(
            "solver_type", .string("bh2"), .string("bh1"), .string("midpoint"), .string("heun"),
            .string("logrho"))
        // The name of another solver's kind selects bh2, as in diffusers.
        uniPC.kind = fields.isEqual("solver_type", .string("bh1")) ? .bh1 : .bh2
        uniPC.predictsImage = try fields.flag("predict_x0", default: true)
        uniPC.lowersOrder = try fields.flag("lower_order_final", default: true)
        uniPC.uncorrectedSteps = try fields.wholeNumbers("disable_corrector", in: 0...100_000)
        endsAtLowestNoise = try fields.endsAtLowestNoise()
        // A step to no noise at all is infinitely long: diffusers computes not-a-number.
        guard !endsAtLowestNoise else { return }
        if !uniPC.lowersOrder {
            try fields.refuse("lower_order_final", allowed: "true where 'final_sigmas_type' is \"zero\"")
        }
        if !uniPC.predictsImage {
            try fields.refuse("predict_x0", allowed: "true where 'final_sigmas_type' is \"zero\"")
        }
    }

    /// Keys of the sampler's own class that differ from its defaults.
    var classValues: [String: ConfigurationValue] {
        switch sampler {
        case DPMSolverSampler.className: return solver.values
        case UniPCSampler.className: return uniPC.values
        case DDPMSampler.className: return ["variance_type": .string(variance.rawValue)]
        case LCMSampler.className:
            return [
                "original_inference_steps": .number(Double(originalSteps)),
                "timestep_scaling": .number(timestepScaling),
            ]
        default: return [:]
        }
    }
}

extension SchedulerConfiguration.Solver {
    /// What differs from the defaults.
    fileprivate var values: [String: ConfigurationValue] {
        var values: [String: ConfigurationValue] = [:]
        if isStochastic { values["algorithm_type"] = .string("sde-dpmsolver++") }
        if order != 2 { values["solver_order"] = .number(Double(order)) }
        if kind != .midpoint { values["solver_type"] = .string(kind.rawValue) }
        if !lowersOrder { values["lower_order_final"] = .bool(false) }
        if endsWithEuler { values["euler_at_final"] = .bool(true) }
        if lowestLogRatio > -.infinity { values["lambda_min_clipped"] = .number(lowestLogRatio) }
        return values
    }
}

extension SchedulerConfiguration.UniPC {
    /// What differs from the defaults.
    fileprivate var values: [String: ConfigurationValue] {
        var values: [String: ConfigurationValue] = [:]
        if order != 2 { values["solver_order"] = .number(Double(order)) }
        if kind != .bh2 { values["solver_type"] = .string(kind.rawValue) }
        if !predictsImage { values["predict_x0"] = .bool(false) }
        if !lowersOrder { values["lower_order_final"] = .bool(false) }
        if !uncorrectedSteps.isEmpty { values["disable_corrector"] = .integers(uncorrectedSteps) }
        return values
    }
}

extension ConfigurationFields {
    fileprivate mutating func endsAtLowestNoise() throws -> Bool {
        try require("final_sigmas_type", .string("zero"), .string("sigma_min"))
        return isEqual("final_sigmas_type", .string("sigma_min"))
    }
}
