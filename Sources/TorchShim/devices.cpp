// Which device a thread computes on.
#include <atomic>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include "autocast.h"
#include "internal.h"

namespace ctorch {

namespace {

// For the whole process: what threads that say nothing else use.
std::atomic<c10::DeviceType> device_type{at::kCPU};
std::atomic<int32_t> device_index{0};
// The calling thread's own choice among several accelerators; -1 is none.
thread_local int32_t thread_index = -1;
// Whether the calling thread makes tensors on the CPU for a while.
thread_local bool is_on_host = false;

// Where the calling thread computes, whether it has memory or not.
at::Device own_device() {
    const c10::DeviceType type = device_type.load(std::memory_order_relaxed);
    if (type == at::kCPU || is_on_host) return at::Device(at::kCPU);
    const int32_t index = thread_index >= 0 ? thread_index : device_index.load(std::memory_order_relaxed);
    return at::Device(type, static_cast<c10::DeviceIndex>(index));
}

}  // namespace

at::Device device() { return is_out_of_memory() ? at::Device(at::kMeta) : own_device(); }

int32_t accelerator_count() {
    if (!c10::impl::hasDeviceGuardImpl(accelerator)) return 0;
    return static_cast<int32_t>(c10::impl::VirtualGuardImpl(accelerator).deviceCount());
}

}  // namespace ctorch

using namespace ctorch;

ct_status ct_device_count(int32_t *out) {
    return protect([&] { *out = accelerator_count(); });
}

ct_status ct_set_device(int32_t kind, int32_t index) {
    return protect([&] {
        TORCH_CHECK(kind == CT_CPU || kind == CT_CUDA, "unknown device code ", kind);
        TORCH_CHECK(kind == CT_CPU || (index >= 0 && index < accelerator_count()), "there is no device ", index);
        device_type.store(kind == CT_CUDA ? accelerator : at::kCPU);
        device_index.store(index);
    });
}

ct_status ct_set_thread_device(int32_t index) {
    return protect([&] {
        TORCH_CHECK(index < accelerator_count(), "there is no device ", index);
        thread_index = index;
    });
}

ct_status ct_thread_device(int32_t *index) {
    return protect([&] {
        const at::Device own = own_device();
        *index = own.is_cpu() ? -1 : own.index();
    });
}

ct_status ct_set_on_host(bool enabled, bool *previous) {
    return protect([&] {
        if (previous != nullptr) *previous = is_on_host;
        is_on_host = enabled;
    });
}

ct_status ct_to_device(ct_tensor input, ct_tensor *out) {
    return protect([&] { give(out, get(input).to(device())); });
}

ct_status ct_synchronize(void) {
    return protect([&] {
        const at::Device own = own_device();
        if (own.is_cpu()) return;
        const c10::impl::VirtualGuardImpl guard(own.type());
        guard.getStream(own).synchronize();
    });
}

ct_status ct_set_autocast(int32_t dtype, bool enabled) {
    return protect([&] {
        ctorch::set_autocast(own_device().type(), scalar_type(dtype), enabled);
        if (!enabled) ctorch::forget_cast_weights();
    });
}

ct_status ct_autocast(bool *enabled, int32_t *dtype) {
    return protect([&] {
        *enabled = ctorch::is_autocast_enabled(own_device().type());
        *dtype = dtype_code(ctorch::autocast_type(own_device().type()));
    });
}
