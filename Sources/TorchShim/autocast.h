// Autocast of the shim's device. libtorch 2.4 took a device for the names that were the CPU's own before, and warns
// at every call of those.
#pragma once

#include <ATen/autocast_mode.h>
// In this folder of every libtorch; `torch/version.h` is not on the include path of Debian's.
#include <torch/csrc/api/include/torch/version.h>

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
#define CT_AUTOCAST_TAKES_DEVICE
#endif

namespace ctorch {

inline bool is_autocast_enabled(at::DeviceType type) {
#ifdef CT_AUTOCAST_TAKES_DEVICE
    return at::autocast::is_autocast_enabled(type);
#else
    return type == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
#endif
}

// The type in which operations of the device compute in autocast.
inline at::ScalarType autocast_type(at::DeviceType type) {
#ifdef CT_AUTOCAST_TAKES_DEVICE
    return at::autocast::get_autocast_dtype(type);
#else
    return type == at::kCPU ? at::autocast::get_autocast_cpu_dtype() : at::autocast::get_autocast_gpu_dtype();
#endif
}

// Sets whether operations of the device compute in a type of 16 bits. Weights that were cast are kept until
// `forget_cast_weights`.
inline void set_autocast(at::DeviceType type, at::ScalarType dtype, bool enabled) {
#ifdef CT_AUTOCAST_TAKES_DEVICE
    at::autocast::set_autocast_dtype(type, dtype);
    at::autocast::set_autocast_enabled(type, enabled);
#else
    if (type == at::kCPU) {
        at::autocast::set_autocast_cpu_dtype(dtype);
        at::autocast::set_cpu_enabled(enabled);
    } else {
        at::autocast::set_autocast_gpu_dtype(dtype);
        at::autocast::set_enabled(enabled);
    }
#endif
}

inline void forget_cast_weights() { at::autocast::clear_cache(); }

}  // namespace ctorch
