// Convolutions of 3 × 3 weights over large images by fewer multiplications, on the processor.
#pragma once

#include <ATen/ATen.h>

namespace ctorch {

// Whether a convolution by `weight[K, C, 3, 3]` with stride 1 and padding 1 is faster so, and needs no gradient.
bool suits_winograd(const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias);

// `input[N, C, H, W]` → `[N, K, H, W]`, in float32 or bfloat16; products are float32. Its rounding error is some 2e-6 of
// a pixel's deviation. Needs memory for `36 · C · K` numbers and for blocks of 32 MiB.
at::Tensor winograd_convolution(const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias);

}  // namespace ctorch
