// Element-wise operators, reductions, shape and layers: each function is one ATen call.
#include "internal.h"

using namespace ctorch;

#define CT_UNARY(name, expression)                                       \
    ct_status ct_##name(ct_tensor input, ct_tensor *out) {               \
        return protect([&] { const at::Tensor &x = get(input); give(out, expression); }); \
    }

CT_UNARY(neg, at::neg(x))
CT_UNARY(abs, at::abs(x))
CT_UNARY(exp, at::exp(x))
CT_UNARY(log, at::log(x))
CT_UNARY(sqrt, at::sqrt(x))
CT_UNARY(square, at::square(x))
CT_UNARY(sin, at::sin(x))
CT_UNARY(cos, at::cos(x))
CT_UNARY(tanh, at::tanh(x))
CT_UNARY(sigmoid, at::sigmoid(x))
CT_UNARY(silu, at::silu(x))
CT_UNARY(relu, at::relu(x))
CT_UNARY(max, at::max(x))
CT_UNARY(min, at::min(x))
CT_UNARY(contiguous, x.contiguous())
CT_UNARY(channels_last, x.contiguous(at::MemoryFormat::ChannelsLast))
CT_UNARY(clone, at::clone(x))
CT_UNARY(global_average_pool2d, at::adaptive_avg_pool2d(x, {1, 1}))

ct_status ct_relu_(ct_tensor input, ct_tensor *out) {
    return protect([&] { give(out, at::relu_(get(input))); });
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
CT_BINARY(embedding, at::embedding(a, b))

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
    return protect([&] { give(out, at::index_select(get(input), axis, get(indices))); });
}

ct_status ct_flip(ct_tensor input, int64_t axis, ct_tensor *out) {
    return protect([&] { give(out, at::flip(get(input), {axis})); });
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
        give(out, at::conv2d(get(input), get(weight), maybe(bias), {stride, stride}, {padding, padding}, {1, 1}, groups));
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
        give(out, at::batch_norm(get(input), get(weight), get(bias), get(running_mean), get(running_variance),
                                 training, momentum, epsilon, false));
    });
}

ct_status ct_group_norm(ct_tensor input, int64_t groups, ct_tensor weight, ct_tensor bias, double epsilon,
                        ct_tensor *out) {
    return protect([&] { give(out, at::group_norm(get(input), groups, get(weight), get(bias), epsilon)); });
}

ct_status ct_layer_norm(ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &x = get(input);
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
