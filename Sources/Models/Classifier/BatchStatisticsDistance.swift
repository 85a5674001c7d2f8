/// How far the features of a batch are from those that a network was trained on, as batch norm remembers
/// them.
///
/// Σₗ ‖µₗ(x) − µₗ‖₂ + ‖σ²ₗ(x) − σ²ₗ‖₂ over the batch norms, with the batch's own mean and biased variance of
/// each channel and the running ones: Yin et al., "Dreaming to Distill", https://arxiv.org/abs/1912.08795,
/// equation 4, with norms as DENSE has them (https://arxiv.org/abs/2112.12371, equation 3).
final class BatchStatisticsDistance {
    /// The sum over the layers so far, a tensor of one element; gradients reach the features through it.
    private(set) var sum = Tensor.zeros([])

    /// Adds a layer.
    ///
    /// - Parameters:
    ///   - input: what batch norm is given, `[N, C, H, W]`.
    ///   - mean: the running mean, `[C]`.
    ///   - variance: the running variance, `[C]`.
    func add(_ input: Tensor, mean: Tensor, variance: Tensor) {
        let batchMean = input.mean([0, 2, 3], keepAxes: true)
        let batchVariance = (input - batchMean).squared().mean([0, 2, 3])
        sum = sum + Self.norm(batchMean.reshape([-1]) - mean) + Self.norm(batchVariance - variance)
    }

    /// The Euclidean norm, whose gradient at zero is zero.
    private static func norm(_ vector: Tensor) -> Tensor { (vector.squared().sum() + 1e-20).sqrt() }
}
