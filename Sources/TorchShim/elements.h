// Elements of float32 and bfloat16 tensors as float32, in a form that compilers vectorize.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <cstring>

namespace ctorch {

inline float load(const float *p, int64_t i) { return p[i]; }
inline float load(const at::BFloat16 *p, int64_t i) {
    uint32_t bits = uint32_t(p[i].x) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}
inline void store(float *p, int64_t i, float value) { p[i] = value; }
inline void store(at::BFloat16 *p, int64_t i, float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    // To the nearest, ties to even; a NaN must not round to infinity.
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    p[i].x = uint16_t(value != value ? 0x7fc0 : rounded);
}

}  // namespace ctorch
