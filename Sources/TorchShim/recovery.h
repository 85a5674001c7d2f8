// Out of memory in the middle of a computation: it goes on with shapes alone, quickly and without memory, until the caller
// asks and does with less.
#pragma once

#include <ATen/ATen.h>
#include <string>

namespace ctorch {

// Whether the calling thread goes on with shapes alone.
bool is_out_of_memory();
// Goes on with shapes alone where the thread's caller can do with less; otherwise false.
bool give_up_memory(const std::string &reason);
// A tensor of libtorch's device `meta`, which has the shape and the type and no elements; lives until `forget_shapes`.
at::Tensor &shape_of(const at::Tensor &tensor);
void forget_shapes();
// A result with the shape and no elements, for operators that libtorch does not have on `meta`.
at::Tensor bare(at::IntArrayRef shape, const at::Tensor &like);
// Throws c10::OutOfMemoryError for a tensor larger than the environment variable CT_MEMORY_VARIABLE allows, where the
// thread's caller can do with less.
void require_room(const at::Tensor &tensor);

}  // namespace ctorch
