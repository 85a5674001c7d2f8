import CTorch

/// Stochastic gradient descent with momentum and L2 weight decay, as `torch.optim.SGD` computes it.
///
/// g ← g + decay · w; m ← g at the first step, momentum · m + g after it; w ← w − rate · m.
public final class SGD {
    private let parameters: [Tensor]
    private let copies: [Tensor?]
    private let momenta: [Tensor]
    private let momentum: Double
    private let weightDecay: Double
    private var stepped = false

    /// An optimizer of `parameters`, float32 leaves.
    ///
    /// - Parameters:
    ///   - parameters: the leaves that are stepped.
    ///   - copies: bfloat16 leaves for some of them, in the same order. Where there is one, the gradient is
    ///     taken from it, and the pass that changes the parameter writes it too.
    ///   - momentum: how much of the last step goes into the next.
    ///   - weightDecay: what the weights themselves add to their gradient.
    public init(_ parameters: [Tensor], copies: [Tensor?] = [], momentum: Double, weightDecay: Double) {
        precondition(copies.isEmpty || copies.count == parameters.count, "\(copies.count) copies")
        self.parameters = parameters
        self.copies = copies.isEmpty ? parameters.map { _ in nil } : copies
        self.momentum = momentum
        self.weightDecay = weightDecay
        momenta = Torch.withoutGradients { parameters.map { ($0.detached() * 0) } }
    }

    /// Applies the gradients at `learningRate` and drops them.
    public func step(learningRate: Double) {
        parameters.withHandles { weights, count in
            copies.withHandles { copies, _ in
                momenta.withHandles { buffers, _ in
                    check(
                        ct_sgd_step(
                            weights, copies, buffers, count, learningRate, momentum, weightDecay, !stepped))
                }
                check(ct_clear_gradients(copies, count))
            }
            check(ct_clear_gradients(weights, count))
        }
        stepped = true
    }
}

/// Adam with decoupled weight decay (arXiv 1711.05101).
public final class AdamW {
    /// Mean of the gradients, by parameter.
    public let firstMoments: [Tensor]
    /// Mean of the squared gradients, by parameter.
    public let secondMoments: [Tensor]
    /// Steps made so far.
    public private(set) var steps: Int
    private let parameters: [Tensor]
    private let beta1: Double
    private let beta2: Double
    private let epsilon: Double
    private let weightDecay: Double

    /// An optimizer of `parameters`, float32 leaves that require gradients, starting after `steps` steps.
    public init(
        _ parameters: [Tensor], beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
        weightDecay: Double = 0.01, steps: Int = 0
    ) {
        self.parameters = parameters
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
        self.steps = steps
        (firstMoments, secondMoments) = Torch.withoutGradients {
            (parameters.map { $0.detached() * 0 }, parameters.map { $0.detached() * 0 })
        }
    }

    /// Applies the gradients at `learningRate` and drops them.
    public func step(learningRate: Double) {
        steps += 1
        parameters.withHandles { weights, count in
            firstMoments.withHandles { first, _ in
                secondMoments.withHandles { second, _ in
                    check(
                        ct_adamw_step(
                            weights, first, second, count, learningRate, beta1, beta2, epsilon, weightDecay,
                            Int64(steps)))
                }
            }
            check(ct_clear_gradients(weights, count))
        }
    }
}

/// Passes over lists of parameters.
public enum ParameterLists {
    /// averages ← averages + weight · (parameters − averages).
    public static func lerp(_ averages: [Tensor], toward parameters: [Tensor], weight: Double) {
        averages.withHandles { left, count in
            parameters.withHandles { right, _ in check(ct_lerp_lists(left, right, count, weight)) }
        }
    }

    /// accumulators ← accumulators + weight · values.
    public static func add(_ values: [Tensor], to accumulators: [Tensor], weight: Double) {
        accumulators.withHandles { left, count in
            values.withHandles { right, _ in check(ct_add_scaled_lists(left, right, count, weight)) }
        }
    }

    /// Scales the gradients so that their common Euclidean norm is at most `limit`; returns the norm before.
    @discardableResult
    public static func clipGradients(of parameters: [Tensor], toNorm limit: Double) -> Double {
        parameters.withHandles { handles, count in
            var norm = 0.0
            check(ct_grad_norm(handles, count, &norm))
            if norm > limit { check(ct_scale_gradients(handles, count, limit / (norm + 1e-6))) }
            return norm
        }
    }

    /// gradients ← (gradients + others' gradients) · factor: the averaging of data-parallel training.
    public static func mergeGradients(of parameters: [Tensor], with others: [Tensor], factor: Double) {
        parameters.withHandles { left, count in
            others.withHandles { right, _ in check(ct_merge_gradients(left, right, count, factor)) }
        }
    }

    /// Drops the gradients.
    public static func clearGradients(of parameters: [Tensor]) {
        parameters.withHandles { handles, count in check(ct_clear_gradients(handles, count)) }
    }
}
