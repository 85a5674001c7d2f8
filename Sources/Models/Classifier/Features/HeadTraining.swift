import Core

/// How a linear head is trained on features.
public struct HeadTrainingOptions: Sendable, Hashable {
    /// Passes over the features.
    public var epochs: Int
    /// Features of a step; the last one of a pass may have fewer.
    public var batch: Int
    /// The constant learning rate.
    public var learningRate: Double
    public var momentum: Double

    /// - Precondition: all but the momentum are positive.
    public init(epochs: Int, batch: Int, learningRate: Double, momentum: Double) {
        precondition(
            epochs > 0 && batch > 0 && learningRate > 0, "\(epochs) epochs of \(batch) at \(learningRate)")
        self.epochs = epochs
        self.batch = batch
        self.learningRate = learningRate
        self.momentum = momentum
    }
}

extension LinearHead {
    /// Trains a head that begins with zeros by stochastic gradient descent on the cross-entropy.
    ///
    /// - Parameters:
    ///   - features: `[N, width]`, row by row.
    ///   - width: how many features an image has.
    ///   - labels: the class of each.
    ///   - classes: how many logits there are.
    ///   - options: how long and how.
    ///   - generator: shuffles each pass.
    ///   - isCancelled: asked before every step.
    /// - Returns: the head, and the mean loss of the last pass.
    /// - Throws: `CancellationError` where `isCancelled` said so.
    /// - Precondition: there are features, in whole rows with a label each.
    public static func trained(
        on features: [Float], width: Int, labels: [Int64], classes: Int, options: HeadTrainingOptions,
        using generator: inout RandomStream, isCancelled: () -> Bool = { false }
    ) throws -> (head: LinearHead, loss: Double) {
        precondition(!labels.isEmpty && features.count == labels.count * width, "a head without features")
        let all = Tensor(features, shape: [labels.count, width]), targets = Tensor(indices: labels)
        let weights = Tensor.zeros([classes, width]).requiresGradient()
        let bias = Tensor.zeros([classes]).requiresGradient()
        let optimizer = SGD([weights, bias], momentum: options.momentum, weightDecay: 0)
        var mean = 0.0
        for _ in 0..<options.epochs {
            let order = labels.indices.shuffled(using: &generator).map(Int64.init)
            var sum = 0.0
            for start in stride(from: 0, to: order.count, by: options.batch) {
                if isCancelled() { throw CancellationError() }
                let rows = Tensor(indices: Array(order[start..<min(start + options.batch, order.count)]))
                let loss = all.select(rows).linear(weights, bias: bias).crossEntropy(targets.select(rows))
                loss.backward()
                optimizer.step(learningRate: options.learningRate)
                sum += loss.item * Double(rows.count)
            }
            mean = sum / Double(order.count)
        }
        let head = LinearHead(
            classes: classes, width: width, weights: weights.detached().floats, bias: bias.detached().floats)
        return (head, mean)
    }
}
