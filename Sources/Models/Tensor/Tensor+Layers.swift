import CTorch

// What layers are made of. Images are [N, C, H, W].

extension Tensor {
    /// Product of matrices or of batches of matrices.
    public func matmul(_ other: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
        make(file: file, line: line) { ct_matmul(handle, other.handle, $0) }
    }

    /// `[*, in] · weight[out, in]ᵀ + bias[out]`.
    public func linear(
        _ weight: Tensor, bias: Tensor? = nil, file: StaticString = #fileID, line: UInt = #line
    ) -> Tensor {
        make(file: file, line: line) { ct_linear(handle, weight.handle, bias?.handle ?? ct_tensor(), $0) }
    }

    /// Convolution with `weight[O, C / groups, k, k]` and `bias[O]`.
    public func conv2d(
        _ weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0, groups: Int = 1,
        file: StaticString = #fileID, line: UInt = #line
    ) -> Tensor {
        make(file: file, line: line) {
            ct_conv2d(
                handle, weight.handle, bias?.handle ?? ct_tensor(), Int64(stride), Int64(padding),
                Int64(groups), $0)
        }
    }

    public func maxPool2d(kernel: Int, stride: Int, padding: Int) -> Tensor {
        make { ct_max_pool2d(handle, Int64(kernel), Int64(stride), Int64(padding), $0) }
    }

    /// Mean over height and width: `[N, C, 1, 1]`.
    public func globalAveragePool2d() -> Tensor { make { ct_global_average_pool2d(handle, $0) } }

    /// Batch normalization (arXiv 1502.03167); `training` uses the batch's statistics and updates the running
    /// ones.
    public func batchNorm(
        weight: Tensor, bias: Tensor, runningMean: Tensor, runningVariance: Tensor, training: Bool,
        momentum: Double = 0.1, epsilon: Double = 1e-5
    ) -> Tensor {
        make {
            ct_batch_norm(
                handle, weight.handle, bias.handle, runningMean.handle, runningVariance.handle, training,
                momentum,
                epsilon, $0)
        }
    }

    /// Group normalization (arXiv 1803.08494).
    public func groupNorm(
        groups: Int, weight: Tensor, bias: Tensor, epsilon: Double, file: StaticString = #fileID,
        line: UInt = #line
    ) -> Tensor {
        make(file: file, line: line) {
            ct_group_norm(handle, Int64(groups), weight.handle, bias.handle, epsilon, $0)
        }
    }

    /// Layer normalization over the last axis (arXiv 1607.06450).
    public func layerNorm(
        weight: Tensor, bias: Tensor, epsilon: Double = 1e-5, file: StaticString = #fileID, line: UInt = #line
    ) -> Tensor {
        make(file: file, line: line) { ct_layer_norm(handle, weight.handle, bias.handle, epsilon, $0) }
    }

    public func softmax(axis: Int = -1) -> Tensor { make { ct_softmax(handle, Int64(axis), $0) } }
    public func logSoftmax(axis: Int = -1) -> Tensor { make { ct_log_softmax(handle, Int64(axis), $0) } }

    /// Rows of this table `[V, D]` at `indices` (int64, `[*]`): `[*, D]`.
    public func embedding(_ indices: Tensor) -> Tensor { make { ct_embedding(handle, indices.handle, $0) } }

    /// Each pixel repeated `factor` times in height and width.
    public func upsampleNearest2d(factor: Int = 2) -> Tensor {
        make { ct_upsample_nearest2d(handle, Int64(factor), $0) }
    }

    /// Mean negative log-likelihood of int64 `targets[N]` under these logits `[N, K]`.
    public func crossEntropy(_ targets: Tensor) -> Tensor {
        make { ct_cross_entropy(handle, targets.handle, $0) }
    }

    /// Mean of −y log p − (1 − y) log(1 − p), where p = 1 / (1 + e^−x) of these logits x and y are `targets`
    /// in 0…1: written as log(1 + e^x) − x y.
    public func binaryCrossEntropy(_ targets: Tensor) -> Tensor {
        // Beyond the bounds the sigmoid's complement is below float32's precision.
        let bounded = clamp(-15, 15)
        return (-((-bounded).sigmoid().log()) - bounded * targets).mean()
    }

    /// Mean of the squared differences.
    public func meanSquaredError(_ target: Tensor) -> Tensor {
        make { ct_mse_loss(handle, target.handle, $0) }
    }
}
