// The loops for each instruction set, and the choice among them.
#include "loops.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

// What every x86-64 processor has, and the only set elsewhere.
namespace ctorch::baseline {
#include "loop_bodies.h"
}

#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
namespace ctorch::avx2 {
#include "loop_bodies.h"
}
#pragma clang attribute pop
// Vectors of 32 bytes, with the 512-bit set's masks and twice its registers: clang's own choice for these processors.
#pragma clang attribute push(__attribute__((target( \
    "avx2,fma,f16c,bmi,bmi2,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,prefer-256-bit"))), apply_to = function)
namespace ctorch::avx512 {
#include "loop_bodies.h"
}
#pragma clang attribute pop
#endif

namespace ctorch {

static const Loops &choose() {
#ifdef __x86_64__
    const char *wanted = std::getenv("ATEN_CPU_CAPABILITY");
    const bool any = wanted == nullptr;
    const bool has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                          __builtin_cpu_supports("f16c") && __builtin_cpu_supports("bmi2");
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                            __builtin_cpu_supports("avx512vl");
    const bool wants_avx512 = any || std::strcmp(wanted, "avx512") == 0;
    if (has_avx512 && wants_avx512) return avx512::loops;
    if (has_avx2 && (wants_avx512 || std::strcmp(wanted, "avx2") == 0)) return avx2::loops;
#endif
    return baseline::loops;
}

const Loops &loops() {
    static const Loops &chosen = choose();
    return chosen;
}

}  // namespace ctorch
