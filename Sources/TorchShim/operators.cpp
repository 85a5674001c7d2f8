// Element-wise operators, reductions, shape and layers: each function is one ATen call.
#include <torch/csrc/api/include/torch/version.h>

#include "internal.h"
#include "winograd.h"

#if TORCH_VERSION_MAJOR >= 2 && (TORCH_VERSION_MAJOR > 2 || TORCH_VERSION_MINOR >= 1)
#define CT_FUSED_ATTENTION
#endif

using namespace ctorch;

#define CT_UNARY(name, expression)                                       \
    ct_status ct_##name(ct_tensor input, ct_tensor *out) {               \
        return protect([&] { const at::Tensor &x = get(input); give(out, expression); }); \
    }

// libtorch lacks some operators for tensors without elements: is_out_of_memory() (recovery.h).
#define CT_ELEMENTWISE(name, expression) CT_UNARY(name, is_out_of_memory() ? bare(x.sizes(), x) : expression)

CT_ELEMENTWISE(neg, at::neg(x))
CT_ELEMENTWISE(abs, at::abs(x))
CT_ELEMENTWISE(exp, at::exp(x))
CT_ELEMENTWISE(log, at::log(x))
CT_ELEMENTWISE(sqrt, at::sqrt(x))
CT_ELEMENTWISE(square, at::square(x))
CT_ELEMENTWISE(sin, at::sin(x))
CT_ELEMENTWISE(cos, at::cos(x))
CT_ELEMENTWISE(tanh, at::tanh(x))
CT_ELEMENTWISE(sigmoid, at::sigmoid(x))
CT_ELEMENTWISE(silu, at::silu(x))
CT_ELEMENTWISE(relu, at::relu(x))
CT_UNARY(max, is_out_of_memory() ? bare({}, x) : at::max(x))
CT_UNARY(min, is_out_of_memory() ? bare({}, x) : at::min(x))
CT_UNARY(contiguous, x.contiguous())
CT_UNARY(channels_last, x.contiguous(at::MemoryFormat::ChannelsLast))
CT_UNARY(clone, at::clone(x))
CT_UNARY(global_average_pool2d,
         is_out_of_memory() ? bare({x.size(0), x.size(1), 1, 1}, x) : at::adaptive_avg_pool2d(x, {1, 1}))

ct_status ct_relu_(ct_tensor input, ct_tensor *out) {
    return protect([&] { give(out, at::relu_(get(input))); });
}

// The shape of rows of a table.
static std::vector<int64_t> embedded(const at::Tensor &table, const at::Tensor &indices) {
    std::vector<int64_t> shape = indices.sizes().vec();
    shape.push_back(table.size(1));
    return shape;
}

#define CT_BINARY(name, expression)                                              \
    ct_status ct_##name(ct_tensor left, ct_tensor right, ct_tensor *out) {       \
        return protect([&] {                                                     \
            const at::Tensor &a = get(left), &b = get(right);                    \
            give(out, expression);                                               \
        });                                                                      \
    }

CT_BINARY(add, at::add(a, b))
CT_BINARY(add_, a.add_(b))
CT_BINARY(sub, at::sub(a, b))
CT_BINARY(mul, at::mul(a, b))
CT_BINARY(div, at::div(a, b))
CT_BINARY(equal_elements, at::eq(a, b))
CT_BINARY(matmul, at::matmul(a, b))
CT_BINARY(cross_entropy, at::cross_entropy_loss(a, b))
CT_BINARY(mse_loss, at::mse_loss(a, b))
CT_BINARY(embedding, is_out_of_memory() ? bare(embedded(a, b), a) : at::embedding(a, b))

ct_status ct_gelu(ct_tensor input, bool tanh_approximation, ct_tensor *out) {
    return protect([&] { give(out, at::gelu(get(input), tanh_approximation ? "tanh" : "none")); });
}

ct_status ct_clamp(ct_tensor input, double minimum, double maximum, ct_tensor *out) {
    return protect([&] { give(out, at::clamp(get(input), minimum, maximum)); });
}

ct_status ct_add_scalar(ct_tensor input, double scalar, ct_tensor *out) {
    return protect([&] { give(out, at::add(get(input), scalar)); });
}

ct_status ct_mul_scalar(ct_tensor input, double scalar, ct_tensor *out) {
    return protect([&] { give(out, at::mul(get(input), scalar)); });
}

ct_status ct_pow_scalar(ct_tensor input, double exponent, ct_tensor *out) {
    return protect([&] { give(out, at::pow(get(input), exponent)); });
}

ct_status ct_to_dtype(ct_tensor input, int32_t dtype, ct_tensor *out) {
    return protect([&] { give(out, get(input).to(scalar_type(dtype))); });
}

ct_status ct_sum(ct_tensor input, const int64_t *axes, int32_t axis_count, bool keep, ct_tensor *out) {
    return protect([&] {
        give(out, axis_count == 0 ? at::sum(get(input)) : at::sum(get(input), list(axes, axis_count), keep));
    });
}

ct_status ct_mean(ct_tensor input, const int64_t *axes, int32_t axis_count, bool keep, ct_tensor *out) {
    return protect([&] {
        give(out, axis_count == 0 ? at::mean(get(input)) : at::mean(get(input), list(axes, axis_count), keep));
    });
}

ct_status ct_argmax(ct_tensor input, int64_t axis, ct_tensor *out) {
    return protect([&] { give(out, at::argmax(get(input), axis)); });
}

ct_status ct_reshape(ct_tensor input, const int64_t *shape, int32_t rank, ct_tensor *out) {
    return protect([&] { give(out, at::reshape(get(input), list(shape, rank))); });
}

ct_status ct_permute(ct_tensor input, const int64_t *axes, int32_t rank, ct_tensor *out) {
    return protect([&] { give(out, at::permute(get(input), list(axes, rank))); });
}

ct_status ct_transpose(ct_tensor input, int64_t first, int64_t second, ct_tensor *out) {
    return protect([&] { give(out, at::transpose(get(input), first, second)); });
}

ct_status ct_narrow(ct_tensor input, int64_t axis, int64_t start, int64_t length, ct_tensor *out) {
    return protect([&] { give(out, at::narrow(get(input), axis, start, length)); });
}

ct_status ct_expand(ct_tensor input, const int64_t *shape, int32_t rank, ct_tensor *out) {
    return protect([&] { give(out, get(input).expand(list(shape, rank))); });
}

ct_status ct_concatenate(const ct_tensor *inputs, int32_t count, int64_t axis, ct_tensor *out) {
    return protect([&] {
        std::vector<at::Tensor> tensors;
        tensors.reserve(static_cast<size_t>(count));
        for (int32_t index = 0; index < count; index++) tensors.push_back(get(inputs[index]));
        give(out, at::cat(tensors, axis));
    });
}

ct_status ct_index_select(ct_tensor input, int64_t axis, ct_tensor indices, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &x = get(input);
        if (!is_out_of_memory()) return give(out, at::index_select(x, axis, get(indices)));
        std::vector<int64_t> shape = x.sizes().vec();
        shape[static_cast<size_t>(axis < 0 ? axis + x.dim() : axis)] = get(indices).numel();
        give(out, bare(shape, x));
    });
}

ct_status ct_flip(ct_tensor input, int64_t axis, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &x = get(input);
        give(out, is_out_of_memory() ? bare(x.sizes(), x) : at::flip(x, {axis}));
    });
}

ct_status ct_pad(ct_tensor input, const int64_t *padding, int32_t count, double value, ct_tensor *out) {
    return protect([&] { give(out, at::constant_pad_nd(get(input), list(padding, count), value)); });
}

ct_status ct_triu(ct_tensor input, int64_t diagonal, ct_tensor *out) {
    return protect([&] { give(out, at::triu(get(input), diagonal)); });
}

ct_status ct_copy_(ct_tensor destination, ct_tensor source) {
    return protect([&] { get(destination).copy_(get(source)); });
}

ct_status ct_baddbmm(ct_tensor bias, ct_tensor left, ct_tensor right, double beta, double alpha, ct_tensor *out) {
    return protect_product([&] { give(out, at::baddbmm(get(bias), get(left), get(right), beta, alpha)); });
}

ct_status ct_linear(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *out) {
    return protect_product([&] { give(out, at::linear(get(input), get(weight), maybe(bias))); });
}

ct_status ct_conv2d(ct_tensor input, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding,
                    int64_t groups, ct_tensor *out) {
    return protect([&] {
        if (is_out_of_memory()) {
            const at::Tensor &x = get(input), &w = get(weight);
            auto side = [&](int64_t axis) { return (x.size(axis) + 2 * padding - w.size(axis)) / stride + 1; };
            return give(out, bare({x.size(0), w.size(0), side(2), side(3)}, x));
        }
        const c10::optional<at::Tensor> shift = maybe(bias);
        if (stride == 1 && padding == 1 && groups == 1 && suits_winograd(get(input), get(weight), shift))
            return give(out, winograd_convolution(get(input), get(weight), shift));
        give(out, at::conv2d(get(input), get(weight), shift, {stride, stride}, {padding, padding}, {1, 1}, groups));
    });
}

ct_status ct_max_pool2d(ct_tensor input, int64_t kernel, int64_t stride, int64_t padding, ct_tensor *out) {
    return protect([&] {
        give(out, at::max_pool2d(get(input), {kernel, kernel}, {stride, stride}, {padding, padding}));
    });
}

ct_status ct_batch_norm(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor running_mean,
                        ct_tensor running_variance, bool training, double momentum, double epsilon, ct_tensor *out) {
    return protect([&] {
        if (is_out_of_memory()) return give(out, bare(get(input).sizes(), get(input)));
        give(out, at::batch_norm(get(input), get(weight), get(bias), get(running_mean), get(running_variance),
                                 training, momentum, epsilon, false));
    });
}

ct_status ct_group_norm(ct_tensor input, int64_t groups, ct_tensor weight, ct_tensor bias, double epsilon,
                        ct_tensor *out) {
    return protect([&] {
        if (is_out_of_memory()) return give(out, bare(get(input).sizes(), get(input)));
        give(out, at::group_norm(get(input), groups, get(weight), get(bias), epsilon));
    });
}

ct_status ct_layer_norm(ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &x = get(input);
        if (is_out_of_memory()) return give(out, bare(x.sizes(), x));
        give(out, at::layer_norm(x, {x.size(-1)}, get(weight), get(bias), epsilon));
    });
}

ct_status ct_softmax(ct_tensor input, int64_t axis, ct_tensor *out) {
    return protect([&] { give(out, at::softmax(get(input), axis)); });
}

ct_status ct_log_softmax(ct_tensor input, int64_t axis, ct_tensor *out) {
    return protect([&] { give(out, at::log_softmax(get(input), axis)); });
}

ct_status ct_upsample_nearest2d(ct_tensor input, int64_t factor, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &x = get(input);
        give(out, at::upsample_nearest2d(x, {x.size(2) * factor, x.size(3) * factor}));
    });
}

ct_status ct_has_attention(bool *out) {
    return protect([&] {
#ifdef CT_FUSED_ATTENTION
        *out = device().is_cuda();
#else
        *out = false;
#endif
    });
}

ct_status ct_attention(ct_tensor query, ct_tensor key, ct_tensor value, ct_tensor mask, ct_tensor *out) {
    return protect([&] {
#ifdef CT_FUSED_ATTENTION
        c10::optional<at::Tensor> bias = maybe(mask);
        // What is added to the scores must be of their type.
        if (bias.has_value()) bias = bias->to(get(query).scalar_type());
        give(out, at::scaled_dot_product_attention(get(query), get(key), get(value), bias));
#else
        TORCH_CHECK(false, "this libtorch has no fused attention");
#endif
    });
}
