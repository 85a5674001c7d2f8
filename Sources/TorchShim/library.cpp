// Threads, generators; making, reading and freeing tensors; autograd.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <pthread.h>
#include <stdexcept>
#include <sys/mman.h>
#include <torch/csrc/api/include/torch/version.h>
#include <unistd.h>
#include <vector>

#include "internal.h"

#ifdef CT_FOREIGN_LIBTORCH
#define OWNER "other"
#else
#define OWNER "system"
#endif

// Only a libtorch with CUDA has this header.
#if __has_include(<ATen/cuda/CUDAConfig.h>)
#define DEVICES " cuda"
#else
#define DEVICES ""
#endif

// Read from the file by the program (`ct_find_shim`).
extern "C" __attribute__((used, visibility("default"))) const char ct_shim_mark[] = CT_SHIM_MARK TORCH_VERSION " " OWNER DEVICES
    ";";

namespace ctorch {

std::string &last_error() {
    thread_local std::string message;
    return message;
}

static std::string memory_in_use() {
    auto lines = [](const char *path) {
        std::ifstream file(path);
        return std::count(std::istreambuf_iterator<char>(file), {}, '\n');
    };
    std::ifstream file("/proc/self/statm");
    long pages = 0, resident = 0;
    file >> pages >> resident;
    long mebibytes = resident * (sysconf(_SC_PAGESIZE) >> 10) >> 10;
    return std::to_string(mebibytes) + " MiB resident, " + std::to_string(lines("/proc/self/maps")) + " mappings";
}

void set_out_of_memory(const std::bad_alloc &error) noexcept {
    try {
        last_error() = "out of memory (" + std::string(error.what()) + ") with " + memory_in_use();
    } catch (...) {
        // Thirteen characters lie in the string itself, where nothing needs to be allocated.
        last_error() = "out of memory";
    }
}

void forget_kernels() {
    // Looked up because a libtorch that brings its own oneDNN shows none of it.
    auto get = reinterpret_cast<int (*)(int *)>(dlsym(RTLD_DEFAULT, "dnnl_get_primitive_cache_capacity"));
    auto set = reinterpret_cast<int (*)(int)>(dlsym(RTLD_DEFAULT, "dnnl_set_primitive_cache_capacity"));
    int capacity = 0;
    if (get == nullptr || set == nullptr || get(&capacity) != 0) return;
    set(0);
    set(capacity);
}

at::ScalarType scalar_type(int32_t dtype) {
    switch (dtype) {
    case CT_FLOAT32: return at::kFloat;
    case CT_FLOAT64: return at::kDouble;
    case CT_FLOAT16: return at::kHalf;
    case CT_BFLOAT16: return at::kBFloat16;
    case CT_INT64: return at::kLong;
    case CT_INT32: return at::kInt;
    case CT_UINT8: return at::kByte;
    case CT_BOOL: return at::kBool;
    default: TORCH_CHECK(false, "unknown dtype code ", dtype);
    }
}

int32_t dtype_code(at::ScalarType type) {
    switch (type) {
    case at::kFloat: return CT_FLOAT32;
    case at::kDouble: return CT_FLOAT64;
    case at::kHalf: return CT_FLOAT16;
    case at::kBFloat16: return CT_BFLOAT16;
    case at::kLong: return CT_INT64;
    case at::kInt: return CT_INT32;
    case at::kByte: return CT_UINT8;
    case at::kBool: return CT_BOOL;
    default: TORCH_CHECK(false, "dtype ", type, " has no code");
    }
}

namespace {

// The system makes no thread; `code` is pthread_create's.
struct NoThread : std::runtime_error {
    explicit NoThread(int code)
        : std::runtime_error("the system makes no thread for libtorch: " + std::string(std::strerror(code)) +
                             "; see ulimit -u and ulimit -v") {}
};

// Guards what follows, and lets one thread at a time make a pool.
std::mutex pool_lock;
// Whether libtorch has its pool of threads.
bool has_pool = false;
// Why the system made no thread; 0 where it made all.
int refusal = 0;

void *wait_for(void *gate) {
    pthread_mutex_lock(static_cast<pthread_mutex_t *>(gate));
    pthread_mutex_unlock(static_cast<pthread_mutex_t *>(gate));
    return nullptr;
}

// Makes so many threads, all at the same time, and ends them. glibc keeps their stacks for those that follow.
int make_threads(size_t count) {
    std::vector<pthread_t> threads(count);
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    size_t made = 0;
    int code = 0;
    pthread_mutex_lock(&gate);
    while (made < count && code == 0) {
        code = pthread_create(&threads[made], nullptr, wait_for, &gate);
        if (code == 0) made++;
    }
    pthread_mutex_unlock(&gate);
    for (size_t index = 0; index < made; index++) pthread_join(threads[index], nullptr);
    return code;
}

// How many threads libtorch's first pool has beside the one that makes it. Looked up because a libtorch that brings
// its own cpuinfo shows none of it.
size_t first_pool_size() {
    auto prepare = reinterpret_cast<bool (*)()>(dlsym(RTLD_DEFAULT, "cpuinfo_initialize"));
    auto ask = reinterpret_cast<uint32_t (*)()>(dlsym(RTLD_DEFAULT, "cpuinfo_get_processors_count"));
    long count = prepare != nullptr && ask != nullptr && prepare() ? ask() : sysconf(_SC_NPROCESSORS_ONLN);
    return count > 1 ? static_cast<size_t>(count - 1) : 0;
}

// Throws NoThread where the system does not make the threads of the first pool, unless that is there, and `further`
// ones beside them: pthreadpool does not look at what pthread_create says, and waits for ever for a thread that was
// refused. Under `pool_lock`.
void require_threads(size_t further) {
    const size_t count = (has_pool ? 0 : first_pool_size()) + further;
    if (refusal == 0 && count > 0) refusal = make_threads(count);
    if (refusal != 0) throw NoThread(refusal);
}

template <typename Body> ct_status protect_threads(Body body) {
    bool is_refused = false;
    const ct_status status = protect([&] {
        std::lock_guard<std::mutex> guard(pool_lock);
        try {
            body();
        } catch (const NoThread &) {
            is_refused = true;
            throw;
        }
    });
    return is_refused ? ct_status{CT_NO_THREADS} : status;
}

}  // namespace

static at::Generator &get(ct_generator handle) { return *static_cast<at::Generator *>(handle.pointer); }

}  // namespace ctorch

using namespace ctorch;

const char *ct_last_error(void) { return last_error().c_str(); }

ct_status ct_require_threads(void) {
    return protect_threads([] { require_threads(0); });
}

ct_status ct_set_thread_count(int32_t count) {
    return protect_threads([&] {
        // The pool of the new number is made before the old one is given up.
        require_threads(count > 1 ? static_cast<size_t>(count - 1) : 0);
        at::set_num_threads(count);
        has_pool = true;
        // OpenBLAS keeps its own pool, which at::set_num_threads does not reach. The symbol is looked up because
        // a libtorch built with another BLAS has none.
        using SetThreads = void (*)(int);
        if (auto set = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))) set(count);
    });
}

ct_status ct_set_deterministic(bool enabled) {
    return protect([&] { at::globalContext().setDeterministicAlgorithms(enabled, false); });
}

ct_status ct_set_flush_denormal(bool enabled) {
    return protect([&] { at::globalContext().setFlushDenormal(enabled); });
}

ct_status ct_set_grad_enabled(bool enabled, bool *previous) {
    return protect([&] {
        if (previous) *previous = c10::GradMode::is_enabled();
        c10::GradMode::set_enabled(enabled);
    });
}

ct_status ct_generator_new(uint64_t seed, ct_generator *out) {
    return protect([&] {
        out->pointer = new at::Generator(at::make_generator<at::CPUGeneratorImpl>(seed));
    });
}

void ct_generator_free(ct_generator generator) { delete static_cast<at::Generator *>(generator.pointer); }

ct_status ct_full(const int64_t *shape, int32_t rank, double value, int32_t dtype, ct_tensor *out) {
    return protect([&] {
        at::TensorOptions options = at::TensorOptions().dtype(scalar_type(dtype)).device(device());
        give(out, at::full(list(shape, rank), value, options));
    });
}

ct_status ct_arange(double start, double end, double step, int32_t dtype, ct_tensor *out) {
    return protect([&] { give(out, on_device(at::arange(start, end, step, scalar_type(dtype)))); });
}

ct_status ct_randn(const int64_t *shape, int32_t rank, ct_generator generator, ct_tensor *out) {
    return protect([&] { give(out, on_device(at::randn(list(shape, rank), get(generator), at::kFloat))); });
}

ct_status ct_rand(const int64_t *shape, int32_t rank, ct_generator generator, ct_tensor *out) {
    return protect([&] { give(out, on_device(at::rand(list(shape, rank), get(generator), at::kFloat))); });
}

ct_status ct_zeros(const int64_t *shape, int32_t rank, int32_t dtype, ct_tensor *out) {
    return protect([&] {
        at::TensorOptions options = at::TensorOptions().dtype(scalar_type(dtype));
        if (!device().is_cpu()) return give(out, at::zeros(list(shape, rank), options.device(device())));
        size_t bytes = options.dtype().itemsize();
        for (int32_t axis = 0; axis < rank; axis++) bytes *= static_cast<size_t>(shape[axis]);
        // The system's fresh pages are zero, and cost nothing before they are used: a large network whose weights will be
        // those of a mapped file never touches them. malloc would take, and clear, what somebody has freed.
        if (bytes >= size_t{16} << 20) {
            void *pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            if (pages == MAP_FAILED) throw std::bad_alloc();
            give(out, at::from_blob(pages, list(shape, rank), [bytes](void *block) { munmap(block, bytes); }, options));
            return;
        }
        void *memory = std::calloc(bytes > 0 ? bytes : 1, 1);
        if (memory == nullptr) throw std::bad_alloc();
        give(out, at::from_blob(memory, list(shape, rank), [](void *block) { std::free(block); }, options));
    });
}

ct_status ct_from_memory(void *memory, size_t byte_count, const int64_t *shape, int32_t rank, int32_t dtype,
                         void (*release)(void *owner), void *owner, ct_tensor *out) {
    return protect([&] {
        std::shared_ptr<void> lease(owner, release);
        at::TensorOptions options = at::TensorOptions().dtype(scalar_type(dtype));
        at::Tensor tensor = at::from_blob(memory, list(shape, rank), [lease](void *) {}, options);
        TORCH_CHECK(tensor.nbytes() == byte_count, byte_count, " bytes lent for ", tensor.nbytes());
        give(out, on_device(std::move(tensor)));
    });
}

ct_status ct_set_data(ct_tensor target, ct_tensor source) {
    return protect([&] {
        TORCH_CHECK(get(target).sizes() == get(source).sizes(), "memory of another shape");
        at::Tensor &own = get(target), &other = get(source);
        // libtorch lets the memory alone be of one type and device; whoever holds the handle sees the other tensor, too.
        if (own.dtype() == other.dtype() && own.device() == other.device()) own.set_data(other);
        else own = other.detach();
    });
}

ct_status ct_from_bytes(const void *bytes, size_t byte_count, const int64_t *shape, int32_t rank, int32_t dtype,
                        ct_tensor *out) {
    return protect([&] {
        at::Tensor tensor = at::empty(list(shape, rank), scalar_type(dtype));
        TORCH_CHECK(tensor.nbytes() == byte_count, byte_count, " bytes given for ", tensor.nbytes());
        if (byte_count > 0) std::memcpy(tensor.data_ptr(), bytes, byte_count);
        give(out, on_device(std::move(tensor)));
    });
}

ct_status ct_copy_bytes(ct_tensor tensor, void *bytes, size_t byte_count) {
    return protect([&] {
        if (is_out_of_memory()) {
            std::memset(bytes, 0, byte_count);
            return;
        }
        at::Tensor source = get(tensor).cpu().contiguous();
        TORCH_CHECK(source.nbytes() == byte_count, "room for ", byte_count, " bytes of ", source.nbytes());
        if (byte_count > 0) std::memcpy(bytes, source.data_ptr(), byte_count);
    });
}

ct_status ct_item(ct_tensor tensor, double *out) {
    return protect([&] { *out = is_out_of_memory() ? 0 : get(tensor).item().toDouble(); });
}

ct_status ct_rank(ct_tensor tensor, int32_t *out) {
    return protect([&] { *out = static_cast<int32_t>(get(tensor).dim()); });
}

ct_status ct_shape(ct_tensor tensor, int64_t *shape, int32_t rank) {
    return protect([&] {
        auto sizes = get(tensor).sizes();
        TORCH_CHECK(static_cast<size_t>(rank) == sizes.size(), "rank ", sizes.size(), ", room for ", rank);
        std::copy(sizes.begin(), sizes.end(), shape);
    });
}

ct_status ct_dtype(ct_tensor tensor, int32_t *out) {
    return protect([&] { *out = dtype_code(get(tensor).scalar_type()); });
}

void ct_free(ct_tensor tensor) { delete static_cast<at::Tensor *>(tensor.pointer); }

ct_status ct_set_requires_grad(ct_tensor tensor, bool enabled) {
    return protect([&] { get(tensor).requires_grad_(enabled); });
}

ct_status ct_requires_grad(ct_tensor tensor, bool *out) {
    return protect([&] { *out = get(tensor).requires_grad(); });
}

ct_status ct_backward(ct_tensor tensor) {
    return protect([&] {
        if (!is_out_of_memory()) get(tensor).backward();
    });
}

ct_status ct_grad(ct_tensor tensor, ct_tensor *out) {
    return protect([&] {
        const at::Tensor &gradient = get(tensor).grad();
        if (gradient.defined()) give(out, gradient);
        else out->pointer = nullptr;
    });
}

ct_status ct_detach(ct_tensor tensor, ct_tensor *out) {
    return protect([&] { give(out, get(tensor).detach()); });
}
