/// A square convolution over `[N, C, H, W]`. Names and initial values of `torch.nn.Conv2d`.
public struct Convolution2D {
    /// `[out, in, kernel, kernel]`.
    public let weight: Tensor
    /// `[out]`.
    public let bias: Tensor?
    private let stride: Int
    private let padding: Int

    /// - Parameters:
    ///   - path: where its parameters stand among the names of the store.
    ///   - inputs: channels that come in.
    ///   - outputs: channels that go out.
    ///   - kernel: width and height of the kernel.
    ///   - stride: step of the kernel, in pixels.
    ///   - padding: zeros added on each side; without one, half the kernel, which keeps height and width.
    ///   - bias: whether a bias is added.
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
