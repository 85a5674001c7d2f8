// Every function of ctorch.h hands its call on to the one of the same name in the shim. A function that is missing
// here does not link, and one whose parameters differ from the header's does not compile.
#include "loader.h"

#define NEED(name)                                                                            \
    static ct_needed needed_##name = {#name, NULL};                                           \
    __attribute__((constructor)) static void need_##name(void) { ct_need(&needed_##name); }

#define LOOK_UP(name)                                                                         \
    static _Atomic(void *) known;                                                             \
    __typeof__(&name) in_shim = (__typeof__(&name))ct_shim_symbol(&known, #name)

#define FORWARD(name, parameters, arguments)                                                  \
    NEED(name)                                                                                \
    ct_status name parameters {                                                               \
        LOOK_UP(name);                                                                        \
        return in_shim != NULL ? in_shim arguments : (ct_status){CT_UNAVAILABLE};             \
    }
#define UNARY(name) FORWARD(name, (ct_tensor input, ct_tensor *out), (input, out))
#define BINARY(name) FORWARD(name, (ct_tensor left, ct_tensor right, ct_tensor *out), (left, right, out))

NEED(ct_last_error)
const char *ct_last_error(void) {
    LOOK_UP(ct_last_error);
    return in_shim != NULL ? in_shim() : ct_unavailable_reason();
}

NEED(ct_free)
void ct_free(ct_tensor tensor) {
    LOOK_UP(ct_free);
    if (in_shim != NULL) in_shim(tensor);
}

NEED(ct_generator_free)
void ct_generator_free(ct_generator generator) {
    LOOK_UP(ct_generator_free);
    if (in_shim != NULL) in_shim(generator);
}

NEED(ct_from_memory)
ct_status ct_from_memory(void *memory, size_t byte_count, const int64_t *shape, int32_t rank, int32_t dtype,
                         void (*release)(void *owner), void *owner, ct_tensor *out) {
    LOOK_UP(ct_from_memory);
    if (in_shim != NULL) return in_shim(memory, byte_count, shape, rank, dtype, release, owner, out);
    // What the caller was promised holds here too.
    release(owner);
    return (ct_status){CT_UNAVAILABLE};
}

NEED(ct_module_free)
void ct_module_free(ct_module module) {
    LOOK_UP(ct_module_free);
    if (in_shim != NULL) in_shim(module);
}

NEED(ct_count_operations_begin)
void ct_count_operations_begin(void) {
    LOOK_UP(ct_count_operations_begin);
    if (in_shim != NULL) in_shim();
}

NEED(ct_count_operations_end)
int64_t ct_count_operations_end(void) {
    LOOK_UP(ct_count_operations_end);
    return in_shim != NULL ? in_shim() : 0;
}

// ---- Library ------------------------------------------------------------------------------------------------

FORWARD(ct_require_threads, (void), ())
FORWARD(ct_set_thread_count, (int32_t count), (count))
FORWARD(ct_device_count, (int32_t *out), (out))
FORWARD(ct_set_device, (int32_t kind, int32_t index), (kind, index))
FORWARD(ct_set_thread_device, (int32_t index), (index))
FORWARD(ct_thread_device, (int32_t *index), (index))
FORWARD(ct_set_on_host, (bool enabled, bool *previous), (enabled, previous))
FORWARD(ct_to_device, (ct_tensor input, ct_tensor *out), (input, out))
FORWARD(ct_synchronize, (void), ())
FORWARD(ct_recovery_begin, (void), ())
FORWARD(ct_recovery_end, (bool *lost), (lost))
FORWARD(ct_out_of_memory, (bool *out), (out))
FORWARD(ct_set_deterministic, (bool enabled), (enabled))
FORWARD(ct_set_flush_denormal, (bool enabled), (enabled))
FORWARD(ct_set_grad_enabled, (bool enabled, bool *previous), (enabled, previous))
FORWARD(ct_set_autocast, (int32_t dtype, bool enabled), (dtype, enabled))
FORWARD(ct_autocast, (bool *enabled, int32_t *dtype), (enabled, dtype))

// ---- Generators ---------------------------------------------------------------------------------------------

FORWARD(ct_generator_new, (uint64_t seed, ct_generator *out), (seed, out))

// ---- Making, reading and freeing tensors --------------------------------------------------------------------

FORWARD(ct_zeros,
        (const int64_t *shape, int32_t rank, int32_t dtype, ct_tensor *out),
        (shape, rank, dtype, out))
FORWARD(ct_set_data, (ct_tensor target, ct_tensor source), (target, source))
FORWARD(ct_full,
        (const int64_t *shape, int32_t rank, double value, int32_t dtype, ct_tensor *out),
        (shape, rank, value, dtype, out))
FORWARD(ct_arange,
        (double start, double end, double step, int32_t dtype, ct_tensor *out),
        (start, end, step, dtype, out))
FORWARD(ct_randn,
        (const int64_t *shape, int32_t rank, ct_generator generator, ct_tensor *out),
        (shape, rank, generator, out))
FORWARD(ct_rand,
        (const int64_t *shape, int32_t rank, ct_generator generator, ct_tensor *out),
        (shape, rank, generator, out))
FORWARD(ct_from_bytes,
        (const void *bytes, size_t byte_count, const int64_t *shape, int32_t rank, int32_t dtype,
         ct_tensor *out),
        (bytes, byte_count, shape, rank, dtype, out))
FORWARD(ct_copy_bytes, (ct_tensor tensor, void *bytes, size_t byte_count), (tensor, bytes, byte_count))
FORWARD(ct_item, (ct_tensor tensor, double *out), (tensor, out))
FORWARD(ct_rank, (ct_tensor tensor, int32_t *out), (tensor, out))
FORWARD(ct_shape, (ct_tensor tensor, int64_t *shape, int32_t rank), (tensor, shape, rank))
FORWARD(ct_dtype, (ct_tensor tensor, int32_t *out), (tensor, out))

// ---- Autograd -----------------------------------------------------------------------------------------------

FORWARD(ct_set_requires_grad, (ct_tensor tensor, bool enabled), (tensor, enabled))
FORWARD(ct_requires_grad, (ct_tensor tensor, bool *out), (tensor, out))
FORWARD(ct_backward, (ct_tensor tensor), (tensor))
FORWARD(ct_grad, (ct_tensor tensor, ct_tensor *out), (tensor, out))
FORWARD(ct_detach, (ct_tensor tensor, ct_tensor *out), (tensor, out))

// ---- Element by element -------------------------------------------------------------------------------------

UNARY(ct_neg)
UNARY(ct_abs)
UNARY(ct_exp)
UNARY(ct_log)
UNARY(ct_sqrt)
UNARY(ct_square)
UNARY(ct_sin)
UNARY(ct_cos)
UNARY(ct_tanh)
UNARY(ct_sigmoid)
UNARY(ct_silu)
UNARY(ct_relu)
UNARY(ct_relu_)
FORWARD(ct_gelu, (ct_tensor input, bool tanh_approximation, ct_tensor *out), (input, tanh_approximation, out))
FORWARD(ct_clamp,
        (ct_tensor input, double minimum, double maximum, ct_tensor *out),
        (input, minimum, maximum, out))
BINARY(ct_add)
BINARY(ct_add_)
BINARY(ct_sub)
BINARY(ct_mul)
BINARY(ct_div)
FORWARD(ct_add_scalar, (ct_tensor input, double scalar, ct_tensor *out), (input, scalar, out))
FORWARD(ct_mul_scalar, (ct_tensor input, double scalar, ct_tensor *out), (input, scalar, out))
FORWARD(ct_pow_scalar, (ct_tensor input, double exponent, ct_tensor *out), (input, exponent, out))
BINARY(ct_equal_elements)
FORWARD(ct_to_dtype, (ct_tensor input, int32_t dtype, ct_tensor *out), (input, dtype, out))

// ---- Reductions ---------------------------------------------------------------------------------------------

FORWARD(ct_sum,
        (ct_tensor input, const int64_t *axes, int32_t axis_count, bool keep, ct_tensor *out),
        (input, axes, axis_count, keep, out))
FORWARD(ct_mean,
        (ct_tensor input, const int64_t *axes, int32_t axis_count, bool keep, ct_tensor *out),
        (input, axes, axis_count, keep, out))
FORWARD(ct_argmax, (ct_tensor input, int64_t axis, ct_tensor *out), (input, axis, out))
UNARY(ct_max)
UNARY(ct_min)

// ---- Shape --------------------------------------------------------------------------------------------------

FORWARD(ct_reshape,
        (ct_tensor input, const int64_t *shape, int32_t rank, ct_tensor *out),
        (input, shape, rank, out))
FORWARD(ct_permute,
        (ct_tensor input, const int64_t *axes, int32_t rank, ct_tensor *out),
        (input, axes, rank, out))
FORWARD(ct_transpose,
        (ct_tensor input, int64_t first, int64_t second, ct_tensor *out),
        (input, first, second, out))
UNARY(ct_contiguous)
UNARY(ct_channels_last)
FORWARD(ct_narrow,
        (ct_tensor input, int64_t axis, int64_t start, int64_t length, ct_tensor *out),
        (input, axis, start, length, out))
FORWARD(ct_expand,
        (ct_tensor input, const int64_t *shape, int32_t rank, ct_tensor *out),
        (input, shape, rank, out))
FORWARD(ct_concatenate,
        (const ct_tensor *inputs, int32_t count, int64_t axis, ct_tensor *out),
        (inputs, count, axis, out))
FORWARD(ct_index_select,
        (ct_tensor input, int64_t axis, ct_tensor indices, ct_tensor *out),
        (input, axis, indices, out))
FORWARD(ct_flip, (ct_tensor input, int64_t axis, ct_tensor *out), (input, axis, out))
FORWARD(ct_pad,
        (ct_tensor input, const int64_t *padding, int32_t count, double value, ct_tensor *out),
        (input, padding, count, value, out))
FORWARD(ct_triu, (ct_tensor input, int64_t diagonal, ct_tensor *out), (input, diagonal, out))
UNARY(ct_clone)
FORWARD(ct_copy_, (ct_tensor destination, ct_tensor source), (destination, source))

// ---- Layers -------------------------------------------------------------------------------------------------

BINARY(ct_matmul)
FORWARD(ct_baddbmm,
        (ct_tensor bias, ct_tensor left, ct_tensor right, double beta, double alpha, ct_tensor
         *out),
        (bias, left, right, beta, alpha, out))
FORWARD(ct_linear,
        (ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *out),
        (input, weight, bias, out))
FORWARD(ct_conv2d,
        (ct_tensor input, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding, int64_t
         groups, ct_tensor *out),
        (input, weight, bias, stride, padding, groups, out))
FORWARD(ct_max_pool2d,
        (ct_tensor input, int64_t kernel, int64_t stride, int64_t padding, ct_tensor *out),
        (input, kernel, stride, padding, out))
UNARY(ct_global_average_pool2d)
FORWARD(ct_batch_norm,
        (ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor running_mean, ct_tensor
         running_variance, bool training, double momentum, double epsilon, ct_tensor *out),
        (input, weight, bias, running_mean, running_variance, training, momentum, epsilon, out))
FORWARD(ct_group_norm,
        (ct_tensor input, int64_t groups, ct_tensor weight, ct_tensor bias, double epsilon,
         ct_tensor *out),
        (input, groups, weight, bias, epsilon, out))
FORWARD(ct_layer_norm,
        (ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out),
        (input, weight, bias, epsilon, out))
FORWARD(ct_softmax, (ct_tensor input, int64_t axis, ct_tensor *out), (input, axis, out))
FORWARD(ct_log_softmax, (ct_tensor input, int64_t axis, ct_tensor *out), (input, axis, out))
FORWARD(ct_embedding, (ct_tensor weight, ct_tensor indices, ct_tensor *out), (weight, indices, out))
FORWARD(ct_upsample_nearest2d, (ct_tensor input, int64_t factor, ct_tensor *out), (input, factor, out))
FORWARD(ct_cross_entropy, (ct_tensor logits, ct_tensor targets, ct_tensor *out), (logits, targets, out))
FORWARD(ct_mse_loss, (ct_tensor input, ct_tensor target, ct_tensor *out), (input, target, out))
FORWARD(ct_has_attention, (bool *out), (out))
FORWARD(ct_attention,
        (ct_tensor query, ct_tensor key, ct_tensor value, ct_tensor mask, ct_tensor *out),
        (query, key, value, mask, out))

// ---- Fused layers: measured hot loops -----------------------------------------------------------------------

FORWARD(ct_group_norm_silu,
        (ct_tensor input, int64_t groups, ct_tensor weight, ct_tensor bias, double epsilon, bool
         silu, ct_tensor *out),
        (input, groups, weight, bias, epsilon, silu, out))
FORWARD(ct_layer_norm_autocast,
        (ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out),
        (input, weight, bias, epsilon, out))
UNARY(ct_gated_gelu)

// ---- Lists of parameters: measured hot loops ----------------------------------------------------------------

FORWARD(ct_sgd_step,
        (const ct_tensor *parameters, const ct_tensor *copies, const ct_tensor *momenta, int32_t count,
         double rate, double momentum, double decay, bool first),
        (parameters, copies, momenta, count, rate, momentum, decay, first))
FORWARD(ct_adamw_step,
        (const ct_tensor *parameters, const ct_tensor *first_moments, const ct_tensor
         *second_moments, int32_t count, double rate, double beta1, double beta2, double epsilon,
         double decay, int64_t step),
        (parameters, first_moments, second_moments, count, rate, beta1, beta2, epsilon, decay,
         step))
FORWARD(ct_lerp_lists,
        (const ct_tensor *averages, const ct_tensor *parameters, int32_t count, double weight),
        (averages, parameters, count, weight))
FORWARD(ct_add_scaled_lists,
        (const ct_tensor *accumulators, const ct_tensor *values, int32_t count, double weight),
        (accumulators, values, count, weight))
FORWARD(ct_grad_norm, (const ct_tensor *parameters, int32_t count, double *out), (parameters, count, out))
FORWARD(ct_scale_gradients,
        (const ct_tensor *parameters, int32_t count, double factor),
        (parameters, count, factor))
FORWARD(ct_merge_gradients,
        (const ct_tensor *parameters, const ct_tensor *others, int32_t count, double factor),
        (parameters, others, count, factor))
FORWARD(ct_add_to_gradients,
        (const ct_tensor *parameters, const ct_tensor *offsets, int32_t count),
        (parameters, offsets, count))
FORWARD(ct_clear_gradients, (const ct_tensor *parameters, int32_t count), (parameters, count))

// ---- TorchScript modules ------------------------------------------------------------------------------------

FORWARD(ct_module_load, (const void *bytes, size_t byte_count, ct_module *out), (bytes, byte_count, out))
FORWARD(ct_module_copy, (ct_module module, ct_module *out), (module, out))
FORWARD(ct_module_tensor_count, (ct_module module, int32_t *out), (module, out))
FORWARD(ct_module_tensor, (ct_module module, int32_t index, ct_module_tensor_info *info, ct_tensor *out),
        (module, index, info, out))
FORWARD(ct_module_forward, (ct_module module, ct_tensor images, bool training, uint64_t seed, ct_tensor *out),
        (module, images, training, seed, out))
