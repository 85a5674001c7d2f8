import CTorch

/// What a federated method adds to every gradient of a client's training: µ (w − w₀) + a constant.
public struct GradientCorrection: Sendable {
    /// The weight µ of the gradient of µ/2 · ‖w − w₀‖², w₀ being the weights that the training starts from
    /// (FedProx).
    let mu: Double?
    /// A constant, an element per parameter in the order of `ModelVector.parameters` (SCAFFOLD).
    let offset: [Float]?

    /// A pull back to the start, a constant, or both (FedDyn); `nil` is none.
    public init(mu: Double?, offset: [Float]?) {
        self.mu = mu
        self.offset = offset
    }

    /// A pull back to the start alone.
    public static func proximal(mu: Double) -> GradientCorrection {
        GradientCorrection(mu: mu, offset: nil)
    }

    /// A constant alone.
    public static func offset(_ values: [Float]) -> GradientCorrection {
        GradientCorrection(mu: nil, offset: values)
    }

    /// The correction for those parameters of a state that are trained: some of a TorchScript module may be
    /// frozen, and a buffer that is no statistic counts as a parameter.
    func trained(in store: ParameterStore) -> GradientCorrection {
        guard let values = offset else { return self }
        var kept: [Float] = [], start = 0
        for (entry, declaration) in zip(store.entries, store.declarations)
        where declaration.part == .parameters {
            let end = start + declaration.elementCount
            if entry.isTrainable { kept += values[start..<end] }
            start = end
        }
        precondition(start == values.count, "an offset of \(values.count) elements for \(start)")
        return GradientCorrection(mu: mu, offset: kept)
    }
}

/// Stochastic gradient descent whose gradients are corrected: `SGD`, and one more pass where there is a
/// correction.
///
/// The proximal term µ (w − w₀) is weight decay µ w beside the constant −µ w₀.
public final class CorrectedSGD {
    /// What the gradients are taken from.
    private let leaves: [Tensor]
    private let offsets: [Tensor]
    private let optimizer: SGD

    /// An optimizer of `parameters`, float32 leaves that require gradients and that are at their start now.
    ///
    /// - Parameters:
    ///   - parameters: the leaves that are stepped.
    ///   - copies: bfloat16 leaves for some of them, as `SGD` takes them; there the correction is rounded.
    ///   - momentum: how much of the last step goes into the next.
    ///   - weightDecay: what the weights themselves add to their gradient.
    ///   - correction: what a federated method adds to it.
    /// - Precondition: an offset has as many elements as the parameters have together.
    public init(
        _ parameters: [Tensor], copies: [Tensor?] = [], momentum: Double, weightDecay: Double,
        correction: GradientCorrection? = nil
    ) {
        leaves = copies.isEmpty ? parameters : zip(copies, parameters).map { $0 ?? $1 }
        var weightDecay = weightDecay
        var offsets: [Tensor] = []
        if let mu = correction?.mu {
            weightDecay += mu
            offsets = Torch.withoutGradients { parameters.map { $0.detached() * -mu } }
        }
        if let values = correction?.offset {
            precondition(
                values.count == parameters.reduce(0) { $0 + $1.count },
                "an offset of \(values.count) elements")
            var start = 0
            let constants = parameters.map { parameter in
                defer { start += parameter.count }
                return Tensor(Array(values[start..<start + parameter.count]), shape: parameter.shape)
            }
            offsets = offsets.isEmpty ? constants : zip(offsets, constants).map { $0 + $1 }
        }
        self.offsets = offsets
        optimizer = SGD(parameters, copies: copies, momentum: momentum, weightDecay: weightDecay)
    }

    /// Applies the gradients at `learningRate` and drops them.
    public func step(learningRate: Double) {
        if !offsets.isEmpty {
            leaves.withHandles { weights, count in
                offsets.withHandles { values, _ in check(ct_add_to_gradients(weights, values, count)) }
            }
        }
        optimizer.step(learningRate: learningRate)
    }
}

/// How far a local training goes for gradients of one: what FedNova and SCAFFOLD divide a change by.
public enum LocalSteps {
    /// The sum of the weights that stochastic gradient descent with momentum gives to the gradients of
    /// `steps` steps.
    ///
    /// Step k moves the weights by rateₖ · Σⱼ≤ₖ momentumᵏ⁻ʲ gⱼ; with all gⱼ = 1 that is rateₖ (1 − momentumᵏ)
    /// / (1 − momentum), k from 1. At a constant rate the sum is rate · ‖a‖₁ of FedNova (arXiv 2007.07481,
    /// section 4.1).
    ///
    /// - Parameters:
    ///   - steps: how many.
    ///   - momentum: how much of the last step goes into the next.
    ///   - rate: the learning rate of a step, from 0.
    /// - Complexity: O(steps).
    public static func reach(steps: Int, momentum: Double, rate: (Int) -> Double) -> Double {
        var velocity = 0.0, sum = 0.0
        for step in 0..<steps {
            velocity = momentum * velocity + 1
            sum += rate(step) * velocity
        }
        return sum
    }
}
