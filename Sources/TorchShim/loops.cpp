// The loops for each instruction set, and the choice among them.
#include "loops.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <vector>

// A square root that neither sets errno nor raises flags, so that loops of it become vectors. build-shim.sh
// compiles with g++ too, which wants -fno-math-errno for that.
#ifdef __clang__
#define CT_SQRT(x) __builtin_elementwise_sqrt(x)
#else
#define CT_SQRT(x) __builtin_sqrtf(x)
#endif

// What every x86-64 processor has, and the only set elsewhere.
namespace ctorch::baseline {
#include "loop_bodies.h"
}

#ifdef __x86_64__
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,bmi,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma,f16c,bmi,bmi2")
#endif
namespace ctorch::avx2 {
#include "loop_bodies.h"
}
// Vectors of 32 bytes, with the 512-bit set's masks and twice its registers: clang's own choice for these processors.
#ifdef __clang__
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target( \
    "avx2,fma,f16c,bmi,bmi2,avx512f,avx512bw,avx512cd,avx512dq,avx512vl,prefer-256-bit"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,prefer-vector-width=256")
#endif
namespace ctorch::avx512 {
#include "loop_bodies.h"
}
#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
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
