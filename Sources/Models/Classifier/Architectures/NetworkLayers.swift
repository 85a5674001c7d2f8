// The layers of classifiers. Features are [N, C, H, W], float32, or bfloat16 while a network is trained in it.

/// What a convolution or a matrix product multiplies by: a parameter, or in training in bfloat16 its copy.
final class ProductWeight {
    /// The parameter, float32.
    let parameter: Tensor
    /// The parameter in bfloat16, a leaf of its own.
    private(set) var copy: Tensor?
    /// Whether products take the copy.
    var usesCopy = false

    init(_ parameter: Tensor) { self.parameter = parameter }

    /// What products take.
    var factor: Tensor { usesCopy ? copy! : parameter }

    /// Makes a copy of the parameter as it is now.
    func makeCopy() -> Tensor {
        let copy = Torch.withoutGradients { parameter.detached().to(.bfloat16) }.requiresGradient()
        self.copy = copy
        return copy
    }
}

/// A square convolution without bias, padded so that stride 1 keeps the size.
struct Convolution {
    let weight: ProductWeight
    private let kernel: Int
    private let stride: Int

    /// Registers `weight[outputs, inputs, kernel, kernel]`, drawn as torchvision draws it: normal with
    /// deviation √(2 / fan out) (arXiv 1502.01852, "fan out" mode).
    init(_ path: ParameterPath, _ shape: ConvolutionShape) {
        kernel = shape.kernel
        stride = shape.stride
        let deviation = (2 / Double(shape.outputs * kernel * kernel)).squareRoot()
        weight = ProductWeight(
            path.parameter(
                "weight", [shape.outputs, shape.inputs, kernel, kernel], .normal(deviation: deviation)))
    }

    func callAsFunction(_ input: Tensor) -> Tensor {
        let side = input.shape[2]
        let padding = kernel / 2
        guard side <= stride, side <= padding + 1 else {
            return input.conv2d(weight.factor, stride: stride, padding: padding)
        }
        return onePixel(of: input, side: side)
    }

    /// The convolution where its output is a single pixel: `[N, C, side, side]` → `[N, outputs, 1, 1]`.
    ///
    /// Only `side` × `side` taps lie over the input, all others over padding; so it is a linear layer of
    /// those, and the other taps have gradient 0. At 32 pixels the last stage's inputs are 2 × 2 and then 1 ×
    /// 1: nine times fewer multiplications there, and a quarter to a third more images per second for the
    /// whole network.
    private func onePixel(of input: Tensor, side: Int) -> Tensor {
        let first = kernel / 2, weight = weight.factor
        let taps = weight.narrow(2, from: first, count: side).narrow(3, from: first, count: side)
        let outputs = weight.shape[0]
        let pixels = input.reshape([-1, weight.shape[1] * side * side])
        return pixels.linear(taps.reshape([outputs, -1])).reshape([-1, outputs, 1, 1])
    }
}

/// A square convolution with bias and stride 1, padded so that it keeps the size, with the initial weights of
/// `torch.nn.Conv2d`.
struct BiasedConvolution {
    private let weight: ProductWeight
    private let bias: ProductWeight
    private let kernel: Int

    /// Registers `weight[outputs, inputs, kernel, kernel]` and `bias[outputs]`.
    init(_ path: ParameterPath, _ shape: ConvolutionShape) {
        kernel = shape.kernel
        let taps = shape.inputs * kernel * kernel
        weight = ProductWeight(
            path.parameter("weight", [shape.outputs, shape.inputs, kernel, kernel], .fanIn(taps)))
        bias = ProductWeight(path.parameter("bias", [shape.outputs], .fanIn(taps)))
    }

    /// What its products multiply by and add.
    var weights: [ProductWeight] { [weight, bias] }

    func callAsFunction(_ input: Tensor) -> Tensor {
        input.conv2d(weight.factor, bias: bias.factor, padding: kernel / 2)
    }
}

/// What normalizes features between layers: under the names of `torch.nn.BatchNorm2d` or `torch.nn.GroupNorm`.
struct NormLayer {
    private enum Kind {
        case batch(BatchNorm)
        case group(GroupNormalization)
    }

    private let kind: Kind

    /// - Precondition: groups divide `channels`.
    init(_ path: ParameterPath, channels: Int, _ norm: ClassifierNorm) {
        switch norm {
        case .batch:
            kind = .batch(BatchNorm(path, channels: channels))
        case .group(let groups):
            kind = .group(GroupNormalization(path, channels: channels, groups: groups, epsilon: 1e-5))
        }
    }

    func callAsFunction(_ input: Tensor, training: Bool, distance: BatchStatisticsDistance?) -> Tensor {
        switch kind {
        case .batch(let norm):
            return norm(input, training: training, distance: distance)
        case .group(let norm):
            // libtorch 1.13 has no group norm of bfloat16 features with float32 weights.
            let type = input.elementType
            return norm(input.to(.float32)).to(type)
        }
    }
}

/// Batch normalization (arXiv 1502.03167) with its running statistics.
struct BatchNorm {
    private let weight: Tensor
    private let bias: Tensor
    private let runningMean: Tensor
    private let runningVariance: Tensor
    private let batches: Tensor
    private let one = Tensor.full([], 1, .int64)

    /// Registers scale, shift and buffers of `channels` values, and the count of training batches.
    init(_ path: ParameterPath, channels: Int) {
        weight = path.parameter("weight", [channels], .ones)
        bias = path.parameter("bias", [channels], .zeros)
        runningMean = path.buffer("running_mean", [channels], .zeros)
        runningVariance = path.buffer("running_var", [channels], .ones)
        batches = path.buffer("num_batches_tracked", [], .counter)
    }

    func callAsFunction(
        _ input: Tensor, training: Bool, distance: BatchStatisticsDistance? = nil
    ) -> Tensor {
        if training { batches.addInPlace(one) }
        distance?.add(input, mean: runningMean, variance: runningVariance)
        return input.batchNorm(
            weight: weight, bias: bias, runningMean: runningMean, runningVariance: runningVariance,
            training: training)
    }
}
