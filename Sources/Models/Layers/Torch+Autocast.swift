import CTorch

extension Torch {
    /// Runs `body` in the types its tensors have, whatever `withAutocast` said outside.
    static func withoutAutocast<Result>(_ body: () throws -> Result) rethrows -> Result {
        var previous = false
        check(ct_autocast_enabled(&previous))
        guard previous else { return try body() }
        check(ct_set_autocast_bfloat16(false))
        defer { check(ct_set_autocast_bfloat16(true)) }
        return try body()
    }
}

extension Tensor {
    /// `scale` · this · `other`, batches of matrices `[B, M, K]` and `[B, K, N]`.
    func scaledProduct(_ other: Tensor, scale: Double) -> Tensor {
        // With beta 0 the bias is not read; it must only broadcast.
        let bias = Tensor.zeros([1, 1, 1], elementType)
        return make { ct_baddbmm(bias.handle, handle, other.handle, 0, scale, $0) }
    }
}
