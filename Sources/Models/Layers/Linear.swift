/// A fully connected layer: `x · weightᵀ + bias`, `weight[out, in]`.
///
/// Names and initial values of `torch.nn.Linear`.
public struct Linear {
    /// `[out, in]`.
    public let weight: Tensor
    /// `[out]`.
    public let bias: Tensor?

    /// Registers `weight` and, where wanted, `bias`.
    public init(_ path: ParameterPath, from inputs: Int, to outputs: Int, bias: Bool = true) {
        weight = path.parameter("weight", [outputs, inputs], .fanIn(inputs))
        self.bias = bias ? path.parameter("bias", [outputs], .fanIn(inputs)) : nil
    }

    /// `[*, in]` → `[*, out]`.
    public func callAsFunction(_ input: Tensor) -> Tensor { input.linear(weight, bias: bias) }
}

/// A table of vectors, one per index. Names of `torch.nn.Embedding`.
public struct Embedding {
    /// `[rows, width]`.
    public let weight: Tensor

    /// Registers `weight`, normal with mean 0.
    public init(_ path: ParameterPath, rows: Int, width: Int, deviation: Double) {
        weight = path.parameter("weight", [rows, width], .normal(deviation: deviation))
    }

    /// int64 `[*]` → `[*, width]`.
    public func callAsFunction(_ indices: Tensor) -> Tensor { weight.embedding(indices) }
}
