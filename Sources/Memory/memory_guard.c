// Swift, and most C++, cannot go on where an allocation fails: they trap, which reads like a bug of the
// program. So the functions that allocate are replaced, as glibc's manual allows ("Replacing malloc"), by
// wrappers of glibc's own that print one sentence and end the program.
#include <stdlib.h> // It says whether the C library is glibc.

#include "memory_guard.h"

int memory_guard(void) { return MEMORY_EXIT_CODE; }

#ifdef __GLIBC__
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static atomic_flag is_told = ATOMIC_FLAG_INIT;

// Without memory, and without stdio, which would ask for some. Of several threads that are refused at once, the
// first tells it and ends the process; the others wait for that.
static void *refused(size_t size) {
    while (atomic_flag_test_and_set(&is_told)) pause();
    char text[160] = "fgl-sim: out of memory: the system refuses ", digits[24];
    size_t length = strlen(text), count = 0;
    do digits[count++] = (char)('0' + size % 10);
    while ((size /= 10) > 0);
    while (count > 0) text[length++] = digits[--count];
    const char *end = " bytes; see ulimit -v, or ask for less: fewer images, smaller batches, fewer --jobs\n";
    memcpy(text + length, end, strlen(end));
    length += strlen(end);
    if (write(STDERR_FILENO, text, length) < 0) {}
    _exit(MEMORY_EXIT_CODE);
}

void *malloc(size_t size) {
    void *memory = __libc_malloc(size);
    return memory != NULL ? memory : refused(size);
}

void *calloc(size_t count, size_t size) {
    void *memory = __libc_calloc(count, size);
    return memory != NULL ? memory : refused(count * size);
}

void *realloc(void *old, size_t size) {
    void *memory = __libc_realloc(old, size);
    return memory != NULL || size == 0 ? memory : refused(size);
}

void *memalign(size_t alignment, size_t size) {
    void *memory = __libc_memalign(alignment, size);
    return memory != NULL ? memory : refused(size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) return EINVAL;
    *result = memalign(alignment, size);
    return 0;
}
#endif
