// Loads the shim over libtorch, `libTorchShim`, when its first function is called.
//
// libtorch comes with some 150 libraries, whose loading takes 0.3 s; commands that need no tensors are not to wait
// for it. The program is not linked with them: the library beside it is, and is found as any other is, in the
// folder of the program first.
#include <dlfcn.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

// Its folder is not on the include path, and nothing else is needed from there.
#include <torch/csrc/api/include/torch/version.h>

#include "loader.h"

#ifdef __APPLE__
#define SHIM "libTorchShim.dylib"
#else
#define SHIM "libTorchShim.so"
#endif

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *shim;
static _Atomic bool loaded;
static char reason[512] = "";
static const char *chosen_kernels = NULL;
static const char *chosen_capability = NULL;

// libtorch's own choice is AVX2, for processors that lower their clock for AVX-512; it believes what it is told, so the
// processor is asked here. NULL leaves the choice to libtorch.
static const char *widest_capability(void) {
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")
        && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma"))
        return "avx512";
#endif
    return NULL;
}

// What the processor can do decides which kernels compute, and so on the last bits; the libraries let the environment say
// otherwise. Bits are to depend on program and processor alone, so those variables count only with this program's prefix.
// A constructor, because nothing else runs yet: the environment is not to be changed beside threads.
__attribute__((constructor)) static void ct_choose_kernels(void) {
    unsetenv("OPENBLAS_L2_SIZE");
    unsetenv("DNNL_MAX_CPU_ISA");
    unsetenv("ONEDNN_MAX_CPU_ISA");
    chosen_kernels = getenv(CT_KERNELS_VARIABLE);
    if (chosen_kernels == NULL) unsetenv("OPENBLAS_CORETYPE");
    else setenv("OPENBLAS_CORETYPE", chosen_kernels, 1);
    chosen_capability = getenv(CT_CAPABILITY_VARIABLE);
    const char *capability = chosen_capability != NULL ? chosen_capability : widest_capability();
    if (capability == NULL) unsetenv("ATEN_CPU_CAPABILITY");
    else setenv("ATEN_CPU_CAPABILITY", capability, 1);
    // oneDNN keeps 1,024 kernels and lets go of the oldest. In oneDNN 2.6 a bfloat16 product was seen to copy an attribute
    // that was gone, of which libtorch failed with an absurd size: likely where a kernel is made anew from a description
    // that was kept, which points into one that was not. With room for all shapes of a process, none is made anew.
    setenv("DNNL_PRIMITIVE_CACHE_CAPACITY", "16384", 0);
}

const char *ct_chosen_kernels(void) { return chosen_kernels; }

const char *ct_chosen_capability(void) { return chosen_capability; }

static void load(void) {
    // Global, since MKL, where libtorch has it, looks for its own symbols there; all at once, so that a library of
    // another version fails here and not at some later call.
    shim = dlopen(SHIM, RTLD_NOW | RTLD_GLOBAL);
    if (shim == NULL) {
        const char *error = dlerror();
        snprintf(reason, sizeof reason, "%s", error != NULL ? error : SHIM " is not there");
    }
    atomic_store_explicit(&loaded, shim != NULL, memory_order_release);
}

ct_status ct_load(void) {
    pthread_once(&once, load);
    return (ct_status){shim != NULL ? CT_OK : CT_UNAVAILABLE};
}

void *ct_shim_symbol(_Atomic(void *) *known, const char *name) {
    void *symbol = atomic_load_explicit(known, memory_order_acquire);
    if (symbol != NULL) return symbol;
    if (ct_load().code != CT_OK) return NULL;
    symbol = dlsym(shim, name);
    if (symbol == NULL) {
        snprintf(reason, sizeof reason, SHIM " is of another version than the program: it has no %s", name);
        return NULL;
    }
    atomic_store_explicit(known, symbol, memory_order_release);
    return symbol;
}

const char *ct_unavailable_reason(void) { return reason; }

bool ct_is_loaded(void) { return atomic_load_explicit(&loaded, memory_order_acquire); }

const char *ct_version(void) { return TORCH_VERSION; }

void ct_keep_freed_memory(int32_t bytes) {
#ifdef __GLIBC__
    // Blocks of 32 MiB and more are mapped one by one whatever the threshold, unless none may be; and only the first arena
    // can hold blocks of that size.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, bytes);
#else
    (void)bytes;
#endif
}
