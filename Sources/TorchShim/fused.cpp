// Layers that libtorch computes in several passes over memory, with conversions between bfloat16 and float32 around
// each: here one pass forward and one backward. Arithmetic is float32 whatever the element type.
//
// Sums run over sixteen lanes in a fixed order, so results do not depend on the number of threads.
#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <cstring>

#include "elements.h"
#include "internal.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

constexpr int64_t lanes = 16;

// e^x within 2 units in the last place: 2^k times a polynomial on ±ln(2)/2 (Cephes expf).
inline float exponential(float x) {
    x = x > 88.0f ? 88.0f : (x < -87.0f ? -87.0f : x);
    // Adding 1.5 · 2^23 rounds to an integer that then sits in the low bits.
    const float magic = 12582912.0f;
    float shifted = x * 1.44269504f + magic, k = shifted - magic;
    float r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t exponent = (int32_t(k) + 127) << 23;
    float power;
    std::memcpy(&power, &exponent, 4);
    return p * power;
}

inline float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

// Φ(x) and φ(x) of the normal distribution; |error of Φ| < 1e-7 (Abramowitz and Stegun, 7.1.26).
struct Normal { float distribution, density; };
inline Normal normal(float x) {
    float z = std::fabs(x) * 0.70710678f;
    float t = 1.0f / (1.0f + 0.3275911f * z);
    float e = exponential(-z * z);
    float tail = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
    float half = 0.5f * tail * e;
    return {x < 0 ? half : 1.0f - half, 0.39894228f * e};
}

// Σ f(i) for i in 0..<count.
template <typename Function>
inline float sum(int64_t count, Function f) {
    float partial[lanes] = {};
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        for (int64_t lane = 0; lane < lanes; lane++) partial[lane] += f(i + lane);
    for (int64_t lane = 0; i < count; i++, lane++) partial[lane] += f(i);
    float total = 0;
    for (float value : partial) total += value;
    return total;
}

// Calls f with null pointers of the two element types.
template <typename Function>
void with_types(const at::Tensor &input, const at::Tensor &output, Function f) {
    auto inner = [&](auto *in) {
        if (output.scalar_type() == at::kFloat) f(in, static_cast<float *>(nullptr));
        else f(in, static_cast<at::BFloat16 *>(nullptr));
    };
    if (input.scalar_type() == at::kFloat) inner(static_cast<float *>(nullptr));
    else inner(static_cast<at::BFloat16 *>(nullptr));
}

// What a layer takes: float32 or bfloat16, row-major.
at::Tensor dense(const at::Tensor &input) {
    auto type = input.scalar_type();
    TORCH_CHECK(type == at::kFloat || type == at::kBFloat16, "float32 or bfloat16 expected, not ", type);
    return input.contiguous();
}

// What a layer gives: bfloat16 in autocast, where a convolution or a product follows, else the input's type.
at::Tensor result_like(const at::Tensor &input, at::IntArrayRef shape) {
    auto type = at::autocast::is_cpu_enabled() ? at::kBFloat16 : input.scalar_type();
    return at::empty(shape, input.options().dtype(type));
}

// ---- Group normalization, with SiLU or without --------------------------------------------------------

struct GroupShape {
    int64_t count, channels, pixels, groups, per_group, size;
    GroupShape(const at::Tensor &input, int64_t groups)
        : count(input.size(0)), channels(input.size(1)), pixels(input.numel() / (count * channels)),
          groups(groups), per_group(channels / groups), size(per_group * pixels) {}
};

template <typename In, typename Out>
void group_norm_forward(const GroupShape &s, const In *input, const float *weight, const float *bias, float epsilon,
                        bool silu, float *mean, float *scale, Out *output) {
    at::parallel_for(0, s.count * s.groups, 1 + 32768 / s.size, [&](int64_t begin, int64_t end) {
        for (int64_t block = begin; block < end; block++) {
            const In *x = input + block * s.size;
            const float m = sum(s.size, [&](int64_t i) { return load(x, i); }) / float(s.size);
            const float variance = sum(s.size, [&](int64_t i) { return (load(x, i) - m) * (load(x, i) - m); });
            const float r = 1.0f / std::sqrt(variance / float(s.size) + epsilon);
            mean[block] = m;
            scale[block] = r;
            for (int64_t j = 0; j < s.per_group; j++) {
                const int64_t channel = (block % s.groups) * s.per_group + j;
                const float a = r * weight[channel], b = bias[channel] - m * a;
                const In *row = x + j * s.pixels;
                Out *y = output + block * s.size + j * s.pixels;
                if (silu) {
                    for (int64_t i = 0; i < s.pixels; i++) {
                        const float z = a * load(row, i) + b;
                        store(y, i, z * sigmoid(z));
                    }
                } else {
                    for (int64_t i = 0; i < s.pixels; i++) store(y, i, a * load(row, i) + b);
                }
            }
        }
    });
}

// A thread takes whole groups of channels, for all images, so that no two add to one weight's gradient.
template <typename In, typename Out>
void group_norm_backward(const GroupShape &s, const In *input, const float *weight, const float *bias, bool silu,
                         const float *mean, const float *scale, const Out *gradient, float *weight_gradient,
                         float *bias_gradient, In *input_gradient) {
    at::parallel_for(0, s.groups, 1 + 32768 / (s.size * s.count), [&](int64_t begin, int64_t end) {
        std::vector<float> inner(static_cast<size_t>(s.size));
        for (int64_t n = 0; n < s.count; n++) {
            for (int64_t group = begin; group < end; group++) {
                const int64_t block = n * s.groups + group;
                const float m = mean[block], r = scale[block];
                float total = 0, moment = 0;
                for (int64_t j = 0; j < s.per_group; j++) {
                    const int64_t channel = group * s.per_group + j, start = block * s.size + j * s.pixels;
                    const float w = weight[channel], a = r * w, b = bias[channel] - m * a;
                    const In *x = input + start;
                    const Out *g = gradient + start;
                    float *d = inner.data() + j * s.pixels;
                    // d silu(z) / dz = σ(z) · (1 + z · (1 − σ(z)))
                    if (silu) {
                        for (int64_t i = 0; i < s.pixels; i++) {
                            const float z = a * load(x, i) + b, q = sigmoid(z);
                            d[i] = load(g, i) * q * (1.0f + z * (1.0f - q));
                        }
                    } else {
                        for (int64_t i = 0; i < s.pixels; i++) d[i] = load(g, i);
                    }
                    const float plain = sum(s.pixels, [&](int64_t i) { return d[i]; });
                    const float with_x = sum(s.pixels, [&](int64_t i) { return d[i] * (load(x, i) - m) * r; });
                    bias_gradient[channel] += plain;
                    weight_gradient[channel] += with_x;
                    total += plain * w;
                    moment += with_x * w;
                }
                total /= float(s.size);
                moment /= float(s.size);
                for (int64_t j = 0; j < s.per_group; j++) {
                    const int64_t start = block * s.size + j * s.pixels;
                    const float w = weight[group * s.per_group + j];
                    const float *d = inner.data() + j * s.pixels;
                    for (int64_t i = 0; i < s.pixels; i++) {
                        const float normalized = (load(input + start, i) - m) * r;
                        store(input_gradient + start, i, r * (d[i] * w - total - normalized * moment));
                    }
                }
            }
        }
    });
}

struct GroupNorm : torch::autograd::Function<GroupNorm> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &given, const at::Tensor &weight,
                              const at::Tensor &bias, int64_t groups, double epsilon, bool silu) {
        at::Tensor input = dense(given), output = result_like(input, input.sizes());
        GroupShape shape(input, groups);
        at::Tensor mean = at::empty({shape.count * groups}, weight.options()), scale = at::empty_like(mean);
        with_types(input, output, [&](auto *in, auto *out) {
            using In = std::remove_pointer_t<decltype(in)>;
            using Out = std::remove_pointer_t<decltype(out)>;
            group_norm_forward(shape, input.data_ptr<In>(), weight.data_ptr<float>(), bias.data_ptr<float>(),
                               float(epsilon), silu, mean.data_ptr<float>(), scale.data_ptr<float>(),
                               output.data_ptr<Out>());
        });
        context->save_for_backward({input, weight, bias, mean, scale});
        context->saved_data["groups"] = groups;
        context->saved_data["silu"] = silu;
        return output;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        variable_list saved = context->get_saved_variables();
        const at::Tensor &input = saved[0], &weight = saved[1], &bias = saved[2];
        at::Tensor gradient = dense(gradients[0]), input_gradient = at::empty_like(input);
        at::Tensor weight_gradient = at::zeros_like(weight), bias_gradient = at::zeros_like(bias);
        GroupShape shape(input, context->saved_data["groups"].toInt());
        const bool silu = context->saved_data["silu"].toBool();
        with_types(input, gradient, [&](auto *in, auto *out) {
            using In = std::remove_pointer_t<decltype(in)>;
            using Out = std::remove_pointer_t<decltype(out)>;
            group_norm_backward(shape, input.data_ptr<In>(), weight.data_ptr<float>(), bias.data_ptr<float>(), silu,
                                saved[3].data_ptr<float>(), saved[4].data_ptr<float>(), gradient.data_ptr<Out>(),
                                weight_gradient.data_ptr<float>(), bias_gradient.data_ptr<float>(),
                                input_gradient.data_ptr<In>());
        });
        return {input_gradient, weight_gradient, bias_gradient, at::Tensor(), at::Tensor(), at::Tensor()};
    }
};

// ---- Layer normalization ------------------------------------------------------------------------------

struct LayerNorm : torch::autograd::Function<LayerNorm> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &given, const at::Tensor &weight,
                              const at::Tensor &bias, double epsilon) {
        at::Tensor input = dense(given), output = result_like(input, input.sizes());
        const int64_t width = input.size(-1), rows = input.numel() / width;
        at::Tensor mean = at::empty({rows}, weight.options()), scale = at::empty_like(mean);
        const float *w = weight.data_ptr<float>(), *b = bias.data_ptr<float>();
        with_types(input, output, [&](auto *in, auto *out) {
            const auto *inputs = input.data_ptr<std::remove_pointer_t<decltype(in)>>();
            auto *outputs = output.data_ptr<std::remove_pointer_t<decltype(out)>>();
            at::parallel_for(0, rows, 1 + 32768 / width, [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; row++) {
                    const auto *x = inputs + row * width;
                    auto *y = outputs + row * width;
                    const float m = sum(width, [&](int64_t i) { return load(x, i); }) / float(width);
                    const float v = sum(width, [&](int64_t i) { return (load(x, i) - m) * (load(x, i) - m); });
                    const float r = 1.0f / std::sqrt(v / float(width) + float(epsilon));
                    mean.data_ptr<float>()[row] = m;
                    scale.data_ptr<float>()[row] = r;
                    for (int64_t i = 0; i < width; i++) store(y, i, (load(x, i) - m) * r * w[i] + b[i]);
                }
            });
        });
        context->save_for_backward({input, weight, mean, scale});
        return output;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        variable_list saved = context->get_saved_variables();
        const at::Tensor &input = saved[0], &weight = saved[1];
        at::Tensor gradient = dense(gradients[0]), input_gradient = at::empty_like(input);
        at::Tensor weight_gradient = at::zeros_like(weight), bias_gradient = at::zeros_like(weight);
        const int64_t width = input.size(-1), rows = input.numel() / width;
        const float *w = weight.data_ptr<float>();
        float *dw = weight_gradient.data_ptr<float>(), *db = bias_gradient.data_ptr<float>();
        with_types(input, gradient, [&](auto *in, auto *out) {
            const auto *inputs = input.data_ptr<std::remove_pointer_t<decltype(in)>>();
            const auto *outputs = gradient.data_ptr<std::remove_pointer_t<decltype(out)>>();
            auto *results = input_gradient.data_ptr<std::remove_pointer_t<decltype(in)>>();
            for (int64_t row = 0; row < rows; row++) {
                const auto *x = inputs + row * width;
                const auto *g = outputs + row * width;
                const float m = saved[2].data_ptr<float>()[row], r = saved[3].data_ptr<float>()[row];
                const float total = sum(width, [&](int64_t i) { return load(g, i) * w[i]; }) / float(width);
                const float moment =
                    sum(width, [&](int64_t i) { return load(g, i) * w[i] * (load(x, i) - m) * r; }) / float(width);
                for (int64_t i = 0; i < width; i++) {
                    const float normalized = (load(x, i) - m) * r, d = load(g, i);
                    dw[i] += d * normalized;
                    db[i] += d;
                    store(results + row * width, i, r * (d * w[i] - total - normalized * moment));
                }
            }
        });
        return {input_gradient, weight_gradient, bias_gradient, at::Tensor()};
    }
};

// ---- Gated GELU ---------------------------------------------------------------------------------------

struct GatedGelu : torch::autograd::Function<GatedGelu> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &given) {
        at::Tensor input = dense(given);
        std::vector<int64_t> shape = input.sizes().vec();
        TORCH_CHECK(shape.back() % 2 == 0, "an even last axis expected, not ", shape.back());
        const int64_t width = shape.back() /= 2, rows = input.numel() / (2 * width);
        at::Tensor output = result_like(input, shape);
        with_types(input, output, [&](auto *in, auto *out) {
            const auto *inputs = input.data_ptr<std::remove_pointer_t<decltype(in)>>();
            auto *outputs = output.data_ptr<std::remove_pointer_t<decltype(out)>>();
            at::parallel_for(0, rows, 1 + 32768 / width, [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; row++) {
                    const auto *value = inputs + row * 2 * width, *gate = value + width;
                    for (int64_t i = 0; i < width; i++) {
                        const float x = load(gate, i);
                        store(outputs + row * width, i, load(value, i) * x * normal(x).distribution);
                    }
                }
            });
        });
        context->save_for_backward({input});
        return output;
    }

    // d gelu(x) / dx = Φ(x) + x · φ(x)
    static variable_list backward(AutogradContext *context, variable_list gradients) {
        at::Tensor input = context->get_saved_variables()[0];
        at::Tensor gradient = dense(gradients[0]), result = at::empty_like(input);
        const int64_t width = input.size(-1) / 2, rows = input.numel() / (2 * width);
        with_types(input, gradient, [&](auto *in, auto *out) {
            const auto *inputs = input.data_ptr<std::remove_pointer_t<decltype(in)>>();
            const auto *outputs = gradient.data_ptr<std::remove_pointer_t<decltype(out)>>();
            auto *results = result.data_ptr<std::remove_pointer_t<decltype(in)>>();
            at::parallel_for(0, rows, 1 + 32768 / width, [&](int64_t begin, int64_t end) {
                for (int64_t row = begin; row < end; row++) {
                    const auto *value = inputs + row * 2 * width, *gate = value + width;
                    const auto *g = outputs + row * width;
                    auto *d = results + row * 2 * width;
                    for (int64_t i = 0; i < width; i++) {
                        const float x = load(gate, i), dy = load(g, i);
                        const Normal n = normal(x);
                        store(d, i, dy * x * n.distribution);
                        store(d + width, i, dy * load(value, i) * (n.distribution + x * n.density));
                    }
                }
            });
        });
        return {result};
    }
};

}  // namespace

ct_status ct_group_norm_silu(ct_tensor input, int64_t groups, ct_tensor weight, ct_tensor bias, double epsilon,
                             bool silu, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &x = get(input);
        TORCH_CHECK(x.dim() >= 2 && x.size(1) % groups == 0 && get(weight).numel() == x.size(1), "input ", x.sizes(),
                    ", ", groups, " groups, weight ", get(weight).sizes());
        if (!x.is_cpu()) {
            at::Tensor normal = at::group_norm(x, groups, get(weight), get(bias), epsilon);
            return give(out, silu ? at::silu(normal) : normal);
        }
        give(out, GroupNorm::apply(x, get(weight), get(bias), groups, epsilon, silu));
    });
}

ct_status ct_layer_norm_autocast(ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &x = get(input);
        TORCH_CHECK(x.dim() >= 1 && get(weight).numel() == x.size(-1), "input ", x.sizes(), ", weight ",
                    get(weight).sizes());
        if (!x.is_cpu()) return give(out, at::layer_norm(x, {x.size(-1)}, get(weight), get(bias), epsilon));
        give(out, LayerNorm::apply(x, get(weight), get(bias), epsilon));
    });
}

ct_status ct_gated_gelu(ct_tensor input, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &x = get(input);
        if (x.is_cpu()) return give(out, GatedGelu::apply(x));
        std::vector<at::Tensor> halves = x.chunk(2, -1);
        give(out, halves[0] * at::gelu(halves[1]));
    });
}
