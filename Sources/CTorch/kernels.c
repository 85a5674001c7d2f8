// Chooses the kernels of OpenBLAS by what the processor can do.
//
// OpenBLAS chooses by the processor's model and takes SSE3 kernels where it does not know it: 0.3.21 (Debian 12) on every
// Intel server since Sapphire Rapids, a third to a quarter of its speed. Kernels of old versions are said to be wrong on
// some processors, so that a few products are compared with plain loops first. It decides when it is loaded: another choice
// is made by loading it anew.
#include "ctorch.h"

#include <dlfcn.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// ---- What the processor can do ------------------------------------------------------------------------------------

#ifdef __x86_64__
static bool has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

// With the extensions of every server since Skylake, which the kernels of both libraries use.
static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
        && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
}
#endif

int32_t ct_processor_kernels(const char **names, int32_t capacity) {
    const char *all[5];
    int32_t count = 0;
#ifdef __x86_64__
    if (has_avx512()) all[count++] = "SkylakeX";
    if (has_avx2()) all[count++] = "Haswell";
    if (__builtin_cpu_supports("avx")) all[count++] = "Sandybridge";
    if (__builtin_cpu_supports("sse4.2")) all[count++] = "Nehalem";
    all[count++] = "Prescott";
#endif
    for (int32_t index = 0; index < count && index < capacity; index++) names[index] = all[index];
    return count;
}

const char *ct_processor_capability(void) {
#ifdef __x86_64__
    // libtorch takes AVX2 where there is AVX-512, for processors that lower their clock for it, unless it is told.
    if (has_avx512()) return "avx512";
    if (has_avx2()) return "avx2";
#endif
    return "default";
}

// ---- Whether kernels compute right --------------------------------------------------------------------------------

// CBLAS's constants.
enum { ROWS = 101, PLAIN = 111, TURNED = 112 };

typedef void (*sgemm_function)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *,
                               int);
typedef void (*sgemv_function)(int, int, int, int, float, const float *, int, const float *, int, float, float *, int);

// Whole numbers from -5 to 5: every sum below is exact in float32, in whichever order it is made, so that right results are
// equal to the last bit.
static void fill(float *values, int count, int step) {
    for (int index = 0; index < count; index++) values[index] = (float)((index * step + 3) % 11 - 5);
}

static bool product_is_right(sgemm_function sgemm, int m, int n, int k, bool turn_left, bool turn_right) {
    // Rows are longer than the matrix is wide, as those of a part of a tensor.
    const int left_row = (turn_left ? m : k) + 3, right_row = (turn_right ? k : n) + 1, out_row = n + 2;
    const int left_count = (turn_left ? k : m) * left_row, right_count = (turn_right ? n : k) * right_row;
    float *memory = malloc(sizeof(float) * (size_t)(left_count + right_count + 2 * m * out_row));
    if (memory == NULL) return true;
    float *left = memory, *right = left + left_count, *out = right + right_count, *expected = out + m * out_row;
    fill(left, left_count, 7);
    fill(right, right_count, 5);
    fill(out, m * out_row, 4);
    memcpy(expected, out, sizeof(float) * (size_t)(m * out_row));
    for (int row = 0; row < m; row++)
        for (int column = 0; column < n; column++) {
            float sum = 0;
            for (int index = 0; index < k; index++)
                sum += (turn_left ? left[index * left_row + row] : left[row * left_row + index])
                    * (turn_right ? right[column * right_row + index] : right[index * right_row + column]);
            expected[row * out_row + column] = 2 * sum + expected[row * out_row + column];
        }
    sgemm(ROWS, turn_left ? TURNED : PLAIN, turn_right ? TURNED : PLAIN, m, n, k, 2, left, left_row, right, right_row, 1, out,
          out_row);
    bool right_result = memcmp(out, expected, sizeof(float) * (size_t)(m * out_row)) == 0;
    free(memory);
    return right_result;
}

static bool vector_product_is_right(sgemv_function sgemv, bool turn) {
    enum { rows = 37, columns = 70 };
    float matrix[rows * columns], vector[columns], out[columns], expected[columns];
    fill(matrix, rows * columns, 7);
    fill(vector, columns, 5);
    fill(out, columns, 4);
    memcpy(expected, out, sizeof out);
    for (int index = 0; index < (turn ? columns : rows); index++)
        for (int other = 0; other < (turn ? rows : columns); other++)
            expected[index] += (turn ? matrix[other * columns + index] : matrix[index * columns + other]) * vector[other];
    sgemv(ROWS, turn ? TURNED : PLAIN, rows, columns, 1, matrix, columns, vector, 1, 1, out, 1);
    return memcmp(out, expected, sizeof out) == 0;
}

static bool products_are_right(void *blas) {
    sgemm_function sgemm = (sgemm_function)dlsym(blas, "cblas_sgemm");
    sgemv_function sgemv = (sgemv_function)dlsym(blas, "cblas_sgemv");
    // Below and above the size to which OpenBLAS takes its kernels for small products, with odd edges.
    static const int sizes[][3] = {{1, 1, 1}, {5, 7, 3}, {33, 17, 65}, {113, 97, 101}};
    for (int which = 0; sgemm != NULL && which < 16; which++) {
        const int *size = sizes[which / 4];
        if (!product_is_right(sgemm, size[0], size[1], size[2], which & 1, which & 2)) return false;
    }
    return sgemv == NULL || (vector_product_is_right(sgemv, false) && vector_product_is_right(sgemv, true));
}

// Kernels with instructions that the processor does not have end in a signal.
static __thread sigjmp_buf *way_back = NULL;

static void leave(int number) {
    if (way_back != NULL) siglongjmp(*way_back, number);
    // Another thread's, which is none of ours.
    signal(number, SIG_DFL);
    raise(number);
}

// The signal that the products ended in, -1 where they are wrong, 0 where they are right.
static int trial(void *blas) {
    static const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGFPE};
    struct sigaction before[4], ours = {.sa_handler = leave, .sa_flags = SA_ONSTACK};
    sigemptyset(&ours.sa_mask);
    for (int index = 0; index < 4; index++) sigaction(signals[index], &ours, &before[index]);
    sigjmp_buf place;
    int number = sigsetjmp(place, 1);
    if (number == 0) {
        way_back = &place;
        number = products_are_right(blas) ? 0 : -1;
    }
    way_back = NULL;
    for (int index = 0; index < 4; index++) sigaction(signals[index], &before[index], NULL);
    return number;
}

// ---- Choosing -----------------------------------------------------------------------------------------------------

// "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …"; NULL for another BLAS.
static const char *configuration(void *blas) {
    const char *(*ask)(void) = (const char *(*)(void))dlsym(blas, "openblas_get_config");
    return ask != NULL ? ask() : NULL;
}

// "OpenBLAS 0.3.21" of that.
static void name_library(const char *configuration, ct_blas *result) {
    snprintf(result->library, sizeof result->library, "%s", configuration != NULL ? configuration : "another BLAS");
    if (configuration == NULL) return;
    char *end = strchr(result->library, ' ');
    if (end != NULL) end = strchr(end + 1, ' ');
    if (end != NULL) *end = '\0';
}

static void reject(ct_blas *result, const char *kernels, const char *why) {
    size_t used = strlen(result->rejected);
    snprintf(result->rejected + used, sizeof result->rejected - used, "%s%s: %s", used > 0 ? ", " : "", kernels, why);
}

ct_blas ct_blas_with_kernels(const char *library, const char *const *kernels, int32_t count) {
    ct_blas result = {.found = false};
    for (int32_t index = 0; index < (count > 0 ? count : 1); index++) {
        // The environment is not to be changed beside threads: `ct_choose_kernels` has set the first one.
        const char *now = getenv("OPENBLAS_CORETYPE");
        if (count > 0 && (now == NULL || strcmp(now, kernels[index]) != 0)) setenv("OPENBLAS_CORETYPE", kernels[index], 1);
        void *blas = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        if (blas == NULL) return result;
        result.found = true;
        const char *description = configuration(blas);
        name_library(description, &result);
        const char *(*core)(void) = (const char *(*)(void))dlsym(blas, "openblas_get_corename");
        if (core == NULL || count == 0) {
            result.right = trial(blas) == 0;
            return result;
        }
        snprintf(result.kernels, sizeof result.kernels, "%s", core());
        // One that was built for a single processor takes no other kernels, and names its own as "HASWELL".
        const bool is_fixed = description != NULL && strstr(description, "DYNAMIC_ARCH") == NULL;
        if (!is_fixed && strcasecmp(result.kernels, kernels[index]) != 0) {
            reject(&result, kernels[index], "this OpenBLAS has none");
        } else {
            int number = trial(blas);
            result.right = number == 0;
            if (result.right) return result;
            reject(&result, is_fixed ? result.kernels : kernels[index],
                   number < 0 ? "wrong products" : strsignal(number));
            // Nor do other names change anything.
            if (is_fixed) return result;
        }
        // The last ones stay, so that whoever asks sees them.
        if (index + 1 < count) dlclose(blas);
    }
    return result;
}
