// Shared by the files of this target.
#pragma once

#include <stdatomic.h>

#include "ctorch.h"

// The shim's function called `name`, looked up once and then kept in `known`; NULL where there is none, or no shim.
void *ct_shim_symbol(_Atomic(void *) *known, const char *name);
// Why there is no shim, or no such function in it.
const char *ct_unavailable_reason(void);
