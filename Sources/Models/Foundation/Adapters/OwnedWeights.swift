/// Weights that are changed for a while. They get memory of their own, and have what they had before when it
/// is over: that memory may be a file's, or that of all workers of a GPU.
struct OwnedWeights {
    let weights: [Tensor]
    /// What they are otherwise, in their order.
    let originals: [Tensor]

    /// Begins; `giveBack()` has to follow.
    init(_ weights: [Tensor]) {
        self.weights = weights
        originals = Torch.withoutGradients { weights.map { $0.detached() } }
        Torch.withoutGradients { for weight in weights { weight.adoptMemory(of: weight.clone()) } }
    }

    /// The weights are what they were, to the bit.
    func giveBack() {
        Torch.withoutGradients {
            for (weight, original) in zip(weights, originals) { weight.adoptMemory(of: original) }
        }
    }
}
