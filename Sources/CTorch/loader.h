// Shared by the files of this target.
#pragma once

#include <stdatomic.h>

#include "ctorch.h"

// A function that the shim must have. `forwards.c` has one for each of its functions, and registers it before
// the program begins.
typedef struct ct_needed {
    const char *name;
    struct ct_needed *next;
} ct_needed;
void ct_need(ct_needed *function);

// The shim's function called `name`, looked up once and then kept in `known`; NULL where there is none, or no shim.
void *ct_shim_symbol(_Atomic(void *) *known, const char *name);
// Why there is no shim, or no such function in it.
const char *ct_unavailable_reason(void);
