#include "recovery.h"

#include <cstdlib>
#include <deque>

#include "internal.h"

namespace ctorch {

namespace {

struct Recovery {
    // How many callers, one inside another, can do with less.
    int depth = 0;
    bool is_lost = false;
    std::string reason;
    // What `shape_of` has given since the last call began; a deque, since references to its elements are used.
    std::deque<at::Tensor> shapes;
};

thread_local Recovery recovery;

size_t allowed_bytes() {
    const char *text = std::getenv(CT_MEMORY_VARIABLE);
    const unsigned long long bytes = text != nullptr ? std::strtoull(text, nullptr, 10) : 0;
    return bytes > 0 ? bytes : SIZE_MAX;
}

}  // namespace

bool is_out_of_memory() { return recovery.is_lost; }

bool give_up_memory(const std::string &reason) {
    if (recovery.depth == 0 || recovery.is_lost) return false;
    recovery.is_lost = true;
    recovery.reason = reason;
    return true;
}

at::Tensor bare(at::IntArrayRef shape, const at::Tensor &like) {
    return at::empty(shape, at::TensorOptions().dtype(like.scalar_type()).device(at::kMeta));
}

at::Tensor &shape_of(const at::Tensor &tensor) {
    at::Tensor shape;
    if (tensor.is_meta()) {
        shape = tensor;
    } else {
        // Strides are kept, so that what needs them to fit does not fail.
        shape = at::empty_strided(tensor.sizes(), tensor.strides(),
                                  at::TensorOptions().dtype(tensor.scalar_type()).device(at::kMeta));
    }
    recovery.shapes.push_back(shape);
    return recovery.shapes.back();
}

void forget_shapes() { recovery.shapes.clear(); }

void require_room(const at::Tensor &tensor) {
    static const size_t allowed = allowed_bytes();
    if (recovery.depth > 0 && tensor.defined() && !tensor.is_meta() && tensor.nbytes() > allowed)
        throw c10::OutOfMemoryError({__func__, __FILE__, uint32_t(__LINE__)},
                                    "a tensor of " + std::to_string(tensor.nbytes()) + " bytes where " CT_MEMORY_VARIABLE
                                        " allows " + std::to_string(allowed));
}

}  // namespace ctorch

using namespace ctorch;

ct_status ct_recovery_begin(void) {
    recovery.depth++;
    return ct_status{CT_OK};
}

ct_status ct_recovery_end(bool *lost) {
    *lost = recovery.is_lost;
    if (recovery.is_lost) last_error() = recovery.reason;
    recovery.is_lost = false;
    recovery.depth--;
    forget_shapes();
    return ct_status{CT_OK};
}

ct_status ct_out_of_memory(bool *out) {
    *out = recovery.is_lost;
    return ct_status{CT_OK};
}
