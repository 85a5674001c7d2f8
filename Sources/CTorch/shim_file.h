// Shared by the files of this target.
#pragma once

#include <stdbool.h>

#include "ctorch.h"

typedef struct {
    // Its path, or its name alone where it does not lie beside the program.
    char path[4096];
    // The libtorch it was built for, "1.13.1"; empty where there is no shim.
    char version[32];
    // Whether that is the system's libtorch, which computes products with the system's BLAS. Others bring their own.
    bool uses_system_blas;
    // Whether it was built for a libtorch with CUDA.
    bool has_cuda;
} ct_shim_file;

// Looks once, and does not load it.
const ct_shim_file *ct_find_shim(void);
