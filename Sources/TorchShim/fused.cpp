// Layers that libtorch computes in several passes over memory, with conversions between bfloat16 and float32 around
// each: here one pass forward and one backward (loops.h).
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "autocast.h"
#include "internal.h"
#include "loops.h"

using namespace ctorch;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

namespace {

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
    auto type = ctorch::is_autocast_enabled(at::kCPU) ? at::kBFloat16 : input.scalar_type();
    return at::empty(shape, input.options().dtype(type));
}

// On an accelerator autocast would normalize in float32 and write float32, twice the memory traffic of 16 bits;
// libtorch's kernels there add in float32 whatever the type is. While this lives, operators compute in the type of
// their input.
class AsItIs {
public:
    explicit AsItIs(at::DeviceType type) : type(type), was_enabled(is_autocast_enabled(type)), dtype(autocast_type(type)) {
        if (was_enabled) set(false);
    }
    ~AsItIs() {
        if (was_enabled) set(true);
    }
    AsItIs(const AsItIs &) = delete;
    AsItIs &operator=(const AsItIs &) = delete;

private:
    void set(bool enabled) { set_autocast(type, dtype, enabled); }
    at::DeviceType type;
    bool was_enabled;
    at::ScalarType dtype;
};

// A weight in the type of what it is for.
at::Tensor typed_as(const at::Tensor &input, ct_tensor weight) { return get(weight).to(input.scalar_type()); }

// ---- Group normalization, with SiLU or without --------------------------------------------------------

GroupShape shape_of(const at::Tensor &input, int64_t groups) {
    const int64_t count = input.size(0), channels = input.size(1), pixels = input.numel() / (count * channels);
    return {count, channels, pixels, groups, channels / groups, channels / groups * pixels};
}

// How many blocks of so many elements a thread takes at least.
int64_t grain(int64_t elements) { return 1 + 32768 / elements; }

struct GroupNorm : torch::autograd::Function<GroupNorm> {
    static at::Tensor forward(AutogradContext *context, const at::Tensor &given, const at::Tensor &weight,
                              const at::Tensor &bias, int64_t groups, double epsilon, bool silu) {
        at::Tensor input = dense(given), output = result_like(input, input.sizes());
        const GroupShape shape = shape_of(input, groups);
        at::Tensor mean = at::empty({shape.count * groups}, weight.options()), scale = at::empty_like(mean);
        with_types(input, output, [&](auto *in, auto *out) {
            using In = std::remove_pointer_t<decltype(in)>;
            using Out = std::remove_pointer_t<decltype(out)>;
            at::parallel_for(0, shape.count * groups, grain(shape.size), [&](int64_t begin, int64_t end) {
                loops().layers<In, Out>().group_norm(
                    shape, begin, end, input.data_ptr<In>(), weight.data_ptr<float>(), bias.data_ptr<float>(),
                    float(epsilon), silu, mean.data_ptr<float>(), scale.data_ptr<float>(), output.data_ptr<Out>());
            });
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
        const GroupShape shape = shape_of(input, context->saved_data["groups"].toInt());
        const bool silu = context->saved_data["silu"].toBool();
        with_types(input, gradient, [&](auto *in, auto *out) {
            using In = std::remove_pointer_t<decltype(in)>;
            using Out = std::remove_pointer_t<decltype(out)>;
            at::parallel_for(0, shape.groups, grain(shape.size * shape.count), [&](int64_t begin, int64_t end) {
                std::vector<float> scratch(static_cast<size_t>(shape.size));
                loops().layers<In, Out>().group_norm_gradient(
                    shape, begin, end, input.data_ptr<In>(), weight.data_ptr<float>(), bias.data_ptr<float>(), silu,
                    saved[3].data_ptr<float>(), saved[4].data_ptr<float>(), gradient.data_ptr<Out>(), scratch.data(),
                    weight_gradient.data_ptr<float>(), bias_gradient.data_ptr<float>(), input_gradient.data_ptr<In>());
            });
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
        with_types(input, output, [&](auto *in, auto *out) {
            using In = std::remove_pointer_t<decltype(in)>;
            using Out = std::remove_pointer_t<decltype(out)>;
            at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
                loops().layers<In, Out>().layer_norm(
                    width, begin, end, input.data_ptr<In>(), weight.data_ptr<float>(), bias.data_ptr<float>(),
                    float(epsilon), mean.data_ptr<float>(), scale.data_ptr<float>(), output.data_ptr<Out>());
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
        with_types(input, gradient, [&](auto *in, auto *out) {
            using In = std::remove_pointer_t<decltype(in)>;
            using Out = std::remove_pointer_t<decltype(out)>;
            loops().layers<In, Out>().layer_norm_gradient(
                width, rows, input.data_ptr<In>(), weight.data_ptr<float>(), saved[2].data_ptr<float>(),
                saved[3].data_ptr<float>(), gradient.data_ptr<Out>(), weight_gradient.data_ptr<float>(),
                bias_gradient.data_ptr<float>(), input_gradient.data_ptr<In>());
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
            using In = std::remove_pointer_t<decltype(in)>;
            using Out = std::remove_pointer_t<decltype(out)>;
            at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
                loops().layers<In, Out>().gated_gelu(
                    width, begin, end, input.data_ptr<In>(), output.data_ptr<Out>());
            });
        });
        context->save_for_backward({input});
        return output;
    }

    static variable_list backward(AutogradContext *context, variable_list gradients) {
        at::Tensor input = context->get_saved_variables()[0];
        at::Tensor gradient = dense(gradients[0]), result = at::empty_like(input);
        const int64_t width = input.size(-1) / 2, rows = input.numel() / (2 * width);
        with_types(input, gradient, [&](auto *in, auto *out) {
            using In = std::remove_pointer_t<decltype(in)>;
            using Out = std::remove_pointer_t<decltype(out)>;
            at::parallel_for(0, rows, grain(width), [&](int64_t begin, int64_t end) {
                loops().layers<In, Out>().gated_gelu_gradient(
                    width, begin, end, input.data_ptr<In>(), gradient.data_ptr<Out>(), result.data_ptr<In>());
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
        if (is_out_of_memory()) return give(out, bare(x.sizes(), x));
        if (!x.is_cpu()) {
            AsItIs guard(x.device().type());
            at::Tensor normal = at::group_norm(x, groups, typed_as(x, weight), typed_as(x, bias), epsilon);
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
        if (is_out_of_memory()) return give(out, bare(x.sizes(), x));
        if (!x.is_cpu()) {
            AsItIs guard(x.device().type());
            at::Tensor scale = typed_as(x, weight), offset = typed_as(x, bias);
            return give(out, at::layer_norm(x, {x.size(-1)}, scale, offset, epsilon));
        }
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
