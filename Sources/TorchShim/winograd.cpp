#include "winograd.h"

#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "autocast.h"
#include "loops.h"

namespace ctorch {
namespace {

// Numbers of a block's transformed input, and of its products. Measured: 1 million are slower, 8 million are no faster.
constexpr int64_t block_numbers = 4 << 20;

// Whether products of bfloat16 are many times as fast as those of float32 (AMX).
bool has_matrix_unit() {
#ifdef __x86_64__
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1) != 0;
#else
    return false;
#endif
}

// The type that the convolution reads and writes.
at::ScalarType element(const at::Tensor &input) {
    return is_autocast_enabled(at::kCPU) ? autocast_type(at::kCPU) : input.scalar_type();
}

at::Tensor numbers(std::initializer_list<int64_t> shape) { return at::empty(at::IntArrayRef(shape), at::kFloat); }

template <typename Element>
void convolve(const WinogradShape &shape, const Element *input, const Element *weight, const float *bias, Element *output) {
    const WinogradLoops<Element> &transform = loops().winograd<Element>();
    at::Tensor weights = numbers({36, shape.outputs, shape.inputs});
    at::parallel_for(0, shape.outputs, 1, [&](int64_t begin, int64_t end) {
        transform.weights(shape, begin, end, weight, weights.data_ptr<float>());
    });
    const int64_t all = shape.images * shape.tile_rows(), columns = shape.tile_columns();
    const int64_t row_numbers = 36 * columns * std::max(shape.inputs, shape.outputs);
    const int64_t rows = std::min(all, std::max<int64_t>(1, block_numbers / row_numbers));
    at::Tensor tiles = numbers({36 * shape.inputs * rows * columns}), sums = numbers({36 * shape.outputs * rows * columns});
    for (int64_t first = 0; first < all; first += rows) {
        const WinogradRows block{first, std::min(rows, all - first)};
        const int64_t width = block.count * columns;
        at::Tensor factors = tiles.narrow(0, 0, 36 * shape.inputs * width).view({36, shape.inputs, width});
        at::Tensor products = sums.narrow(0, 0, 36 * shape.outputs * width).view({36, shape.outputs, width});
        at::parallel_for(0, shape.inputs, 1, [&](int64_t begin, int64_t end) {
            transform.input(shape, block, begin, end, input, factors.data_ptr<float>());
        });
        at::bmm_out(products, weights, factors);
        at::parallel_for(0, shape.outputs, 1, [&](int64_t begin, int64_t end) {
            transform.output(shape, block, begin, end, products.data_ptr<float>(), bias, output);
        });
    }
}

}  // namespace

bool suits_winograd(const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    if (!input.is_cpu() || input.dim() != 4 || weight.size(2) != 3 || weight.size(3) != 3) return false;
    const bool has_gradient = input.requires_grad() || weight.requires_grad() || (bias && bias->requires_grad());
    if (has_gradient && c10::GradMode::is_enabled()) return false;
    // With few channels or tiles the transforms take longer than what is saved.
    if (input.size(1) < 128 || input.size(2) < 32 || input.size(3) < 32) return false;
    const int64_t pixels = input.size(0) * input.size(2) * input.size(3);
    switch (element(input)) {
        case at::kFloat: return pixels >= 2048;
        case at::kBFloat16: return pixels >= 8192 && !has_matrix_unit();
        default: return false;
    }
}

at::Tensor winograd_convolution(const at::Tensor &input, const at::Tensor &weight, const c10::optional<at::Tensor> &bias) {
    TORCH_CHECK(input.size(1) == weight.size(1), "input ", input.sizes(), ", weight ", weight.sizes());
    const WinogradShape shape{input.size(0), weight.size(1), weight.size(0), input.size(2), input.size(3)};
    const at::ScalarType type = element(input);
    // Autocast would multiply in bfloat16.
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    at::NoGradGuard no_gradient;
    const at::Tensor x = input.to(type).contiguous(), w = weight.to(type).contiguous();
    const at::Tensor b = bias ? bias->to(at::kFloat).contiguous() : at::Tensor();
    const float *shift = bias ? b.data_ptr<float>() : nullptr;
    at::Tensor output = at::empty({shape.images, shape.outputs, shape.height, shape.width}, x.options());
    if (type == at::kFloat) {
        convolve(shape, x.data_ptr<float>(), w.data_ptr<float>(), shift, output.data_ptr<float>());
    } else {
        convolve(shape, x.data_ptr<at::BFloat16>(), w.data_ptr<at::BFloat16>(), shift, output.data_ptr<at::BFloat16>());
    }
    return output;
}

}  // namespace ctorch
