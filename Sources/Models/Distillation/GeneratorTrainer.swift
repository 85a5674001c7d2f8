/// Trains a generator of images against a loss, a batch at a time.
final class GeneratorTrainer {
    private let options: DataFreeDistillationOptions
    private let side: Int
    private let draws: TensorGenerator
    private var generator: ImageGenerator
    private var continuedOptimizer: AdamW?

    /// - Parameters:
    ///   - options: how long, how large, and where each batch's generator comes from.
    ///   - side: width and height of the images, in pixels.
    ///   - seed: of noise and weights.
    init(_ options: DataFreeDistillationOptions, side: Int, seed: UInt64) {
        self.options = options
        self.side = side
        draws = TensorGenerator(seed: seed)
        generator = Self.makeGenerator(options, side: side, draws)
    }

    /// Trains the generator for a batch of noise; the images of its best step, as planar bytes.
    ///
    /// - Parameters:
    ///   - isCancelled: asked before every step.
    ///   - loss: adds its gradient to that of the images that it is given, and returns its value.
    /// - Throws: `CancellationError` where `isCancelled` said so; what `loss` throws.
    func batch(isCancelled: () -> Bool, loss: (Tensor) throws -> Double) throws -> [UInt8] {
        let noise = Tensor.randomNormal([options.batch, options.noiseWidth], using: draws)
        let optimizer = optimizer(for: noise)
        var best: (loss: Double, images: Tensor)?
        for _ in 0..<options.generatorSteps {
            if isCancelled() { throw CancellationError() }
            let images = generator(noise)
            let leaf = images.detached().requiresGradient()
            let found = try loss(leaf)
            // What is no number is worse than any.
            if best.map({ found < $0.loss || !$0.loss.isFinite }) ?? true {
                best = (found, images.detached())
            }
            guard let gradient = leaf.gradient else { preconditionFailure("images without a gradient") }
            (images * gradient).sum().backward()
            optimizer.step(learningRate: options.generatorRate)
        }
        return Self.bytes(of: best!.images)
    }

    /// The optimizer that goes on, or a fresh one of a fresh generator and the noise.
    private func optimizer(for noise: Tensor) -> AdamW {
        func adam(_ parameters: [Tensor]) -> AdamW {
            generator.store.requiresGradient(true)
            // The authors' Adam.
            return AdamW(parameters, beta1: 0.5, weightDecay: 0)
        }
        switch options.start {
        case .continued:
            let known = continuedOptimizer ?? adam(generator.store.trainable)
            continuedOptimizer = known
            return known
        case .restarted:
            generator = Self.makeGenerator(options, side: side, draws)
            return adam(generator.store.trainable + [noise.requiresGradient()])
        }
    }

    private static func makeGenerator(
        _ options: DataFreeDistillationOptions, side: Int, _ draws: TensorGenerator
    ) -> ImageGenerator {
        ImageGenerator(
            side: side, noiseWidth: options.noiseWidth, width: options.generatorWidth, generator: draws)
    }

    /// Images of −1…1 as bytes, the inverse of `Tensor.images(pixels:count:side:)`.
    private static func bytes(of images: Tensor) -> [UInt8] {
        images.floats.map { value in
            let level = ((value + 1) * 127.5).rounded(.toNearestOrEven)
            return level.isFinite ? UInt8(min(max(level, 0), 255)) : 0
        }
    }
}
