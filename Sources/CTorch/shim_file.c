// Finds the shim and reads, without loading it, which libtorch it was built for.
//
// Loading takes 0.3 s and decides which kernels OpenBLAS uses, so both questions have to be answered before.
#ifdef __linux__
// For memmem.
#define _GNU_SOURCE
#endif
#include "shim_file.h"

#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static ct_shim_file file = {.path = CT_SHIM_NAME};

// In the program's folder; where that cannot be told, the name alone, which the system looks up.
static void find(void) {
    const char *wanted = getenv(CT_SHIM_VARIABLE);
    if (wanted != NULL && wanted[0] != '\0') {
        snprintf(file.path, sizeof file.path, "%s", wanted);
        return;
    }
#ifdef __linux__
    char program[sizeof file.path - sizeof CT_SHIM_NAME - 1];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0) return;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL) return;
    slash[1] = '\0';
    char path[sizeof file.path];
    snprintf(path, sizeof path, "%s%s", program, CT_SHIM_NAME);
    if (access(path, F_OK) == 0) memcpy(file.path, path, sizeof path);
#endif
}

// The text `CT_SHIM_MARK <version> <owner>[ cuda];`, which the shim holds as a constant.
static void read_mark(const char *bytes, size_t count) {
    const char *mark = memmem(bytes, count, CT_SHIM_MARK, sizeof CT_SHIM_MARK - 1);
    if (mark == NULL) return;
    const char *start = mark + sizeof CT_SHIM_MARK - 1, *limit = bytes + count;
    const char *end = memchr(start, ';', (size_t)(limit - start));
    if (end == NULL || end - start >= (ptrdiff_t)sizeof file.version) return;
    char text[sizeof file.version];
    memcpy(text, start, (size_t)(end - start));
    text[end - start] = '\0';
    char *space = strchr(text, ' ');
    if (space == NULL) return;
    file.uses_system_blas = strcmp(space + 1, "system") == 0;
    file.has_cuda = strstr(space + 1, " cuda") != NULL;
    *space = '\0';
    snprintf(file.version, sizeof file.version, "%s", text);
}

static void inspect(void) {
    find();
    int descriptor = open(file.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (descriptor < 0) return;
    if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        size_t count = (size_t)status.st_size;
        char *bytes = mmap(NULL, count, PROT_READ, MAP_PRIVATE, descriptor, 0);
        if (bytes != MAP_FAILED) {
            read_mark(bytes, count);
            munmap(bytes, count);
        }
    }
    close(descriptor);
}

const ct_shim_file *ct_find_shim(void) {
    pthread_once(&once, inspect);
    return &file;
}
