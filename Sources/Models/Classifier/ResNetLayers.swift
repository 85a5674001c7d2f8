// The layers of a residual network. Features are [N, C, H, W], float32, or bfloat16 while it is trained in
// it.

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
    init(_ path: ParameterPath, inputs: Int, outputs: Int, kernel: Int, stride: Int) {
        let deviation = (2 / Double(outputs * kernel * kernel)).squareRoot()
        weight = ProductWeight(
            path.parameter("weight", [outputs, inputs, kernel, kernel], .normal(deviation: deviation)))
        self.kernel = kernel
        self.stride = stride
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

/// Two convolutions whose result is added to their input.
struct ResidualBlock {
    private let convolution1: Convolution
    private let norm1: BatchNorm
    private let convolution2: Convolution
    private let norm2: BatchNorm
    /// Brings the input to the size and width of the output, where they differ.
    private let projection: (convolution: Convolution, norm: BatchNorm)?

    init(_ path: ParameterPath, _ block: ResNetArchitecture.Block) {
        let inputs = block.inputs, outputs = block.outputs, stride = block.stride
        convolution1 = Convolution(
            path / "conv1", inputs: inputs, outputs: outputs, kernel: 3, stride: stride)
        norm1 = BatchNorm(path / "bn1", channels: outputs)
        convolution2 = Convolution(path / "conv2", inputs: outputs, outputs: outputs, kernel: 3, stride: 1)
        norm2 = BatchNorm(path / "bn2", channels: outputs)
        guard block.isProjected else {
            projection = nil
            return
        }
        let shortcut = path / "downsample"
        projection = (
            Convolution(shortcut / 0, inputs: inputs, outputs: outputs, kernel: 1, stride: stride),
            BatchNorm(shortcut / 1, channels: outputs)
        )
    }

    /// What its products multiply by.
    var weights: [ProductWeight] {
        [convolution1.weight, convolution2.weight] + (projection.map { [$0.convolution.weight] } ?? [])
    }

    func callAsFunction(
        _ input: Tensor, training: Bool, distance: BatchStatisticsDistance? = nil
    ) -> Tensor {
        let hidden = norm1(convolution1(input), training: training, distance: distance).reluInPlace()
        let output = norm2(convolution2(hidden), training: training, distance: distance)
        let shortcut =
            projection.map { $0.norm($0.convolution(input), training: training, distance: distance) } ?? input
        // Batch norm's gradient needs its input, not its output: adding in place saves a pass and a buffer.
        return output.addInPlace(shortcut).reluInPlace()
    }
}
