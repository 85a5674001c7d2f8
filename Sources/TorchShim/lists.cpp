// Hot loops over lists of parameters: one pass over memory instead of one per ATen operator.
#include <c10/core/GradMode.h>
#include <cmath>

#include "internal.h"
#include "loops.h"

using namespace ctorch;

namespace {

// Whether the tensors are dense and laid out alike, so that flat pointers walk the same elements.
bool dense_alike(const at::Tensor &first, const at::Tensor &second) {
    return first.is_non_overlapping_and_dense() && first.sizes() == second.sizes() &&
           first.strides() == second.strides();
}

// `tensor` with the memory layout and the type of `model`.
at::Tensor laid_out_like(const at::Tensor &tensor, const at::Tensor &model) {
    if (dense_alike(model, tensor) && model.scalar_type() == tensor.scalar_type()) return tensor;
    at::Tensor copy = at::empty_strided(model.sizes(), model.strides(), model.options());
    copy.copy_(tensor);
    return copy;
}

void require_flat(const at::Tensor &first, const at::Tensor &second) {
    const bool are_floats = first.scalar_type() == at::kFloat && second.scalar_type() == at::kFloat;
    TORCH_CHECK(are_floats && dense_alike(first, second), "optimizer state ", second.sizes(),
                " is not laid out like its parameter ", first.sizes());
}

// The parameters that lie on an accelerator: libtorch's operators over lists make a few calls of all of them, where one
// by one a small network would wait for the calls alone.
struct SGDLists {
    std::vector<at::Tensor> weights, velocities, gradients;
    // bfloat16 copies, and what they copy.
    std::vector<std::pair<at::Tensor, at::Tensor>> copies;

    void push_back(const at::Tensor &weight, const at::Tensor &velocity, const at::Tensor &gradient) {
        weights.push_back(weight);
        velocities.push_back(velocity);
        gradients.push_back(gradient);
    }

    void step(double rate, double momentum, double decay) {
        if (weights.empty()) return;
        at::_foreach_mul_(velocities, momentum);
        at::_foreach_add_(velocities, gradients, 1);
        if (decay != 0) at::_foreach_add_(velocities, weights, decay);
        at::_foreach_add_(weights, velocities, -rate);
        for (auto &[copy, weight] : copies) copy.copy_(weight);
    }
};

}  // namespace

ct_status ct_sgd_step(const ct_tensor *parameters, const ct_tensor *copies, const ct_tensor *momenta, int32_t count,
                      double rate, double momentum, double decay, bool first) {
    return protect([&] {
        c10::NoGradGuard guard;
        const SGDRates rates{float(rate), first ? 0 : float(momentum), float(decay)};
        SGDLists others;
        for (int32_t index = 0; index < count; index++) {
            at::Tensor &weight = get(parameters[index]), &velocity = get(momenta[index]);
            const bool has_copy = copies[index].pointer != nullptr;
            at::Tensor copy = has_copy ? get(copies[index]) : weight;
            if (!copy.grad().defined()) continue;
            if (!weight.is_cpu()) {
                others.push_back(weight, velocity, copy.grad().to(weight.scalar_type()));
                if (has_copy) others.copies.emplace_back(copy, weight);
                continue;
            }
            require_flat(weight, velocity);
            at::Tensor gradient = laid_out_like(copy.grad(), copy);
            float *w = weight.data_ptr<float>(), *v = velocity.data_ptr<float>();
            if (has_copy) {
                TORCH_CHECK(dense_alike(weight, copy), "a copy of ", copy.sizes(), " for a parameter of ",
                            weight.sizes());
                loops().sgd_with_copy(w, v, gradient.data_ptr<at::BFloat16>(), copy.data_ptr<at::BFloat16>(),
                                      weight.numel(), rates);
            } else {
                loops().sgd(w, v, gradient.data_ptr<float>(), weight.numel(), rates);
            }
        }
        others.step(rate, first ? 0 : momentum, decay);
    });
}

ct_status ct_adamw_step(const ct_tensor *parameters, const ct_tensor *first_moments,
                        const ct_tensor *second_moments, int32_t count, double rate, double beta1, double beta2,
                        double epsilon, double decay, int64_t step) {
    return protect([&] {
        c10::NoGradGuard guard;
        const double correction1 = 1 - std::pow(beta1, double(step)), correction2 = 1 - std::pow(beta2, double(step));
        const AdamWRates rates{float(beta1), float(beta2), float(1 - rate * decay), float(rate / correction1),
                               float(1 / std::sqrt(correction2)), float(epsilon)};
        for (int32_t index = 0; index < count; index++) {
            at::Tensor &weight = get(parameters[index]);
            if (!weight.grad().defined()) continue;
            if (!weight.is_cpu()) {
                at::Tensor &mean = get(first_moments[index]), &square = get(second_moments[index]);
                mean.mul_(beta1).add_(weight.grad(), 1 - beta1);
                square.mul_(beta2).addcmul_(weight.grad(), weight.grad(), 1 - beta2);
                at::Tensor scale = square.sqrt().mul_(double(rates.root)).add_(epsilon);
                weight.mul_(double(rates.shrink)).addcdiv_(mean, scale, -double(rates.size));
                continue;
            }
            at::Tensor gradient = laid_out_like(weight.grad(), weight);
            require_flat(weight, get(first_moments[index]));
            require_flat(weight, get(second_moments[index]));
            loops().adamw(weight.data_ptr<float>(), get(first_moments[index]).data_ptr<float>(),
                          get(second_moments[index]).data_ptr<float>(), gradient.data_ptr<float>(), weight.numel(),
                          rates);
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
        for (int32_t index = 0; index < count && !is_out_of_memory(); index++) {
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

ct_status ct_add_to_gradients(const ct_tensor *parameters, const ct_tensor *offsets, int32_t count) {
    return protect([&] {
        c10::NoGradGuard guard;
        for (int32_t index = 0; index < count; index++) {
            at::Tensor gradient = get(parameters[index]).grad();
            if (gradient.defined()) gradient.add_(get(offsets[index]));
        }
    });
}

ct_status ct_clear_gradients(const ct_tensor *parameters, int32_t count) {
    return protect([&] {
        for (int32_t index = 0; index < count; index++)
            if (parameters[index].pointer != nullptr) get(parameters[index]).mutable_grad().reset();
    });
}
