// Hot loops over lists of parameters: one pass over memory instead of one per ATen operator.
#include <cmath>

#include "internal.h"

using namespace ctorch;

namespace {

// Whether the tensors are float32, dense and laid out alike, so that flat pointers walk the same elements.
bool flat(const at::Tensor &first, const at::Tensor &second) {
    return first.scalar_type() == at::kFloat && second.scalar_type() == at::kFloat &&
           first.is_non_overlapping_and_dense() && first.sizes() == second.sizes() &&
           first.strides() == second.strides();
}

// `tensor` with the memory layout of `model`, so that `flat` holds.
at::Tensor laid_out_like(const at::Tensor &tensor, const at::Tensor &model) {
    if (flat(model, tensor)) return tensor;
    at::Tensor copy = at::empty_strided(model.sizes(), model.strides(), model.options());
    copy.copy_(tensor);
    return copy;
}

void require_flat(const at::Tensor &first, const at::Tensor &second) {
    TORCH_CHECK(flat(first, second), "optimizer state ", second.sizes(), " is not laid out like its parameter ",
                first.sizes());
}

}  // namespace

ct_status ct_sgd_step(const ct_tensor *parameters, const ct_tensor *momenta, int32_t count, double rate,
                      double momentum, double decay, bool first) {
    return protect([&] {
        c10::NoGradGuard guard;
        const float r = float(rate), m = float(momentum), d = float(decay);
        for (int32_t index = 0; index < count; index++) {
            at::Tensor &weight = get(parameters[index]);
            if (!weight.grad().defined()) continue;
            if (!weight.is_cpu()) {
                at::Tensor change = weight.grad().add(weight, decay), &velocity = get(momenta[index]);
                if (first) velocity.copy_(change);
                else velocity.mul_(momentum).add_(change);
                weight.sub_(velocity, rate);
                continue;
            }
            at::Tensor gradient = laid_out_like(weight.grad(), weight);
            require_flat(weight, get(momenta[index]));
            float *__restrict w = weight.data_ptr<float>();
            float *__restrict v = get(momenta[index]).data_ptr<float>();
            const float *__restrict g = gradient.data_ptr<float>();
            const int64_t n = weight.numel();
            if (first) {
                for (int64_t i = 0; i < n; i++) {
                    v[i] = g[i] + d * w[i];
                    w[i] -= r * v[i];
                }
            } else {
                for (int64_t i = 0; i < n; i++) {
                    v[i] = m * v[i] + (g[i] + d * w[i]);
                    w[i] -= r * v[i];
                }
            }
        }
    });
}

ct_status ct_adamw_step(const ct_tensor *parameters, const ct_tensor *first_moments,
                        const ct_tensor *second_moments, int32_t count, double rate, double beta1, double beta2,
                        double epsilon, double decay, int64_t step) {
    return protect([&] {
        c10::NoGradGuard guard;
        const double correction1 = 1 - std::pow(beta1, double(step)), correction2 = 1 - std::pow(beta2, double(step));
        const float b1 = float(beta1), b2 = float(beta2), shrink = float(1 - rate * decay), eps = float(epsilon);
        const float size = float(rate / correction1), root = float(1 / std::sqrt(correction2));
        for (int32_t index = 0; index < count; index++) {
            at::Tensor &weight = get(parameters[index]);
            if (!weight.grad().defined()) continue;
            if (!weight.is_cpu()) {
                at::Tensor &mean = get(first_moments[index]), &square = get(second_moments[index]);
                mean.mul_(beta1).add_(weight.grad(), 1 - beta1);
                square.mul_(beta2).addcmul_(weight.grad(), weight.grad(), 1 - beta2);
                at::Tensor scale = square.sqrt().mul_(double(root)).add_(epsilon);
                weight.mul_(double(shrink)).addcdiv_(mean, scale, -double(size));
                continue;
            }
            at::Tensor gradient = laid_out_like(weight.grad(), weight);
            require_flat(weight, get(first_moments[index]));
            require_flat(weight, get(second_moments[index]));
            float *__restrict w = weight.data_ptr<float>();
            float *__restrict m = get(first_moments[index]).data_ptr<float>();
            float *__restrict v = get(second_moments[index]).data_ptr<float>();
            const float *__restrict g = gradient.data_ptr<float>();
            const int64_t n = weight.numel();
            for (int64_t i = 0; i < n; i++) {
                m[i] = b1 * m[i] + (1 - b1) * g[i];
                v[i] = b2 * v[i] + (1 - b2) * g[i] * g[i];
                w[i] = shrink * w[i] - size * m[i] / (std::sqrt(v[i]) * root + eps);
            }
        }
    });
}

ct_status ct_lerp_lists(const ct_tensor *averages, const ct_tensor *parameters, int32_t count, double weight) {
    return protect([&] {
        c10::NoGradGuard guard;
        for (int32_t index = 0; index < count; index++) get(averages[index]).lerp_(get(parameters[index]), weight);
    });
}

ct_status ct_add_scaled_lists(const ct_tensor *accumulators, const ct_tensor *values, int32_t count, double weight) {
    return protect([&] {
        c10::NoGradGuard guard;
        for (int32_t index = 0; index < count; index++) get(accumulators[index]).add_(get(values[index]), weight);
    });
}

ct_status ct_grad_norm(const ct_tensor *parameters, int32_t count, double *out) {
    return protect([&] {
        c10::NoGradGuard guard;
        double squares = 0;
        for (int32_t index = 0; index < count; index++) {
            const at::Tensor &gradient = get(parameters[index]).grad();
            if (!gradient.defined()) continue;
            double norm = at::norm(gradient).item().toDouble();
            squares += norm * norm;
        }
        *out = std::sqrt(squares);
    });
}

ct_status ct_scale_gradients(const ct_tensor *parameters, int32_t count, double factor) {
    return protect([&] {
        c10::NoGradGuard guard;
        for (int32_t index = 0; index < count; index++) {
            at::Tensor gradient = get(parameters[index]).grad();
            if (gradient.defined()) gradient.mul_(factor);
        }
    });
}

ct_status ct_merge_gradients(const ct_tensor *parameters, const ct_tensor *others, int32_t count, double factor) {
    return protect([&] {
        c10::NoGradGuard guard;
        for (int32_t index = 0; index < count; index++) {
            at::Tensor gradient = get(parameters[index]).grad();
            const at::Tensor &other = get(others[index]).grad();
            if (!gradient.defined() || !other.defined()) continue;
            gradient.add_(other).mul_(factor);
        }
    });
}

ct_status ct_clear_gradients(const ct_tensor *parameters, int32_t count) {
    return protect([&] {
        for (int32_t index = 0; index < count; index++) get(parameters[index]).mutable_grad().reset();
    });
}
