import Foundation

/// A learning rate that rises linearly, holds, and falls to zero along half a cosine.
package struct LearningRateHold: Sendable {
    /// The rate while it holds.
    package var peak: Double
    /// Steps of the rise.
    package var warmUpSteps: Int
    /// Fraction of all steps after which the rate falls.
    package var holdFraction: Double
    /// All steps of the training run.
    package var totalSteps: Int

    package init(peak: Double, warmUpSteps: Int, holdFraction: Double, totalSteps: Int) {
        self.peak = peak
        self.warmUpSteps = warmUpSteps
        self.holdFraction = holdFraction
        self.totalSteps = totalSteps
    }

    /// The rate of step `step`, counted from 0.
    package func rate(at step: Int) -> Double {
        let rise = min(1, Double(step + 1) / Double(max(1, warmUpSteps)))
        let start = holdFraction * Double(totalSteps)
        let fallen = max(0, Double(step) - start) / max(1, Double(totalSteps) - start)
        return peak * rise * 0.5 * (1 + cos(.pi * min(1, fallen)))
    }
}
