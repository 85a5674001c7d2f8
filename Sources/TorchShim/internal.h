// Shared by the shim's files: handles to tensors and back, and the one place where exceptions become statuses.
#pragma once

#include <ATen/ATen.h>
#include <new>
#include <string>

#include "accelerator.h"
#include "ctorch.h"
#include "recovery.h"

namespace ctorch {

std::string &last_error();
// Leaves in last_error() what the process holds where memory was refused: memory may be short, or mappings may be, or the
// size was absurd. Says less where even that much memory is refused.
void set_out_of_memory(const std::bad_alloc &error) noexcept;

// A tensor that was made on the CPU, on the device. Random numbers are drawn on the CPU, so that a seed means the same
// everywhere.
inline at::Tensor on_device(at::Tensor tensor) { return device().is_cpu() ? tensor : tensor.to(device()); }

inline at::Tensor &get(ct_tensor handle) {
    at::Tensor &tensor = *static_cast<at::Tensor *>(handle.pointer);
    return is_out_of_memory() ? shape_of(tensor) : tensor;
}
inline void give(ct_tensor *out, at::Tensor tensor) {
    require_room(tensor);
    out->pointer = new at::Tensor(std::move(tensor));
}
inline c10::optional<at::Tensor> maybe(ct_tensor handle) {
    if (handle.pointer == nullptr) return c10::nullopt;
    return get(handle);
}
inline at::IntArrayRef list(const int64_t *values, int32_t count) {
    return at::IntArrayRef(values, static_cast<size_t>(count));
}

template <typename Body> ct_status protect_once(Body &body) {
    try {
        body();
        return ct_status{CT_OK};
    } catch (const c10::OutOfMemoryError &error) {
        last_error() = error.what_without_backtrace();
        return ct_status{CT_OUT_OF_MEMORY};
    } catch (const c10::Error &error) {
        last_error() = error.what_without_backtrace();
        // The CPU allocator reports through the general error type.
        bool memory = last_error().find("not enough memory") != std::string::npos;
        return ct_status{memory ? CT_OUT_OF_MEMORY : CT_ERROR};
    } catch (const std::bad_alloc &error) {
        set_out_of_memory(error);
        return ct_status{CT_OUT_OF_MEMORY};
    } catch (const std::exception &error) {
        last_error() = error.what();
    } catch (...) {
        last_error() = "an exception that is not a std::exception";
    }
    return ct_status{CT_ERROR};
}

template <typename Body> ct_status protect(Body body) {
    if (is_out_of_memory()) forget_shapes();
    ct_status status = protect_once(body);
    // Where the caller can do with less, the call is made once more with shapes alone.
    if (status.code == CT_OUT_OF_MEMORY && give_up_memory(last_error())) return protect_once(body);
    return status;
}

// Lets go of all kernels that oneDNN keeps, and of what they were made from.
void forget_kernels();

// As `protect`, for a product to which something is added, since those alone copy the attribute of which `ct_choose_kernels`
// tells: where memory is refused, it is computed once more with kernels that are made from nothing kept. It changes nothing
// but its result.
template <typename Body> ct_status protect_product(Body body) {
    return protect([&] {
        try {
            return body();
        } catch (const std::bad_alloc &) {
            forget_kernels();
        }
        body();
    });
}

at::ScalarType scalar_type(int32_t dtype);
int32_t dtype_code(at::ScalarType type);

}  // namespace ctorch
