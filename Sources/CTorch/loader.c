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
#include <string.h>

#include "loader.h"
#include "shim_file.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *shim;
static _Atomic bool loaded;
// What `ct_load` came to where there is no shim.
static int32_t failure = CT_UNAVAILABLE;
// Has room for a path.
static char reason[4608] = "";
static ct_needed *needed = NULL;
static ct_needed **last_needed = &needed;
static pthread_once_t chosen = PTHREAD_ONCE_INIT;
static pthread_once_t tried = PTHREAD_ONCE_INIT;
static const char *candidates[8];
static int32_t candidate_count = 0;
static const char *capability = "default";
static ct_blas blas;
static char blas_text[256];

void ct_need(ct_needed *function) {
    *last_needed = function;
    last_needed = &function->next;
}

// The value of a variable of this program; NULL where it is empty too.
static const char *given(const char *variable) {
    const char *value = getenv(variable);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

// The vector extensions that this processor has of those that libtorch has kernels for, widest first.
static const char *const *capabilities(void) {
    static const char *const all[] = {"avx512", "avx2", "default", NULL};
    const char *const *first = all;
    while (first[1] != NULL && strcmp(*first, ct_processor_capability()) != 0) first++;
    return first;
}

// What the processor can do decides which kernels compute, and so on the last bits; the libraries let the environment say
// otherwise. Bits are to depend on program and processor alone, so those variables count only with this program's prefix.
static void choose_kernels(void) {
    unsetenv("OPENBLAS_L2_SIZE");
    unsetenv("DNNL_MAX_CPU_ISA");
    unsetenv("ONEDNN_MAX_CPU_ISA");
    const char *wanted = given(CT_KERNELS_VARIABLE);
    if (wanted != NULL) candidates[candidate_count++] = wanted;
    else candidate_count = ct_processor_kernels(candidates, 8);
    if (candidate_count > 0) setenv("OPENBLAS_CORETYPE", candidates[0], 1);
    else unsetenv("OPENBLAS_CORETYPE");
    // A value that is not allowed is an error where libtorch is loaded.
    const char *wanted_capability = given(CT_CAPABILITY_VARIABLE);
    capability = ct_processor_capability();
    for (const char *const *known = capabilities(); wanted_capability != NULL && *known != NULL; known++)
        if (strcmp(*known, wanted_capability) == 0) capability = *known;
    setenv("ATEN_CPU_CAPABILITY", capability, 1);
    // oneDNN keeps 1,024 kernels and lets go of the oldest. In oneDNN 2.6 a bfloat16 product was seen to copy an attribute
    // that was gone, of which libtorch failed with an absurd size: likely where a kernel is made anew from a description
    // that was kept, which points into one that was not. With room for all shapes of a process, none is made anew.
    setenv("DNNL_PRIMITIVE_CACHE_CAPACITY", "16384", 0);
}

void ct_choose_kernels(void) { pthread_once(&chosen, choose_kernels); }

static void try_kernels(void) {
    ct_choose_kernels();
    // A libtorch of the user's has a BLAS inside, in which nothing can be chosen.
    if (!ct_find_shim()->uses_system_blas) return;
    // What libtorch is linked with; it stays loaded, and so is what libtorch finds.
    blas = ct_blas_with_kernels("libblas.so.3", candidates, candidate_count);
    snprintf(blas_text, sizeof blas_text, "%s%s%s%s%s%s", blas.library, blas.kernels[0] != '\0' ? " as " : "", blas.kernels,
             blas.rejected[0] != '\0' ? " (not " : "", blas.rejected, blas.rejected[0] != '\0' ? ")" : "");
}

const char *ct_kernels(void) {
    pthread_once(&tried, try_kernels);
    return blas.found ? blas_text : NULL;
}

const char *ct_capability(void) {
    ct_choose_kernels();
    return capability;
}

// From 1 to 18 digits that are not all zeros.
static bool is_byte_count(const char *text) {
    const size_t length = strlen(text);
    return length <= 18 && strspn(text, "0123456789") == length && strspn(text, "0") < length;
}

// Whether the variables of this program have allowed values; otherwise the reason says which has not.
static bool has_right_variables(void) {
    const char *wanted = given(CT_CAPABILITY_VARIABLE), *limit = given(CT_MEMORY_VARIABLE);
    if (wanted != NULL && strcmp(wanted, capability) != 0) {
        snprintf(reason, sizeof reason, CT_CAPABILITY_VARIABLE " is '%.100s'; allowed here: ", wanted);
        for (const char *const *known = capabilities(); *known != NULL; known++) {
            const size_t used = strlen(reason);
            snprintf(reason + used, sizeof reason - used, "%s%s", *known, known[1] != NULL ? ", " : "");
        }
        return false;
    }
    if (limit != NULL && !is_byte_count(limit)) {
        snprintf(reason, sizeof reason,
                 CT_MEMORY_VARIABLE " is '%.100s'; allowed: a whole number of bytes from 1 to 999999999999999999", limit);
        return false;
    }
    return true;
}

static void load(void) {
    ct_choose_kernels();
    if (!has_right_variables()) {
        failure = CT_BAD_VARIABLE;
        return;
    }
    if (ct_kernels() != NULL && !blas.right) {
        snprintf(reason, sizeof reason, "%s has no kernels that compute right on this processor (%s)", blas.library,
                 blas.rejected[0] != '\0' ? blas.rejected : "wrong products");
        return;
    }
    // Global, since MKL, where libtorch has it, looks for its own symbols there; all at once, so that a library of
    // another version fails here and not at some later call.
    void *library = dlopen(ct_find_shim()->path, RTLD_NOW | RTLD_GLOBAL);
    if (library == NULL) {
        const char *error = dlerror();
        snprintf(reason, sizeof reason, "%s", error != NULL ? error : CT_SHIM_NAME " is not there");
        return;
    }
    for (const ct_needed *function = needed; function != NULL; function = function->next) {
        if (dlsym(library, function->name) != NULL) continue;
        // It stays loaded: libtorch, which may lie under it, is not to be unloaded.
        snprintf(reason, sizeof reason, "%s is of another version than the program (it has no %s)",
                 ct_find_shim()->path, function->name);
        failure = CT_OTHER_VERSION;
        return;
    }
    shim = library;
    atomic_store_explicit(&loaded, true, memory_order_release);
}

ct_status ct_load(void) {
    pthread_once(&once, load);
    return (ct_status){shim != NULL ? CT_OK : failure};
}

void *ct_shim_symbol(_Atomic(void *) *known, const char *name) {
    void *symbol = atomic_load_explicit(known, memory_order_acquire);
    if (symbol != NULL) return symbol;
    if (ct_load().code != CT_OK) return NULL;
    // It is there: `load` has looked for all.
    symbol = dlsym(shim, name);
    atomic_store_explicit(known, symbol, memory_order_release);
    return symbol;
}

const char *ct_unavailable_reason(void) { return reason; }

bool ct_is_loaded(void) { return atomic_load_explicit(&loaded, memory_order_acquire); }

const char *ct_version(void) { return ct_find_shim()->version; }

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
