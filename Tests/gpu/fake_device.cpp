// A device that is not the CPU and needs no hardware: libtorch's PrivateUse1, with memory that the processor may not touch.
//
// Its tensors lie in pages without any right; only copies to and from the CPU get at them. Operators are computed by
// libtorch's fallback, which copies to the CPU and back. So a program that takes a device's memory for the CPU's ends with
// SIGSEGV, one that mixes tensors of both with libtorch's error, and all values are the CPU's. There are two devices, so
// that tensors of the wrong one of them are found, too.
//
// Built into the shim by fake.sh, with -DCT_ACCELERATOR=c10::DeviceType::PrivateUse1; for libtorch 2.6 or later.
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/autocast_mode.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <torch/library.h>

namespace {

constexpr c10::DeviceType fake = c10::DeviceType::PrivateUse1;
thread_local c10::DeviceIndex current = 0;

// ---- Memory -----------------------------------------------------------------------------------------------

size_t in_pages(size_t bytes) { return (std::max<size_t>(bytes, 1) + 4095) / 4096 * 4096; }

// Held while a copy runs: another thread's copy may use the same memory.
std::recursive_mutex copying;
std::map<void *, size_t> blocks;

void release(void *memory) {
    std::lock_guard<std::recursive_mutex> guard(copying);
    auto block = blocks.find(memory);
    if (block == blocks.end()) return;
    munmap(memory, block->second);
    blocks.erase(block);
}

struct PageAllocator final : c10::Allocator {
    c10::DataPtr allocate(size_t bytes) override {
        void *memory = mmap(nullptr, in_pages(bytes), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        std::lock_guard<std::recursive_mutex> guard(copying);
        blocks[memory] = in_pages(bytes);
        return {memory, memory, &release, c10::Device(fake, current)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void *target, const void *source, std::size_t count) const override {
        std::lock_guard<std::recursive_mutex> guard(copying);
        mprotect(target, in_pages(count), PROT_READ | PROT_WRITE);
        mprotect(const_cast<void *>(source), in_pages(count), PROT_READ | PROT_WRITE);
        std::memcpy(target, source, count);
        mprotect(target, in_pages(count), PROT_NONE);
        mprotect(const_cast<void *>(source), in_pages(count), PROT_NONE);
    }
};

PageAllocator pages;

// A tensor of the CPU over the memory of one of the device, which is open as long as this lives.
class Opened {
public:
    explicit Opened(const at::Tensor &tensor) : guard(copying), view(tensor) {
        if (tensor.is_cpu()) return;
        start = tensor.storage().mutable_data();
        bytes = in_pages(tensor.storage().nbytes());
        mprotect(start, bytes, PROT_READ | PROT_WRITE);
        char *first = static_cast<char *>(start) + tensor.storage_offset() * int64_t(tensor.itemsize());
        view = at::from_blob(first, tensor.sizes(), tensor.strides(), at::TensorOptions().dtype(tensor.scalar_type()));
    }
    ~Opened() {
        view = at::Tensor();
        if (start != nullptr) mprotect(start, bytes, PROT_NONE);
    }
    Opened(const Opened &) = delete;

private:
    std::lock_guard<std::recursive_mutex> guard;
    void *start = nullptr;
    size_t bytes = 0;

public:
    at::Tensor view;
};

// ---- Devices ----------------------------------------------------------------------------------------------

struct Guard final : c10::impl::NoOpDeviceGuardImpl<fake> {
    c10::Device exchangeDevice(c10::Device device) const override {
        c10::Device before = getDevice();
        current = device.index() < 0 ? 0 : device.index();
        return before;
    }
    c10::Device getDevice() const override { return c10::Device(fake, current); }
    void setDevice(c10::Device device) const override { exchangeDevice(device); }
    void uncheckedSetDevice(c10::Device device) const noexcept override { exchangeDevice(device); }
    c10::Stream getStream(c10::Device device) const noexcept override {
        return c10::Stream(c10::Stream::DEFAULT, c10::Device(fake, device.index() < 0 ? current : device.index()));
    }
    c10::Stream exchangeStream(c10::Stream stream) const noexcept override { return stream; }
    c10::DeviceIndex deviceCount() const noexcept override { return 2; }
    void record(void **, const c10::Stream &, const c10::DeviceIndex, const c10::EventFlag) const override {}
    void block(void *, const c10::Stream &) const override {}
    bool queryEvent(void *) const override { return true; }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

struct Hooks final : at::PrivateUse1HooksInterface {
    bool isBuilt() const override { return true; }
    bool isAvailable() const override { return true; }
    bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
    c10::DeviceIndex deviceCount() const override { return 2; }
    c10::DeviceIndex getCurrentDevice() const override { return current; }
};
Hooks hooks;
const bool are_registered = [] {
    c10::register_privateuse1_backend("fake");
    at::RegisterPrivateUse1HooksInterface(&hooks);
    c10::SetAllocator(fake, &pages);
    return true;
}();

// ---- Operators --------------------------------------------------------------------------------------------

at::Tensor empty(c10::SymIntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                 std::optional<at::Device> device, std::optional<bool>, std::optional<at::MemoryFormat> format) {
    const c10::DeviceGuard guard(device.value_or(c10::Device(fake, current)));
    return at::detail::empty_generic(C10_AS_INTARRAYREF_SLOW(size), &pages, c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                     c10::dtype_or_default(dtype), format);
}

at::Tensor empty_strided(c10::SymIntArrayRef size, c10::SymIntArrayRef stride, std::optional<at::ScalarType> dtype,
                         std::optional<at::Layout>, std::optional<at::Device> device, std::optional<bool>) {
    const c10::DeviceGuard guard(device.value_or(c10::Device(fake, current)));
    return at::detail::empty_strided_generic(C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride), &pages,
                                             c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), c10::dtype_or_default(dtype));
}

at::Tensor copy_from(const at::Tensor &self, const at::Tensor &target, bool) {
    Opened source(self), destination(target);
    destination.view.copy_(source.view);
    return target;
}

at::Tensor copy_from_and_resize(const at::Tensor &self, const at::Tensor &target) {
    if (self.sizes() != target.sizes()) {
        const size_t bytes = self.numel() * target.itemsize();
        if (bytes > target.storage().nbytes()) {
            target.storage().set_data_ptr_noswap(pages.allocate(bytes));
            target.storage().set_nbytes(bytes);
        }
        target.unsafeGetTensorImpl()->set_sizes_contiguous(self.sizes());
    }
    return copy_from(self, target, false);
}

at::Tensor as_strided(const at::Tensor &self, c10::SymIntArrayRef size, c10::SymIntArrayRef stride,
                      std::optional<c10::SymInt> offset) {
    std::optional<int64_t> start;
    if (offset.has_value()) start = offset->expect_int();
    return at::native::as_strided_tensorimpl(self, C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride), start);
}

at::Tensor view(const at::Tensor &self, c10::SymIntArrayRef size) {
    return at::native::view(self, C10_AS_INTARRAYREF_SLOW(size));
}

at::Tensor reshape_alias(const at::Tensor &self, c10::SymIntArrayRef size, c10::SymIntArrayRef stride) {
    return at::native::_reshape_alias(self, C10_AS_INTARRAYREF_SLOW(size), C10_AS_INTARRAYREF_SLOW(stride));
}

// The fallback has no convolution for other devices, and leaves batch norm's statistics as they were.
at::Tensor on_cpu(const std::optional<at::Tensor> &tensor) {
    return tensor.has_value() && tensor->defined() ? tensor->cpu() : at::Tensor();
}

void require_fake(const at::Tensor &tensor) {
    TORCH_CHECK(!tensor.defined() || tensor.device().type() == fake, "a tensor of ", tensor.device(), " among those of fake");
}

at::Tensor convolution(const at::Tensor &input, const at::Tensor &weight, const std::optional<at::Tensor> &bias,
                       at::IntArrayRef stride, at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed,
                       at::IntArrayRef output_padding, int64_t groups) {
    require_fake(weight);
    if (bias.has_value()) require_fake(*bias);
    return at::convolution(input.cpu(), weight.cpu(), on_cpu(bias), stride, padding, dilation, transposed, output_padding, groups)
        .to(input.device());
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> convolution_backward(
    const at::Tensor &gradient, const at::Tensor &input, const at::Tensor &weight, at::IntArrayRef stride,
    at::IntArrayRef padding, at::IntArrayRef dilation, bool transposed, at::IntArrayRef output_padding, int64_t groups,
    std::array<bool, 3> mask) {
    auto [a, b, c] = at::convolution_backward(gradient.cpu(), input.cpu(), weight.cpu(), at::IntArrayRef{weight.size(0)}, stride,
                                              padding, dilation, transposed, output_padding, groups, mask);
    auto back = [&](const at::Tensor &tensor) { return tensor.defined() ? tensor.to(input.device()) : tensor; };
    return {back(a), back(b), back(c)};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> batch_norm(
    const at::Tensor &input, const std::optional<at::Tensor> &weight, const std::optional<at::Tensor> &bias,
    const std::optional<at::Tensor> &mean, const std::optional<at::Tensor> &variance, bool training, double momentum,
    double epsilon) {
    at::Tensor new_mean = on_cpu(mean), new_variance = on_cpu(variance);
    auto [a, b, c] = at::native_batch_norm(input.cpu(), on_cpu(weight), on_cpu(bias), new_mean, new_variance, training, momentum, epsilon);
    if (training && new_mean.defined()) {
        mean->copy_(new_mean);
        variance->copy_(new_variance);
    }
    return {a.to(input.device()), b.to(input.device()), c.to(input.device())};
}

// As a GPU's operators do, and unlike the fallback: no tensor of the CPU among the inputs but numbers.
void require_one_device(const c10::OperatorHandle &op, const torch::jit::Stack &stack) {
    std::optional<c10::Device> device;
    auto require = [&](const at::Tensor &tensor) {
        if (!tensor.defined() || (tensor.is_cpu() && tensor.dim() == 0)) return;
        if (!device.has_value()) device = tensor.device();
        TORCH_CHECK(*device == tensor.device(), "tensors of ", *device, " and of ", tensor.device(), " in ",
                    toString(op.schema().operator_name()));
    };
    for (const c10::IValue &value : torch::jit::last(stack, op.schema().arguments().size())) {
        if (value.isTensor()) require(value.toTensor());
        if (value.isTensorList())
            for (const at::Tensor &tensor : value.toTensorVector()) require(tensor);
    }
}

void fallback(const c10::OperatorHandle &op, torch::jit::Stack *stack) {
    require_one_device(op, *stack);
    at::native::cpu_fallback(op, stack);
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) { library.fallback(torch::CppFunction::makeFromBoxedFunction<&fallback>()); }

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
    library.impl("empty.memory_format", empty);
    library.impl("empty_strided", empty_strided);
    library.impl("_copy_from", copy_from);
    library.impl("_copy_from_and_resize", copy_from_and_resize);
    library.impl("as_strided", as_strided);
    library.impl("view", view);
    library.impl("_reshape_alias", reshape_alias);
    library.impl("convolution_overrideable", convolution);
    library.impl("convolution_backward_overrideable", convolution_backward);
    library.impl("native_batch_norm", batch_norm);
}

TORCH_LIBRARY_IMPL(_, AutocastPrivateUse1, library) { library.fallback(torch::CppFunction::makeFallthrough()); }

// The products that CUDA's autocast computes in 16 bits.
TORCH_LIBRARY_IMPL(aten, AutocastPrivateUse1, m) {
    using namespace at::autocast;
    KERNEL_PRIVATEUSEONE(conv2d, lower_precision_fp)
    KERNEL_PRIVATEUSEONE(linear, lower_precision_fp)
    KERNEL_PRIVATEUSEONE(matmul, lower_precision_fp)
    KERNEL_PRIVATEUSEONE(baddbmm, lower_precision_fp)
    KERNEL_PRIVATEUSEONE(bmm, lower_precision_fp)
    KERNEL_PRIVATEUSEONE(softmax, int, fp32)
}

}  // namespace
