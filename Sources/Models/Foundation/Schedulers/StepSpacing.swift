import Foundation

/// Where the steps of a sampler lie: among the training steps, or by noise level.
///
/// Source: `set_timesteps` of https://github.com/huggingface/diffusers/tree/main/src/diffusers/schedulers
enum StepSpacing {
    /// Training steps in falling order, as DDIM and PNDM place them.
    static func wholeSteps(_ configuration: SchedulerConfiguration, steps: Int) -> [Int] {
        let total = configuration.trainingSteps
        requireSteps(steps, of: configuration)
        switch configuration.spacing {
        case .leading:
            return (0..<steps).reversed().map { $0 * (total / steps) + configuration.stepsOffset }
        case .trailing:
            return trailing(total: total, steps: steps)
        case .linspace:
            return linspace(to: total - 1, count: steps).reversed().map(rounded)
        }
    }

    /// Every `total / steps`-th step from the last on.
    static func trailing(total: Int, steps: Int) -> [Int] {
        (0..<steps).map { rounded(Double(total) - Double($0) * Double(total) / Double(steps)) - 1 }
    }

    /// `count` evenly spaced numbers from 0 to `end`.
    static func linspace(to end: Int, count: Int) -> [Double] {
        (0..<count).map { count == 1 ? 0 : Double($0) * Double(end) / Double(count - 1) }
    }

    /// Falling noise levels, evenly spaced after taking the ρ-th root (arXiv 2206.00364, equation 5).
    static func karrasSigmas(
        _ configuration: SchedulerConfiguration, schedule: NoiseSchedule, steps: Int
    ) -> [Double] {
        requireSteps(steps, of: configuration)
        let rho = configuration.karrasRho
        let low = pow(configuration.sigmaMinimum ?? schedule.sigma(0), 1 / rho)
        let high = pow(configuration.sigmaMaximum ?? schedule.sigma(schedule.count - 1), 1 / rho)
        return (0..<steps).map { index in
            let fraction = steps == 1 ? 0 : Double(index) / Double(steps - 1)
            return pow(high + fraction * (low - high), rho)
        }
    }

    /// As NumPy rounds: halves to the even neighbour.
    static func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }

    static func requireSteps(_ steps: Int, of configuration: SchedulerConfiguration) {
        precondition(
            (1...configuration.trainingSteps).contains(steps),
            "\(steps) steps of a schedule of \(configuration.trainingSteps)")
    }
}

extension NoiseSchedule {
    /// The noise level at a training step between two whole ones.
    func sigma(at timestep: Double) -> Double {
        let below = min(max(Int(timestep.rounded(.down)), 0), count - 1)
        let above = min(below + 1, count - 1)
        return sigma(below) + (timestep - Double(below)) * (sigma(above) - sigma(below))
    }

    /// The training step, with a fraction, of a noise level: linear in its logarithm.
    func timestep(ofSigma sigma: Double) -> Double {
        let target = log(sigma)
        // Noise levels rise with the step.
        var (low, high) = (0, count - 1)
        while high - low > 1 {
            let middle = (low + high) / 2
            if log(self.sigma(middle)) <= target { low = middle } else { high = middle }
        }
        let (start, end) = (log(self.sigma(low)), log(self.sigma(high)))
        guard end > start else { return Double(low) }
        return Double(low) + min(max((target - start) / (end - start), 0), 1)
    }
}
