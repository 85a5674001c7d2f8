/// A square convolution over `[N, C, H, W]`. Names and initial values of `torch.nn.Conv2d`.
public struct Convolution2D {
    /// `[out, in, kernel, kernel]`.
    public let weight: Tensor
    /// `[out]`.
    public let bias: Tensor?
    private let stride: Int
    private let padding: Int

    /// - Parameter padding: zeros added on each side; without one, half the kernel, which keeps height and
    ///   width.
    public init(
        _ path: ParameterPath, from inputs: Int, to outputs: Int, kernel: Int, stride: Int = 1,
        padding: Int? = nil,
        bias: Bool = true
    ) {
        let fanIn = inputs * kernel * kernel
        weight = path.parameter("weight", [outputs, inputs, kernel, kernel], .fanIn(fanIn))
        self.bias = bias ? path.parameter("bias", [outputs], .fanIn(fanIn)) : nil
        self.stride = stride
        self.padding = padding ?? (kernel - 1) / 2
    }

    /// `[N, in, H, W]` → `[N, out, H', W']`.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        input.conv2d(weight, bias: bias, stride: stride, padding: padding)
    }
}
