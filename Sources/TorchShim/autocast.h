// Autocast of the shim's device. libtorch 2.4 took a device for the names that were the CPU's own before, and warns
// at every call of those.
#pragma once

#include <ATen/autocast_mode.h>
// In this folder of every libtorch; `torch/version.h` is not on the include path of Debian's.
#include <torch/csrc/api/include/torch/version.h>

namespace ctorch {

inline bool is_autocast_enabled(at::DeviceType type) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    return at::autocast::is_autocast_enabled(type);
#else
    return type == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
#endif
}

// Sets whether operations of the device compute in bfloat16.
inline void set_autocast_bfloat16(at::DeviceType type, bool enabled) {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_dtype(type, at::kBFloat16);
    at::autocast::set_autocast_enabled(type, enabled);
#else
    if (type == at::kCPU) {
        at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
        at::autocast::set_cpu_enabled(enabled);
    } else {
        at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
        at::autocast::set_enabled(enabled);
    }
#endif
    if (!enabled) at::autocast::clear_cache();
}

}  // namespace ctorch
