// Zstandard: the simple functions of its library, which check what they read.
#pragma once

#include <zstd.h>
#include <zstd_errors.h>
