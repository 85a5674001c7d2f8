import Foundation

/// Where the steps of a sampler lie: among the training steps, or by noise level.
///
/// Source: `set_timesteps` of https://github.com/huggingface/diffusers/tree/main/src/diffusers/schedulers,
/// whose arithmetic is NumPy's: halves are rounded to the even neighbour, and which numbers are halves
/// depends on the order of the operations.
enum StepSpacing {
    /// Training steps in falling order, as DDIM and PNDM place them.
    static func wholeSteps(_ configuration: SchedulerConfiguration, steps: Int) -> [Int] {
        let total = configuration.trainingSteps
        requireSteps(steps, of: configuration)
        switch configuration.spacing {
        case .leading:
            return (0..<steps).reversed().map { $0 * (total / steps) + configuration.stepsOffset }
        case .trailing:
            return trailing(from: total, total: total, steps: steps)
        case .linspace:
            return linspace(to: total - 1, count: steps).reversed().map(rounded)
        }
    }

    /// As `wholeSteps`, but with room for one step more, which ends at the image, and below `last`: as the
    /// multistep solvers place them.
    static func wholeStepsBeforeImage(_ configuration: SchedulerConfiguration, steps: Int, last: Int) -> [Int]
    {
        requireSteps(steps, of: configuration)
        switch configuration.spacing {
        case .leading:
            return (1...steps).reversed().map { $0 * (last / (steps + 1)) + configuration.stepsOffset }
        case .trailing:
            return trailing(from: last, total: configuration.trainingSteps, steps: steps)
        case .linspace:
            return linspace(to: last - 1, count: steps + 1).dropFirst().reversed().map(rounded)
        }
    }

    /// Training steps in falling order, as Euler's and Heun's methods place them: unlike DDIM's, evenly
    /// spaced ones keep their fractions, in 32 bits.
    static func realSteps(_ configuration: SchedulerConfiguration, steps: Int) -> [Double] {
        guard configuration.spacing == .linspace else {
            return wholeSteps(configuration, steps: steps).map(Double.init)
        }
        requireSteps(steps, of: configuration)
        return linspace(to: configuration.trainingSteps - 1, count: steps).reversed().map {
            Double(Float($0))
        }
    }

    /// Every `total / steps`-th step from `last` − 1 on.
    ///
    /// `numpy.arange(last, 0, -total / steps)` has one number more than `steps` where the quotient was
    /// rounded down (61, 103, 121, … of 1000): a last step of −1, at which diffusers asks the network too.
    static func trailing(from last: Int, total: Int, steps: Int) -> [Int] {
        let stride = Double(total) / Double(steps), start = Double(last)
        let second = start - stride, difference = second - start
        return (0..<Int((start / stride).rounded(.up))).map { index in
            rounded(index == 1 ? second : start + Double(index) * difference) - 1
        }
    }

    /// `numpy.linspace(0, end, count)`.
    static func linspace(to end: Int, count: Int) -> [Double] {
        let step = count > 1 ? Double(end) / Double(count - 1) : 0
        return (0..<count).map { $0 > 0 && $0 == count - 1 ? Double(end) : Double($0) * step }
    }

    /// Falling noise levels, evenly spaced after taking the ρ-th root (arXiv 2206.00364, equation 5), between
    /// the configuration's bounds or those given.
    static func karrasSigmas(
        _ configuration: SchedulerConfiguration, between bounds: (low: Double, high: Double), steps: Int
    ) -> [Double] {
        let rho = configuration.karrasRho
        let low = pow(configuration.sigmaMinimum ?? bounds.low, 1 / rho)
        let high = pow(configuration.sigmaMaximum ?? bounds.high, 1 / rho)
        return linspace(to: 1, count: steps).map { pow(high + $0 * (low - high), rho) }
    }

    /// As above, between the bounds of the whole schedule.
    static func karrasSigmas(
        _ configuration: SchedulerConfiguration, of schedule: NoiseSchedule, steps: Int
    ) -> [Double] {
        requireSteps(steps, of: configuration)
        let bounds = (low: schedule.sigma(0), high: schedule.sigma(schedule.count - 1))
        return karrasSigmas(configuration, between: bounds, steps: steps)
    }

    /// As NumPy rounds: halves to the even neighbour.
    static func rounded(_ value: Double) -> Int { Int(value.rounded(.toNearestOrEven)) }

    static func requireSteps(_ steps: Int, of configuration: SchedulerConfiguration) {
        precondition(
            (1...configuration.trainingSteps).contains(steps),
            "\(steps) steps of a schedule of \(configuration.trainingSteps)")
    }
}
