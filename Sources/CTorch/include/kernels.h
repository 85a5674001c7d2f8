// The kernels of the BLAS under libtorch: which of them the processor can run, and whether they compute right.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Where a BLAS was found, and what it computes with.
typedef struct {
    bool found;
    // Whether its products are those of plain loops.
    bool right;
    // As it names itself, with its version where it has one: "OpenBLAS 0.3.21".
    char library[48];
    // The processor that its kernels were written for, as OPENBLAS_CORETYPE names it; empty for another BLAS.
    char kernels[24];
    // What was tried before and taken back, and why; empty where the first choice was right.
    char rejected[160];
} ct_blas;

// Loads `library` with the first of the `count` kernels with which it computes right, and leaves it loaded.
// Unless OpenBLAS is behind it, there is no choice, and it is loaded once.
ct_blas ct_blas_with_kernels(const char *library, const char *const *kernels, int32_t count);

// libtorch's name for the widest vector extension that it has kernels for and the processor has.
const char *ct_processor_capability(void);

#ifdef __cplusplus
}
#endif
