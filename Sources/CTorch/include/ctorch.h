// C interface to the part of libtorch that fgl-sim uses. Compiles as C11; this header is its documentation.
//
// Two targets have these functions: `TorchShim` calls libtorch, and is a library of its own; `CTorch`, which programs
// link, loads that library when the first function is called and hands every call on to it.
//
// Rules:
// - Where libtorch cannot be loaded, every call comes to CT_UNAVAILABLE, and `ct_last_error()` says why.
// - Every function returns a status; results come by out-parameter. After a status other than CT_OK,
//   `ct_last_error()` holds libtorch's message for the calling thread until its next failing call.
// - A handle written to an `out` parameter is owned by the caller (+1) and freed with its `_free` function.
//   Input handles are borrowed.
// - One call is one ATen call. The fused layers and the list functions at the end are the exceptions: measured
//   hot loops.
// - Shapes are written [N, C, H, W]; dtype is float32 unless said otherwise.
// - Random operators take an explicit generator; nothing touches libtorch's global one.
#ifndef CTORCH_H
#define CTORCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

// A type of its own, so that Swift cannot mistake a count for a status or drop it unseen.
typedef struct { int32_t code; } ct_status;
enum {
    CT_OK = 0, CT_ERROR = 1, CT_OUT_OF_MEMORY = 2, CT_UNAVAILABLE = 3,
    // Of `ct_load` alone: the shim is of another version than the program; a variable of this program has a
    // value that is not allowed.
    CT_OTHER_VERSION = 4, CT_BAD_VARIABLE = 5,
    // Of `ct_require_threads` and `ct_set_thread_count` alone: the system makes no thread.
    CT_NO_THREADS = 6,
};

typedef struct { void *pointer; } ct_tensor;
typedef struct { void *pointer; } ct_generator;
typedef struct { void *pointer; } ct_module;

enum { CT_CPU = 0, CT_CUDA = 1 };

enum {
    CT_FLOAT32 = 0, CT_FLOAT64 = 1, CT_FLOAT16 = 2, CT_BFLOAT16 = 3,
    CT_INT64 = 4, CT_INT32 = 5, CT_UINT8 = 6, CT_BOOL = 7,
};

// ---- Library -------------------------------------------------------------------------------------------

// libtorch's message for this thread's last failing call; never NULL.
const char *ct_last_error(void);
// The library between the program and libtorch. It is rebuilt for another libtorch; the program is not.
#ifdef __APPLE__
#define CT_SHIM_NAME "libTorchShim.dylib"
#else
#define CT_SHIM_NAME "libTorchShim.so"
#endif
// The environment variable that names its file where the one beside the program is not wanted.
#define CT_SHIM_VARIABLE "FGL_TORCH_SHIM"
// What precedes libtorch's version, its owner ("system" or "other") and, where it has CUDA, that word in the shim's file.
#define CT_SHIM_MARK "fgl-sim shim for libtorch "
// "1.13.1" and the like, of the libtorch that the shim was compiled with, empty where there is no shim; static storage.
// Reads the shim's file and loads nothing.
const char *ct_version(void);
// The GPUs that NVIDIA's driver shows this process, "NVIDIA H200 139 GiB, NVIDIA H200 139 GiB", "" where there are none;
// NULL where the shim was built for a libtorch without CUDA. Asks the driver, and does not load libtorch; static storage.
const char *ct_gpus(void);
// Loads libtorch, which takes some tenths of a second, unless that was done.
ct_status ct_load(void);
// Whether that was done.
bool ct_is_loaded(void);
// Checks, by making them, that the system makes the threads of the pool that libtorch makes when the number of
// threads is first set: libtorch waits for ever for a thread that was refused. Costs nothing once the pool is
// there; what was refused once stays refused.
ct_status ct_require_threads(void);
// Threads that one operator may use, for the calling thread (OpenMP) and for OpenBLAS as a whole. Checks first
// that the system makes them, as `ct_require_threads`.
ct_status ct_set_thread_count(int32_t count);
// How many GPUs this libtorch sees; 0 also where it was built without CUDA.
ct_status ct_device_count(int32_t *out);
// Makes all further tensors on a device; fails where there is none of the kind and number. For the whole process, and
// before its first tensor: tensors on two devices do not mix.
ct_status ct_set_device(int32_t kind, int32_t index);
// Makes further tensors of the calling thread on another GPU than the process's; -1 takes that back. Without effect
// where the process computes on the CPU.
ct_status ct_set_thread_device(int32_t index);
// The GPU that the calling thread makes tensors on; -1 is the CPU.
ct_status ct_thread_device(int32_t *index);
// Makes further tensors of the calling thread on the CPU, until it is taken back: weights are loaded there, and then go to
// the device. `previous` may be NULL.
ct_status ct_set_on_host(bool enabled, bool *previous);
// A copy on the calling thread's device; the tensor itself where it lies there.
ct_status ct_to_device(ct_tensor input, ct_tensor *out);
// Waits until the calling thread's device has done what it was given; times are taken after it.
ct_status ct_synchronize(void);

// ---- Out of memory in the middle -----------------------------------------------------------------------
// A call that finds no memory after `ct_recovery_begin` comes to CT_OK; it and all further calls of the thread then
// compute shapes alone, quickly and with zeros for all elements that are read, and change no tensor, until
// `ct_recovery_end`. The caller's code runs to its end and needs no way out of its own.

// The environment variable that makes such a call fail, as one that finds no memory does, where its tensor has more bytes
// than it says: for tests.
#define CT_MEMORY_VARIABLE "FGL_TENSOR_BYTES_LIMIT"
ct_status ct_recovery_begin(void);
// Whether memory was short since; then `ct_last_error()` has libtorch's words. Results since are worth nothing.
ct_status ct_recovery_end(bool *lost);
// Whether memory was short on the calling thread so far, so that long work may end early.
ct_status ct_out_of_memory(bool *out);

// ---- Modes ---------------------------------------------------------------------------------------------

// Refuses operators that have no deterministic implementation.
ct_status ct_set_deterministic(bool enabled);
// Flushes denormal floats to zero on the calling thread: weights that decay to denormals cost tenfold.
ct_status ct_set_flush_denormal(bool enabled);
// The environment variable that names OpenBLAS's kernels ("Haswell", "SkylakeX", …) where the widest that the processor has
// are not wanted. OPENBLAS_CORETYPE itself has no effect.
#define CT_KERNELS_VARIABLE "FGL_OPENBLAS_CORETYPE"
// The environment variable that names the vector extensions of libtorch's own kernels ("avx512", "avx2", "default") where
// the widest that the processor has are not wanted. ATEN_CPU_CAPABILITY itself has no effect.
#define CT_CAPABILITY_VARIABLE "FGL_ATEN_CPU_CAPABILITY"
// Says in the environment which kernels are to be taken, once; `ct_load` and `ct_kernels` do it where it was not done. A
// program calls it before it starts threads, since the environment is not to be changed beside them.
void ct_choose_kernels(void);
// What computes products under libtorch, "OpenBLAS 0.3.21 as SkylakeX", with what was tried and taken back where wider
// kernels are wrong on this processor; NULL where libtorch brings a BLAS of its own, or none is installed. Loads the BLAS
// and tries a few products (milliseconds), not libtorch; static storage.
const char *ct_kernels(void);
// The vector extensions of libtorch's own kernels: "avx512", "avx2", "default"; static storage.
const char *ct_capability(void);
// The kernels of OpenBLAS that this processor can run, widest first: writes up to `capacity` names, returns how many
// there are.
int32_t ct_processor_kernels(const char **names, int32_t capacity);

// Keeps up to `bytes` of freed memory instead of giving them back at once, and gives all threads the same: training and
// encoding free and ask for the same tens of megabytes, and every fresh page costs a fault. A hundred clients of a
// hundred images took 29 s a round with malloc as it is, 21 s so. For the whole process, and for all threads only where it
// is called before they begin; needs no libtorch; does nothing without glibc.
void ct_keep_freed_memory(int32_t bytes);
// Whether operators on the calling thread record a graph; `previous` may be NULL.
ct_status ct_set_grad_enabled(bool enabled, bool *previous);
// Autocast to CT_BFLOAT16 or CT_FLOAT16 on the calling thread's device; leaving it clears the cache of cast weights.
ct_status ct_set_autocast(int32_t dtype, bool enabled);
// Whether the calling thread is in autocast, and to which type.
ct_status ct_autocast(bool *enabled, int32_t *dtype);

// ---- Generators ----------------------------------------------------------------------------------------

ct_status ct_generator_new(uint64_t seed, ct_generator *out);
void ct_generator_free(ct_generator generator);

// ---- Making, reading and freeing tensors ---------------------------------------------------------------

// Zeros that cost no memory before they are written.
ct_status ct_zeros(const int64_t *shape, int32_t rank, int32_t dtype, ct_tensor *out);
// A tensor over memory of the caller's, row-major, which `release(owner)` gives back after its last use; called once,
// also where the call fails.
ct_status ct_from_memory(void *memory, size_t byte_count, const int64_t *shape, int32_t rank, int32_t dtype,
                         void (*release)(void *owner), void *owner, ct_tensor *out);
// Makes `target` use the memory of `source`, which has the same shape, and take over its element type and device.
ct_status ct_set_data(ct_tensor target, ct_tensor source);
ct_status ct_full(const int64_t *shape, int32_t rank, double value, int32_t dtype, ct_tensor *out);
ct_status ct_arange(double start, double end, double step, int32_t dtype, ct_tensor *out);
// Standard normal float32.
ct_status ct_randn(const int64_t *shape, int32_t rank, ct_generator generator, ct_tensor *out);
// Uniform in [0, 1), float32.
ct_status ct_rand(const int64_t *shape, int32_t rank, ct_generator generator, ct_tensor *out);
// Copies `byte_count` bytes of row-major data.
ct_status ct_from_bytes(const void *bytes, size_t byte_count, const int64_t *shape, int32_t rank, int32_t dtype,
                        ct_tensor *out);
// Copies the row-major elements out, in the tensor's own dtype; `byte_count` must be exact.
ct_status ct_copy_bytes(ct_tensor tensor, void *bytes, size_t byte_count);
// The one element of a tensor of one element.
ct_status ct_item(ct_tensor tensor, double *out);
ct_status ct_rank(ct_tensor tensor, int32_t *out);
ct_status ct_shape(ct_tensor tensor, int64_t *shape, int32_t rank);
ct_status ct_dtype(ct_tensor tensor, int32_t *out);
void ct_free(ct_tensor tensor);

// ---- Autograd ------------------------------------------------------------------------------------------

ct_status ct_set_requires_grad(ct_tensor tensor, bool enabled);
ct_status ct_requires_grad(ct_tensor tensor, bool *out);
// Accumulates d(tensor)/d(leaf) into each leaf's gradient. `tensor` has one element.
ct_status ct_backward(ct_tensor tensor);
// The gradient accumulated so far; an undefined gradient gives `out->pointer == NULL`.
ct_status ct_grad(ct_tensor tensor, ct_tensor *out);
// Shares storage, takes no part in the graph.
ct_status ct_detach(ct_tensor tensor, ct_tensor *out);

// ---- Element by element --------------------------------------------------------------------------------

ct_status ct_neg(ct_tensor input, ct_tensor *out);
ct_status ct_abs(ct_tensor input, ct_tensor *out);
ct_status ct_exp(ct_tensor input, ct_tensor *out);
ct_status ct_log(ct_tensor input, ct_tensor *out);
ct_status ct_sqrt(ct_tensor input, ct_tensor *out);
ct_status ct_square(ct_tensor input, ct_tensor *out);
ct_status ct_sin(ct_tensor input, ct_tensor *out);
ct_status ct_cos(ct_tensor input, ct_tensor *out);
ct_status ct_tanh(ct_tensor input, ct_tensor *out);
ct_status ct_sigmoid(ct_tensor input, ct_tensor *out);
ct_status ct_silu(ct_tensor input, ct_tensor *out);
ct_status ct_relu(ct_tensor input, ct_tensor *out);
ct_status ct_relu_(ct_tensor input, ct_tensor *out);
ct_status ct_gelu(ct_tensor input, bool tanh_approximation, ct_tensor *out);
ct_status ct_clamp(ct_tensor input, double minimum, double maximum, ct_tensor *out);
ct_status ct_add(ct_tensor left, ct_tensor right, ct_tensor *out);
ct_status ct_add_(ct_tensor left, ct_tensor right, ct_tensor *out);
ct_status ct_sub(ct_tensor left, ct_tensor right, ct_tensor *out);
ct_status ct_mul(ct_tensor left, ct_tensor right, ct_tensor *out);
ct_status ct_div(ct_tensor left, ct_tensor right, ct_tensor *out);
ct_status ct_add_scalar(ct_tensor input, double scalar, ct_tensor *out);
ct_status ct_mul_scalar(ct_tensor input, double scalar, ct_tensor *out);
ct_status ct_pow_scalar(ct_tensor input, double exponent, ct_tensor *out);
ct_status ct_equal_elements(ct_tensor left, ct_tensor right, ct_tensor *out);
// Dtype conversion; the tensor itself where it already has the dtype.
ct_status ct_to_dtype(ct_tensor input, int32_t dtype, ct_tensor *out);

// ---- Reductions ----------------------------------------------------------------------------------------

// Over `axes`; with `axis_count` 0, over all.
ct_status ct_sum(ct_tensor input, const int64_t *axes, int32_t axis_count, bool keep, ct_tensor *out);
ct_status ct_mean(ct_tensor input, const int64_t *axes, int32_t axis_count, bool keep, ct_tensor *out);
ct_status ct_argmax(ct_tensor input, int64_t axis, ct_tensor *out);
ct_status ct_max(ct_tensor input, ct_tensor *out);
ct_status ct_min(ct_tensor input, ct_tensor *out);

// ---- Shape ---------------------------------------------------------------------------------------------

ct_status ct_reshape(ct_tensor input, const int64_t *shape, int32_t rank, ct_tensor *out);
ct_status ct_permute(ct_tensor input, const int64_t *axes, int32_t rank, ct_tensor *out);
ct_status ct_transpose(ct_tensor input, int64_t first, int64_t second, ct_tensor *out);
ct_status ct_contiguous(ct_tensor input, ct_tensor *out);
// Elements stored [N, H, W, C] while the shape stays [N, C, H, W].
ct_status ct_channels_last(ct_tensor input, ct_tensor *out);
ct_status ct_narrow(ct_tensor input, int64_t axis, int64_t start, int64_t length, ct_tensor *out);
ct_status ct_expand(ct_tensor input, const int64_t *shape, int32_t rank, ct_tensor *out);
ct_status ct_concatenate(const ct_tensor *inputs, int32_t count, int64_t axis, ct_tensor *out);
ct_status ct_index_select(ct_tensor input, int64_t axis, ct_tensor indices, ct_tensor *out);
ct_status ct_flip(ct_tensor input, int64_t axis, ct_tensor *out);
// Constant padding; `padding` counts from the last axis: left, right, top, bottom, …
ct_status ct_pad(ct_tensor input, const int64_t *padding, int32_t count, double value, ct_tensor *out);
// Upper triangle, the diagonals below `diagonal` set to zero.
ct_status ct_triu(ct_tensor input, int64_t diagonal, ct_tensor *out);
ct_status ct_clone(ct_tensor input, ct_tensor *out);
// destination := source, in place, converting the dtype.
ct_status ct_copy_(ct_tensor destination, ct_tensor source);

// ---- Layers --------------------------------------------------------------------------------------------

ct_status ct_matmul(ct_tensor left, ct_tensor right, ct_tensor *out);
// beta · bias + alpha · left @ right on batches of matrices. With beta 0 and small sizes, libtorch 1.13 was seen to
// give NaN now and then, as if it read uninitialized memory: use ct_matmul there.
ct_status ct_baddbmm(ct_tensor bias, ct_tensor left, ct_tensor right, double beta, double alpha, ct_tensor *out);
// input [*, in] · weight [out, in]ᵀ + bias [out]; `bias.pointer` may be NULL.
ct_status ct_linear(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor *out);
// input [N, C, H, W], weight [O, C / groups, kH, kW], bias [O] or NULL pointer.
ct_status ct_conv2d(ct_tensor input, ct_tensor weight, ct_tensor bias, int64_t stride, int64_t padding,
                    int64_t groups, ct_tensor *out);
ct_status ct_max_pool2d(ct_tensor input, int64_t kernel, int64_t stride, int64_t padding, ct_tensor *out);
// Mean over H and W, kept: [N, C, 1, 1].
ct_status ct_global_average_pool2d(ct_tensor input, ct_tensor *out);
// Running statistics are updated in place when `training`.
ct_status ct_batch_norm(ct_tensor input, ct_tensor weight, ct_tensor bias, ct_tensor running_mean,
                        ct_tensor running_variance, bool training, double momentum, double epsilon, ct_tensor *out);
ct_status ct_group_norm(ct_tensor input, int64_t groups, ct_tensor weight, ct_tensor bias, double epsilon,
                        ct_tensor *out);
// Over the last axis.
ct_status ct_layer_norm(ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out);
ct_status ct_softmax(ct_tensor input, int64_t axis, ct_tensor *out);
ct_status ct_log_softmax(ct_tensor input, int64_t axis, ct_tensor *out);
// weight [V, D], indices int64 [*] → [*, D].
ct_status ct_embedding(ct_tensor weight, ct_tensor indices, ct_tensor *out);
// Twice the height and width, each pixel repeated.
ct_status ct_upsample_nearest2d(ct_tensor input, int64_t factor, ct_tensor *out);
// logits [N, K], int64 targets [N] → mean negative log-likelihood, one element.
ct_status ct_cross_entropy(ct_tensor logits, ct_tensor targets, ct_tensor *out);
ct_status ct_mse_loss(ct_tensor input, ct_tensor target, ct_tensor *out);
// Whether `ct_attention` is there and worth it: on a GPU with libtorch 2.1 or later.
ct_status ct_has_attention(bool *out);
// softmax(query keyᵀ / √d + mask) value of [B, H, T, d] in one kernel; `mask.pointer` may be NULL.
ct_status ct_attention(ct_tensor query, ct_tensor key, ct_tensor value, ct_tensor mask, ct_tensor *out);

// ---- Fused layers: measured hot loops ------------------------------------------------------------------
// Input float32 or bfloat16, weights float32; the result is bfloat16 in autocast, else of the input's dtype.

// Group normalization of [N, C, *], then SiLU where `silu`.
ct_status ct_group_norm_silu(ct_tensor input, int64_t groups, ct_tensor weight, ct_tensor bias, double epsilon,
                             bool silu, ct_tensor *out);
// Over the last axis.
ct_status ct_layer_norm_autocast(ct_tensor input, ct_tensor weight, ct_tensor bias, double epsilon, ct_tensor *out);
// [*, 2 W] → [*, W]: the first half times GELU of the second (GEGLU, arXiv 2002.05202).
ct_status ct_gated_gelu(ct_tensor input, ct_tensor *out);

// ---- TorchScript modules -------------------------------------------------------------------------------
// A module is used by one thread at a time. Its code is interpreted as it stands, without the optimizer of graphs, which
// would compute other bits in later passes than in the first.

// What is known of a tensor of a module's state; texts live as long as the module.
typedef struct {
    const char *name;
    // "float32", "int64", …; libtorch's own name where there is no other.
    const char *type;
    // The name of an earlier tensor with the same memory, or NULL.
    const char *same_as;
    // A parameter that requires gradients.
    bool is_trainable;
} ct_module_tensor_info;

// A module from the bytes of a file that torch.jit.save wrote.
ct_status ct_module_load(const void *bytes, size_t byte_count, ct_module *out);
// A module with weights of its own and the same code.
ct_status ct_module_copy(ct_module module, ct_module *out);
void ct_module_free(ct_module module);
// The state dict: parameters and buffers in PyTorch's order.
ct_status ct_module_tensor_count(ct_module module, int32_t *out);
ct_status ct_module_tensor(ct_module module, int32_t index, ct_module_tensor_info *info, ct_tensor *out);
// forward(images): a float32 tensor, else it fails. Operators of the module that draw random numbers draw from libtorch's
// generator, which is set to `seed` before; such passes of all threads wait for one another.
ct_status ct_module_forward(ct_module module, ct_tensor images, bool training, uint64_t seed, ct_tensor *out);
// Counts the floating-point operations of convolutions and matrix products on the calling thread, a multiply-add as two,
// from one call to the other.
void ct_count_operations_begin(void);
int64_t ct_count_operations_end(void);

// ---- Lists of parameters: measured hot loops -----------------------------------------------------------

// One pass of SGD with momentum and L2 weight decay, as torch.optim.SGD computes it:
// g += decay · w; m = first ? g : momentum · m + g; w −= rate · m. Parameters without a gradient are left alone.
// A parameter may have a bfloat16 copy, else a NULL handle: the gradient is then the copy's, in bfloat16, and the
// copy is given the new weight.
ct_status ct_sgd_step(const ct_tensor *parameters, const ct_tensor *copies, const ct_tensor *momenta, int32_t count,
                      double rate, double momentum, double decay, bool first);
// One step of AdamW (arXiv 1711.05101) with bias correction for step `step` (1-based).
ct_status ct_adamw_step(const ct_tensor *parameters, const ct_tensor *first_moments,
                        const ct_tensor *second_moments, int32_t count, double rate, double beta1, double beta2,
                        double epsilon, double decay, int64_t step);
// average := decay · average + (1 − decay) · parameter, and likewise for any convex mix.
ct_status ct_lerp_lists(const ct_tensor *averages, const ct_tensor *parameters, int32_t count, double weight);
// accumulators += weight · values.
ct_status ct_add_scaled_lists(const ct_tensor *accumulators, const ct_tensor *values, int32_t count, double weight);
// Euclidean norm over all gradients.
ct_status ct_grad_norm(const ct_tensor *parameters, int32_t count, double *out);
// gradients *= factor.
ct_status ct_scale_gradients(const ct_tensor *parameters, int32_t count, double factor);
// gradients := (gradients + other's gradients) · factor, one pass: data-parallel averaging.
ct_status ct_merge_gradients(const ct_tensor *parameters, const ct_tensor *others, int32_t count, double factor);
// gradients += offsets.
ct_status ct_add_to_gradients(const ct_tensor *parameters, const ct_tensor *offsets, int32_t count);
// Drops the gradients; NULL handles are passed over.
ct_status ct_clear_gradients(const ct_tensor *parameters, int32_t count);

#ifdef __cplusplus
}
#endif
#endif
