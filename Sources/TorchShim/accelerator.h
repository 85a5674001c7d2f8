// The devices beside the CPU, and where a thread makes its tensors.
#pragma once

#include <ATen/ATen.h>

namespace ctorch {

// What `cuda` means. Tests/gpu builds the shim with another device type, which needs no hardware, to find code that takes
// an accelerator's memory for the CPU's.
#ifdef CT_ACCELERATOR
constexpr c10::DeviceType accelerator = CT_ACCELERATOR;
#else
constexpr c10::DeviceType accelerator = c10::DeviceType::CUDA;
#endif

// How many there are for this libtorch; 0 also where it knows none of the kind.
int32_t accelerator_count();

// Where the calling thread makes tensors: all functions that make one go through here.
at::Device device();

}  // namespace ctorch
