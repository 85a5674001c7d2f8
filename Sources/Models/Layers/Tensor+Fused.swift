import CTorch

// Layers in one pass over memory. The result is bfloat16 under autocast, else of this tensor's type;
// arithmetic is float32, and so are weights and biases. The exponential and the error function are
// approximated to float32's last digits, so layers in float32 use libtorch's own operators: ten steps of
// guidance would show it.

extension Tensor {
    /// Group normalization of `[N, C, *]` (arXiv 1803.08494), then SiLU where wanted.
    public func groupNorm(
        groups: Int, weight: Tensor, bias: Tensor, epsilon: Double, silu: Bool,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Tensor {
        make(file: file, line: line) {
            ct_group_norm_silu(handle, Int64(groups), weight.handle, bias.handle, epsilon, silu, $0)
        }
    }

    /// Layer normalization over the last axis (arXiv 1607.06450).
    public func fusedLayerNorm(
        weight: Tensor, bias: Tensor, epsilon: Double, file: StaticString = #fileID, line: UInt = #line
    ) -> Tensor {
        make(file: file, line: line) {
            ct_layer_norm_autocast(handle, weight.handle, bias.handle, epsilon, $0)
        }
    }

    /// softmax(self keyᵀ / √d + mask) value in one kernel, all `[B, H, T, d]`; see `Torch.hasFusedAttention`.
    func attention(
        key: Tensor, value: Tensor, mask: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
    ) -> Tensor {
        make(file: file, line: line) {
            ct_attention(handle, key.handle, value.handle, mask?.handle ?? ct_tensor(), $0)
        }
    }

    /// `[*, 2 W]` → `[*, W]`: the first half times GELU of the second (GEGLU, arXiv 2002.05202).
    public func gatedGelu(file: StaticString = #fileID, line: UInt = #line) -> Tensor {
        make(file: file, line: line) { ct_gated_gelu(handle, $0) }
    }
}

extension Torch {
    /// Whether the calling thread is inside `withAutocast`.
    static var isAutocastEnabled: Bool { autocast != nil }

    /// The type that the calling thread's products are computed in, inside `withAutocast`.
    private static var autocast: ElementType? {
        var isEnabled = false, code: Int32 = 0
        check(ct_autocast(&isEnabled, &code))
        return isEnabled ? ElementType(rawValue: code) : nil
    }

    /// Runs `body` in the types its tensors have, whatever `withAutocast` said outside.
    static func withoutAutocast<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard let type = autocast else { return try body() }
        check(ct_set_autocast(type.rawValue, false))
        defer { check(ct_set_autocast(type.rawValue, true)) }
        return try body()
    }
}
