import Core

/// The random streams of a training run: everything random comes from (seed, purpose, counter).
enum PretrainingPurpose: UInt64 {
    case autoencoderWeights = 1, autoencoderImages, autoencoderNoise, heldOutImages, corpusImages,
        networkWeights,
        draws, captionerWeights, captionerImages

    /// The generator of step or chunk `counter` on thread `worker`.
    func generator(seed: UInt64, _ counter: Int = 0, worker: Int = 0) -> RandomStream {
        RandomStream(seed: seed, streamWords: [rawValue, UInt64(counter), UInt64(worker)])
    }

    /// A seed for what takes a seed instead of a generator.
    func seed(_ seed: UInt64, _ counter: Int = 0, worker: Int = 0) -> UInt64 {
        var generator = generator(seed: seed, counter, worker: worker)
        return generator.next()
    }
}
