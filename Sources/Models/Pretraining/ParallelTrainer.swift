/// Data-parallel AdamW: equal copies of a network, one per thread, whose gradients are averaged in a fixed
/// order.
///
/// The weights after a step depend on the losses alone, not on which thread was faster. Between the backward
/// passes and the next step the list of parameters is divided among the threads, since the optimizer's passes
/// over memory would otherwise leave all but one core idle.
final class ParallelTrainer {
    /// What one thread updates: a run of the parameter list.
    private struct Share {
        /// The parameters, by copy.
        var copies: [[Tensor]]
        var averages: [Tensor]
        var optimizer: AdamW
    }

    private let threads: TrainingThreads
    private let copies: [[Tensor]]
    private var shares: [Share] = []

    /// Takes parameter lists of the networks, one per thread; all start from the values of the first.
    ///
    /// - Parameters:
    ///   - averages: what follows the parameters as an exponential moving average; empty for none.
    ///   - steps: steps that were made before, for the optimizer's bias correction.
    init(copies: [[Tensor]], averages: [Tensor], threads: TrainingThreads, weightDecay: Double, steps: Int) {
        precondition(copies.count == threads.count, "\(copies.count) copies for \(threads.count) threads")
        precondition(averages.isEmpty || averages.count == copies[0].count, "\(averages.count) averages")
        self.copies = copies
        self.threads = threads
        for list in copies { for tensor in list { tensor.requiresGradient() } }
        for range in Self.evenRanges(of: copies[0].map(\.count), parts: threads.count) {
            shares.append(
                Share(
                    copies: copies.map { Array($0[range]) },
                    averages: averages.isEmpty ? [] : Array(averages[range]),
                    optimizer: AdamW(
                        Array(copies[0][range]), beta1: 0.9, beta2: 0.99, weightDecay: weightDecay,
                        steps: steps)))
        }
        distribute()
    }

    /// The optimizer's running means of the gradients, in the order of the parameters.
    var firstMoments: [Tensor] { shares.flatMap(\.optimizer.firstMoments) }
    /// The optimizer's running means of the squared gradients, in the order of the parameters.
    var secondMoments: [Tensor] { shares.flatMap(\.optimizer.secondMoments) }

    /// Copies the first network's parameters to the others.
    func distribute() {
        threads.run { distribute(shares[$0]) }
    }

    /// One step of gradient descent; returns the mean of the losses before it.
    ///
    /// - Parameters:
    ///   - averageWeight: how far the averages move towards the new parameters.
    ///   - loss: the loss of a thread's part of the batch under that thread's network, one float32 element.
    func step(learningRate: Double, averageWeight: Double, loss: (Int) -> Tensor) -> Double {
        let losses = threads.map { number in
            let value = loss(number)
            value.backward()
            return value.item
        }
        threads.run { merge(shares[$0]) }
        ParameterLists.clipGradients(of: copies[0], toNorm: 1)
        threads.run { number in
            let share = shares[number]
            share.optimizer.step(learningRate: learningRate)
            if !share.averages.isEmpty {
                ParameterLists.lerp(share.averages, toward: share.copies[0], weight: averageWeight)
            }
            distribute(share)
        }
        return losses.reduce(0, +) / Double(losses.count)
    }

    /// Averages the gradients of a share over the copies, in their order, into the first.
    private func merge(_ share: Share) {
        for (index, copy) in share.copies.enumerated().dropFirst() {
            let isLast = index == share.copies.count - 1
            ParameterLists.mergeGradients(
                of: share.copies[0], with: copy, factor: isLast ? 1 / Double(share.copies.count) : 1)
            ParameterLists.clearGradients(of: copy)
        }
    }

    private func distribute(_ share: Share) {
        Torch.withoutGradients {
            for copy in share.copies.dropFirst() {
                for (target, source) in zip(copy, share.copies[0]) { target.copy(from: source) }
            }
        }
    }

    /// Cuts a list of sizes into `parts` runs of about the same total.
    static func evenRanges(of sizes: [Int], parts: Int) -> [Range<Int>] {
        let total = sizes.reduce(0, +)
        var ranges: [Range<Int>] = []
        var (start, end, sum) = (0, 0, 0)
        for part in 1...parts {
            while end < sizes.count, sum < total * part / parts || part == parts {
                sum += sizes[end]
                end += 1
            }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }
}
