// Loops over elements that no ATen operator does in one pass, compiled for several instruction sets. Which of them runs
// follows ATEN_CPU_CAPABILITY, as libtorch's own kernels do, so a copied program runs on any x86-64 processor.
//
// A row, a block or an element is computed in one order, so results depend on the instruction set (whether a multiplication
// and an addition are rounded once or twice) and not on the number of threads.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>
#include <type_traits>

namespace ctorch {

// `[count, channels, pixels]` in groups of `per_group` channels, each of `size` elements.
struct GroupShape { int64_t count, channels, pixels, groups, per_group, size; };

// What a step of SGD multiplies by; before the first step there is no momentum to keep.
struct SGDRates { float rate, momentum, decay; };

// What a step of AdamW multiplies by: size and root hold the corrections of the moments' bias.
struct AdamWRates { float beta1, beta2, shrink, size, root, epsilon; };

// Layers on float32 or bfloat16 elements. Each works on the blocks or rows `begin ..< end`.
template <typename In, typename Out>
struct LayerLoops {
    void (*group_norm)(const GroupShape &shape, int64_t begin, int64_t end, const In *input, const float *weight,
                       const float *bias, float epsilon, bool silu, float *mean, float *scale, Out *output);
    // `begin ..< end` are groups, of all images, so that no two threads add to one weight's gradient; `scratch` has
    // `shape.size` elements.
    void (*group_norm_gradient)(const GroupShape &shape, int64_t begin, int64_t end, const In *input, const float *weight,
                                const float *bias, bool silu, const float *mean, const float *scale, const Out *gradient,
                                float *scratch, float *weight_gradient, float *bias_gradient, In *input_gradient);
    void (*layer_norm)(int64_t width, int64_t begin, int64_t end, const In *input, const float *weight, const float *bias,
                       float epsilon, float *mean, float *scale, Out *output);
    void (*layer_norm_gradient)(int64_t width, int64_t rows, const In *input, const float *weight, const float *mean,
                                const float *scale, const Out *gradient, float *weight_gradient, float *bias_gradient,
                                In *input_gradient);
    void (*gated_gelu)(int64_t width, int64_t begin, int64_t end, const In *input, Out *output);
    void (*gated_gelu_gradient)(int64_t width, int64_t begin, int64_t end, const In *input, const Out *gradient,
                                In *input_gradient);
};

// A convolution of `[images, inputs, height, width]` to as many pixels, in tiles of 4 × 4 of them.
struct WinogradShape {
    int64_t images, inputs, outputs, height, width;
    int64_t tile_rows() const { return (height + 3) / 4; }
    int64_t tile_columns() const { return (width + 3) / 4; }
};

// Rows of tiles, counted through all images.
struct WinogradRows { int64_t first, count; };

// The three transforms of a 3 × 3 convolution (winograd_bodies.h), of the channels `begin ..< end`.
template <typename Element>
struct WinogradLoops {
    void (*weights)(const WinogradShape &shape, int64_t begin, int64_t end, const Element *weight, float *transformed);
    void (*input)(const WinogradShape &shape, WinogradRows rows, int64_t begin, int64_t end, const Element *input,
                  float *transformed);
    void (*output)(const WinogradShape &shape, WinogradRows rows, int64_t begin, int64_t end, const float *products,
                   const float *bias, Element *output);
};

struct Loops {
    LayerLoops<float, float> layers_ff;
    LayerLoops<float, at::BFloat16> layers_fb;
    LayerLoops<at::BFloat16, float> layers_bf;
    LayerLoops<at::BFloat16, at::BFloat16> layers_bb;
    WinogradLoops<float> winograd_f;
    WinogradLoops<at::BFloat16> winograd_b;
    // One pass over a parameter: reads gradient, weight and momentum, writes weight and momentum, and for a gradient in
    // bfloat16 the copy of the weight that it belongs to.
    void (*sgd)(float *weight, float *velocity, const float *gradient, int64_t count, SGDRates rates);
    void (*sgd_with_copy)(float *weight, float *velocity, const at::BFloat16 *gradient, at::BFloat16 *copy, int64_t count,
                          SGDRates rates);
    void (*adamw)(float *weight, float *mean, float *square, const float *gradient, int64_t count, AdamWRates rates);

    template <typename In, typename Out>
    const LayerLoops<In, Out> &layers() const {
        if constexpr (std::is_same_v<In, float>) {
            if constexpr (std::is_same_v<Out, float>) return layers_ff;
            else return layers_fb;
        } else {
            if constexpr (std::is_same_v<Out, float>) return layers_bf;
            else return layers_bb;
        }
    }

    template <typename Element>
    const WinogradLoops<Element> &winograd() const {
        if constexpr (std::is_same_v<Element, float>) return winograd_f;
        else return winograd_b;
    }
};

// Those for this processor, chosen once.
const Loops &loops();

}  // namespace ctorch
