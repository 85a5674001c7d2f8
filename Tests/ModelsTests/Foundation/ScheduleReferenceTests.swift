import Foundation
import Models
import Testing

/// What diffusers computes for every combination of what a scheduler's file may say; `Fixtures/schedules.py`
/// made it.
@Suite("Schedules beside diffusers'")
struct ScheduleReferenceTests {
    private struct Reference: Decodable {
        /// A combination, with short names: see the script.
        struct Case: Decodable {
            let c: Int, k: [Int], w: Int, n: Int, t: Int
            let s: [Double]
            let p: [[Double]]
        }

        struct Walk: Decodable {
            let c: Int
            let file: [String: ConfigurationValue]
            let n: Int
            let x: [Double]
        }

        let classes: [String]
        let choices: [String: [ConfigurationValue]]
        let betas: [String: [Double]]
        let cases: [Case]
        let walks: [Walk]
    }

    /// In the order of the positions.
    private static let keys = [
        "timestep_spacing", "beta_schedule", "use_karras_sigmas", "steps_offset", "prediction_type",
        "sigma_max",
    ]

    private static let reference: Reference? = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/schedules.json.gz")
        let process = Process(), pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc", file.path]
        process.standardOutput = pipe
        guard (try? process.run()) != nil, let data = try? pipe.fileHandleForReading.readToEnd() else {
            return nil
        }
        process.waitUntilExit()
        return try? JSONDecoder().decode(Reference.self, from: data)
    }()

    private func isClose(_ left: Double, _ right: Double, _ tolerance: Double) -> Bool {
        abs(left - right) <= tolerance * max(1, abs(right))
    }

    /// The noise levels at the calls and after the last; empty where a sampler has none.
    private static func sigmas(of sampler: any DiffusionSampler) -> [Double] {
        switch sampler {
        case let sampler as EulerSampler: sampler.sigmas
        case let sampler as DPMSolverSampler: sampler.sigmas
        case let sampler as EulerAncestralSampler: sampler.sigmas
        case let sampler as UniPCSampler: sampler.sigmas
        case let sampler as HeunSampler:
            // Two calls ask at every level but the first.
            sampler.timesteps.indices.map { sampler.sigmas[($0 + 1) / 2] } + [0]
        default: []
        }
    }

    private func file(of item: Reference.Case, _ reference: Reference) -> [String: ConfigurationValue] {
        var values: [String: ConfigurationValue] = ["_class_name": .string(reference.classes[item.c])]
        for (key, pick) in zip(Self.keys, item.k) {
            guard let value = reference.choices[key]?[pick], value != .null else { continue }
            values[key] = value
        }
        if values["sigma_max"] != nil { values["sigma_min"] = .number(0.03) }
        if case .string(let name)? = values["beta_schedule"], let betas = reference.betas[name] {
            values["beta_start"] = .number(betas[0])
            values["beta_end"] = .number(betas[1])
        }
        if item.w == 1 { values["skip_prk_steps"] = .bool(true) }
        return values
    }

    @Test("timesteps, noise levels and initial noise of all combinations are diffusers'")
    func combinations() throws {
        let reference = try #require(Self.reference)
        #expect(reference.cases.count > 25_000)
        var differing: [String] = []
        for item in reference.cases {
            let values = file(of: item, reference)
            let file = try SchedulerFile(file: "scheduler_config.json", values: values)
            let sampler = try Samplers.planned(file.configuration(), steps: item.n)
            let sigmas = Self.sigmas(of: sampler)
            let times = sampler.timesteps
            let count = item.t, tolerance = 2e-5
            var isSame = times.count == count && isClose(sampler.initialNoiseScale, item.s[2], tolerance)
            if isSame {
                // Whole steps are exact; those of Karras' levels depend on logarithms in 32 bits.
                isSame = abs(times.reduce(0, +) - item.s[0]) < 0.02 * Double(count)
                isSame = isSame && isClose(sigmas.reduce(0, +), item.s[1], tolerance)
                let places = Set([0, 1, count / 2, count - 2, count - 1]).intersection(0..<count).sorted()
                for (place, expected) in zip(places, item.p) {
                    isSame = isSame && abs(times[place] - expected[0]) < 0.02
                    if expected.count > 1 {
                        isSame = isSame && isClose(sigmas[place], expected[1], tolerance)
                    }
                }
            }
            if !isSame {
                differing.append(
                    "\(values) \(item.n) steps: \(times.prefix(4)), \(sigmas.prefix(4)) \(item.p)")
            }
        }
        #expect(differing.isEmpty, "\(differing.count) differ: \(differing.prefix(3))")
    }

    @Test("samples that a made-up network leads end where diffusers' do")
    func walks() throws {
        let reference = try #require(Self.reference)
        try computing {
            for walk in reference.walks {
                var values = walk.file
                values["_class_name"] = .string(reference.classes[walk.c])
                let file = try SchedulerFile(file: "scheduler_config.json", values: values)
                var sampler = try Samplers.planned(file.configuration(), steps: walk.n)
                var sample = Tensor([1, 0.5, -0.5, -1], shape: [1, 1, 2, 2]) * sampler.initialNoiseScale
                for index in sampler.timesteps.indices {
                    let answer = (sampler.networkInput(sample, at: index) * 3 + Double(index)).sin() * 0.5
                    sample = sampler.step(sample, prediction: answer, at: index) {
                        Tensor(
                            (0..<4).map { cos(1.3 * Float($0) + 0.7 * Float(index)) }, shape: [1, 1, 2, 2])
                    }
                }
                for (found, expected) in zip(sample.floats, walk.x) {
                    #expect(
                        isClose(Double(found), expected, 2e-3),
                        """
                        \(walk.c) \(walk.file.keys.sorted()) \(walk.n) steps: \(sample.floats), \
                        not \(walk.x)
                        """
                    )
                }
            }
        }
    }

    @Test("steps beyond those of training, and too few for Runge–Kutta's, are one sentence")
    func impossibleSteps() throws {
        var configuration = SchedulerConfiguration(sampler: EulerSampler.className)
        configuration.trainingSteps = 10
        let error = #expect(throws: FoundationModelError.self) {
            try Samplers.planned(configuration, steps: 11)
        }
        #expect(error?.description == "11 steps with this checkpoint's euler scheduler; allowed are 1 to 10")
        configuration.sampler = PNDMSampler.className
        configuration.skipsRungeKutta = false
        #expect(throws: FoundationModelError.impossibleSteps(steps: 3, scheduler: "pndm", allowed: 4...10)) {
            try Samplers.planned(configuration, steps: 3)
        }
    }
}
