// Names of GPUs, from NVIDIA's driver. Its interface is stable and asks no library of CUDA; entering a context, which takes
// memory of the GPU, is not needed for names.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "loader.h"
#include "shim_file.h"

static pthread_once_t asked = PTHREAD_ONCE_INIT;
static char names[2048] = "";

static void ask(void) {
    void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (driver == NULL) return;
    int (*init)(unsigned) = (int (*)(unsigned))dlsym(driver, "cuInit");
    int (*count_of)(int *) = (int (*)(int *))dlsym(driver, "cuDeviceGetCount");
    int (*get)(int *, int) = (int (*)(int *, int))dlsym(driver, "cuDeviceGet");
    int (*name_of)(char *, int, int) = (int (*)(char *, int, int))dlsym(driver, "cuDeviceGetName");
    int (*memory_of)(size_t *, int) = (int (*)(size_t *, int))dlsym(driver, "cuDeviceTotalMem_v2");
    int count = 0;
    if (init == NULL || count_of == NULL || get == NULL || name_of == NULL || memory_of == NULL) return;
    if (init(0) != 0 || count_of(&count) != 0) return;
    for (int index = 0; index < count; index++) {
        int device = 0;
        char name[128] = "";
        size_t memory = 0, length = strlen(names);
        if (get(&device, index) != 0 || name_of(name, sizeof name, device) != 0 || memory_of(&memory, device) != 0) continue;
        snprintf(names + length, sizeof names - length, "%s%s %zu GiB", length > 0 ? ", " : "", name, memory >> 30);
    }
}

const char *ct_gpus(void) {
    if (!ct_find_shim()->has_cuda) return NULL;
    pthread_once(&asked, ask);
    return names;
}
