// Modules in TorchScript, and the count of what a forward pass computes.

// The layout of at::RecordFunction depends on it, and libtorch is built with it.
#ifndef NDEBUG
#define NDEBUG
#endif
#include <ATen/record_function.h>
#include <c10/core/GradMode.h>
#include <cstring>
#include <mutex>
#include <sstream>
#include <torch/csrc/jit/api/function_impl.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include "internal.h"

using namespace ctorch;

namespace {

struct StateTensor {
    std::string name;
    at::Tensor tensor;
    bool is_parameter;
};

struct LoadedModule {
    torch::jit::Module module;
    std::vector<StateTensor> state;
    // Whether an operator of it draws random numbers.
    bool draws;
};

// Parameters, then buffers, then the modules inside: the order of torch.nn.Module.state_dict.
void collect(const torch::jit::Module &module, const std::string &prefix, std::vector<StateTensor> &state) {
    for (const auto &item : module.named_parameters(false)) state.push_back({prefix + item.name, item.value, true});
    for (const auto &item : module.named_buffers(false)) state.push_back({prefix + item.name, item.value, false});
    for (const auto &child : module.named_children()) collect(child.value, prefix + child.name + ".", state);
}

bool draws(const torch::jit::Block *block) {
    for (const torch::jit::Node *node : block->nodes()) {
        std::string name = node->kind().toQualString();
        bool is_random = node->isNondeterministic();
        for (const char *part : {"dropout", "rand", "bernoulli", "normal_", "rrelu", "exponential_", "multinomial"})
            is_random = is_random || name.find(part) != std::string::npos;
        if (is_random) return true;
        for (const torch::jit::Block *inner : node->blocks())
            if (draws(inner)) return true;
    }
    return false;
}

bool draws(const torch::jit::Module &module) {
    auto graph = torch::jit::toGraphFunction(module.get_method("forward").function()).graph()->copy();
    torch::jit::Inline(*graph);
    return draws(graph->block());
}

// libtorch's generator, which such operators draw from, is one for the whole process.
std::mutex random_numbers;

LoadedModule &get(ct_module handle) { return *static_cast<LoadedModule *>(handle.pointer); }

const char *type_name(at::ScalarType type) {
    switch (type) {
    case at::kFloat: return "float32";
    case at::kDouble: return "float64";
    case at::kHalf: return "float16";
    case at::kBFloat16: return "bfloat16";
    case at::kLong: return "int64";
    case at::kInt: return "int32";
    case at::kShort: return "int16";
    case at::kChar: return "int8";
    case at::kByte: return "uint8";
    case at::kBool: return "bool";
    default: return c10::toString(type);
    }
}

// ---- Counting -------------------------------------------------------------------------------------------

thread_local int64_t multiply_adds = 0;
// How many counted operators are under way, one inside another.
thread_local int nesting = 0;
thread_local at::CallbackHandle counter = 0;

// A counted operator under way.
struct Counted : at::ObserverContext {
    // For each element of the output, where the output's size decides.
    int64_t per_element = 0;
};

const at::Tensor &tensor(const at::RecordFunction &function, size_t index) { return function.inputs()[index].toTensor(); }

// The last two sizes of a matrix or of a batch of matrices.
int64_t rows(const at::Tensor &matrices) { return matrices.size(-2); }
int64_t columns(const at::Tensor &matrices) { return matrices.size(-1); }

std::unique_ptr<at::ObserverContext> begin_operator(const at::RecordFunction &function) {
    const char *name = function.name();
    if (std::strncmp(name, "aten::", 6) != 0) return nullptr;
    name += 6;
    auto is = [&](const char *other) { return std::strcmp(name, other) == 0; };
    auto counted = std::make_unique<Counted>();
    int64_t known = 0;
    if (is("convolution") || is("_convolution")) {
        const at::Tensor &input = tensor(function, 0), &weight = tensor(function, 1);
        int64_t taps = weight.numel() / std::max<int64_t>(1, weight.size(0));
        bool is_transposed = function.inputs()[6].toBool();
        if (is_transposed) known = input.numel() * taps;
        else counted->per_element = taps;
    } else if (is("mm") || is("bmm")) {
        known = tensor(function, 0).numel() * columns(tensor(function, 1));
    } else if (is("addmm") || is("baddbmm")) {
        known = tensor(function, 1).numel() * columns(tensor(function, 2));
    } else if (is("mv") || is("dot")) {
        known = tensor(function, 0).numel();
    } else if (is("addmv")) {
        known = tensor(function, 1).numel();
    } else if (std::strncmp(name, "_scaled_dot_product", 19) == 0) {
        const at::Tensor &query = tensor(function, 0), &key = tensor(function, 1), &value = tensor(function, 2);
        known = query.numel() / columns(query) * rows(key) * (columns(query) + columns(value));
    } else {
        return nullptr;
    }
    // An operator that is computed by another one counts once.
    if (nesting++ == 0) multiply_adds += known;
    else counted->per_element = 0;
    return counted;
}

void end_operator(const at::RecordFunction &function, at::ObserverContext *context) {
    auto *counted = static_cast<Counted *>(context);
    if (counted == nullptr) return;
    nesting--;
    if (counted->per_element > 0) multiply_adds += counted->per_element * function.outputs()[0].toTensor().numel();
}

}  // namespace

ct_status ct_module_load(const void *bytes, size_t byte_count, ct_module *out) {
    return protect([&] {
        std::istringstream stream(std::string(static_cast<const char *>(bytes), byte_count));
        auto loaded = std::make_unique<LoadedModule>();
        loaded->module = torch::jit::load(stream, device());
        TORCH_CHECK(loaded->module.find_method("forward").has_value(), "the module has no forward");
        collect(loaded->module, "", loaded->state);
        loaded->draws = draws(loaded->module);
        out->pointer = loaded.release();
    });
}

ct_status ct_module_copy(ct_module module, ct_module *out) {
    return protect([&] {
        LoadedModule &source = get(module);
        auto copy = std::make_unique<LoadedModule>();
        {
            // A copy of a parameter would otherwise be computed from it, and no leaf.
            c10::AutoGradMode no_gradients(false);
            copy->module = source.module.deepcopy();
            // Each worker may have a GPU of its own.
            if (!device().is_cpu()) copy->module.to(device());
        }
        collect(copy->module, "", copy->state);
        copy->draws = source.draws;
        for (size_t index = 0; index < copy->state.size(); index++) {
            bool is_trained = source.state[index].is_parameter && source.state[index].tensor.requires_grad();
            copy->state[index].tensor.requires_grad_(is_trained);
        }
        out->pointer = copy.release();
    });
}

void ct_module_free(ct_module module) { delete static_cast<LoadedModule *>(module.pointer); }

ct_status ct_module_tensor_count(ct_module module, int32_t *out) {
    return protect([&] { *out = static_cast<int32_t>(get(module).state.size()); });
}

ct_status ct_module_tensor(ct_module module, int32_t index, ct_module_tensor_info *info, ct_tensor *out) {
    return protect([&] {
        const auto &state = get(module).state;
        const StateTensor &item = state.at(static_cast<size_t>(index));
        info->name = item.name.c_str();
        info->same_as = nullptr;
        // A tensor without memory of its own, as sparse, quantized and meta tensors are, is not to be read.
        if (item.tensor.layout() != c10::kStrided || item.tensor.is_meta() || !item.tensor.has_storage()) {
            info->type = item.tensor.is_meta() ? "a tensor without values" : "a tensor that is not dense";
            info->is_trainable = false;
            give(out, at::zeros({0}));
            return;
        }
        info->type = type_name(item.tensor.scalar_type());
        for (int32_t other = 0; other < index; other++) {
            const at::Tensor &earlier = state[static_cast<size_t>(other)].tensor;
            if (item.tensor.numel() > 0 && earlier.has_storage() && earlier.is_alias_of(item.tensor))
                info->same_as = state[static_cast<size_t>(other)].name.c_str();
        }
        info->is_trainable = item.is_parameter && item.tensor.requires_grad();
        give(out, item.tensor);
    });
}

ct_status ct_module_forward(ct_module module, ct_tensor images, bool training, uint64_t seed, ct_tensor *out) {
    return protect([&] {
        LoadedModule &loaded = get(module);
        torch::jit::GraphOptimizerEnabledGuard as_written(false);
        if (loaded.module.is_training() != training) loaded.module.train(training);
        std::unique_lock<std::mutex> lock(random_numbers, std::defer_lock);
        if (loaded.draws) {
            lock.lock();
            at::manual_seed(seed);
        }
        c10::IValue result = loaded.module.forward({ctorch::get(images)});
        TORCH_CHECK(result.isTensor(), "it makes a ", result.tagKind(), ", not a tensor");
        at::Tensor logits = result.toTensor();
        TORCH_CHECK(logits.scalar_type() == at::kFloat, "it makes ", type_name(logits.scalar_type()), ", not float32");
        give(out, logits);
    });
}

void ct_count_operations_begin(void) {
    multiply_adds = 0;
    nesting = 0;
    counter = at::addThreadLocalCallback(at::RecordFunctionCallback(begin_operator, end_operator)
                                             .needsInputs(true)
                                             .needsOutputs(true)
                                             .scopes({at::RecordScope::FUNCTION}));
}

int64_t ct_count_operations_end(void) {
    at::removeCallback(counter);
    return 2 * multiply_adds;
}
