/// Normalization over groups of channels of `[N, C, *]` (arXiv 1803.08494). Names of `torch.nn.GroupNorm`.
public struct GroupNormalization {
    /// `[C]`.
    public let weight: Tensor
    /// `[C]`.
    public let bias: Tensor
    private let groups: Int
    private let epsilon: Double

    /// - Precondition: `groups` divides `channels`.
    public init(_ path: ParameterPath, channels: Int, groups: Int, epsilon: Double) {
        precondition(channels % groups == 0, "\(channels) channels do not form \(groups) groups")
        weight = path.parameter("weight", [channels], .ones)
        bias = path.parameter("bias", [channels], .zeros)
        self.groups = groups
        self.epsilon = epsilon
    }

    /// The shape stays; SiLU is applied to the result where wanted.
    public func callAsFunction(_ input: Tensor, silu: Bool = false) -> Tensor {
        if Torch.isAutocastEnabled {
            return input.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: epsilon, silu: silu)
        }
        let normalized = input.groupNorm(groups: groups, weight: weight, bias: bias, epsilon: epsilon)
        return silu ? normalized.silu() : normalized
    }
}

/// Normalization over the last axis (arXiv 1607.06450). Names of `torch.nn.LayerNorm`.
public struct LayerNormalization {
    /// `[width]`.
    public let weight: Tensor
    /// `[width]`.
    public let bias: Tensor
    private let epsilon: Double

    /// Registers `weight` and `bias`, one per element of the last axis.
    public init(_ path: ParameterPath, width: Int, epsilon: Double = 1e-5) {
        weight = path.parameter("weight", [width], .ones)
        bias = path.parameter("bias", [width], .zeros)
        self.epsilon = epsilon
    }

    /// The shape stays.
    public func callAsFunction(_ input: Tensor) -> Tensor {
        Torch.isAutocastEnabled
            ? input.fusedLayerNorm(weight: weight, bias: bias, epsilon: epsilon)
            : input.layerNorm(weight: weight, bias: bias, epsilon: epsilon)
    }
}
