// Included by loops.cpp once for each instruction set, in a namespace of its own; so there is no `#pragma once`.
//
// Arithmetic is float32 whatever the element type.

inline float load(const float *p, int64_t i) { return p[i]; }
inline float load(const at::BFloat16 *p, int64_t i) {
    uint32_t bits = uint32_t(p[i].x) << 16;
    float value;
    std::memcpy(&value, &bits, 4);
    return value;
}
inline void store(float *p, int64_t i, float value) { p[i] = value; }
inline void store(at::BFloat16 *p, int64_t i, float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, 4);
    // To the nearest, ties to even; a NaN must not round to infinity.
    uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    p[i].x = uint16_t(value != value ? 0x7fc0 : rounded);
}

// e^x within 2 units in the last place: 2^k times a polynomial on ±ln(2)/2 (Cephes expf).
inline float exponential(float x) {
    x = x > 88.0f ? 88.0f : (x < -87.0f ? -87.0f : x);
    // Adding 1.5 · 2^23 rounds to an integer that then sits in the low bits.
    const float magic = 12582912.0f;
    float shifted = x * 1.44269504f + magic, k = shifted - magic;
    float r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t exponent = (int32_t(k) + 127) << 23;
    float power;
    std::memcpy(&power, &exponent, 4);
    return p * power;
}

inline float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }

// Φ(x) and φ(x) of the normal distribution; |error of Φ| < 1e-7 (Abramowitz and Stegun, 7.1.26).
struct Normal { float distribution, density; };
inline Normal normal(float x) {
    float z = std::fabs(x) * 0.70710678f;
    float t = 1.0f / (1.0f + 0.3275911f * z);
    float e = exponential(-z * z);
    float tail = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
    float half = 0.5f * tail * e;
    return {x < 0 ? half : 1.0f - half, 0.39894228f * e};
}

// Σ f(i) for i in 0..<count, over sixteen lanes in a fixed order.
template <typename Function>
inline float sum(int64_t count, Function f) {
    constexpr int64_t lanes = 16;
    float partial[lanes] = {};
    int64_t i = 0;
    for (; i + lanes <= count; i += lanes)
        for (int64_t lane = 0; lane < lanes; lane++) partial[lane] += f(i + lane);
    for (int64_t lane = 0; i < count; i++, lane++) partial[lane] += f(i);
    float total = 0;
    for (float value : partial) total += value;
    return total;
}

// ---- Group normalization, with SiLU or without --------------------------------------------------------

template <typename In, typename Out>
void group_norm(const GroupShape &s, int64_t begin, int64_t end, const In *input, const float *weight, const float *bias,
                float epsilon, bool silu, float *mean, float *scale, Out *output) {
    for (int64_t block = begin; block < end; block++) {
        const In *x = input + block * s.size;
        const float m = sum(s.size, [&](int64_t i) { return load(x, i); }) / float(s.size);
        const float variance = sum(s.size, [&](int64_t i) { return (load(x, i) - m) * (load(x, i) - m); });
        const float r = 1.0f / std::sqrt(variance / float(s.size) + epsilon);
        mean[block] = m;
        scale[block] = r;
        for (int64_t j = 0; j < s.per_group; j++) {
            const int64_t channel = (block % s.groups) * s.per_group + j;
            const float a = r * weight[channel], b = bias[channel] - m * a;
            const In *row = x + j * s.pixels;
            Out *y = output + block * s.size + j * s.pixels;
            if (silu) {
                for (int64_t i = 0; i < s.pixels; i++) {
                    const float z = a * load(row, i) + b;
                    store(y, i, z * sigmoid(z));
                }
            } else {
                for (int64_t i = 0; i < s.pixels; i++) store(y, i, a * load(row, i) + b);
            }
        }
    }
}

template <typename In, typename Out>
void group_norm_gradient(const GroupShape &s, int64_t begin, int64_t end, const In *input, const float *weight,
                         const float *bias, bool silu, const float *mean, const float *scale, const Out *gradient,
                         float *scratch, float *weight_gradient, float *bias_gradient, In *input_gradient) {
    for (int64_t n = 0; n < s.count; n++) {
        for (int64_t group = begin; group < end; group++) {
            const int64_t block = n * s.groups + group;
            const float m = mean[block], r = scale[block];
            float total = 0, moment = 0;
            for (int64_t j = 0; j < s.per_group; j++) {
                const int64_t channel = group * s.per_group + j, start = block * s.size + j * s.pixels;
                const float w = weight[channel], a = r * w, b = bias[channel] - m * a;
                const In *x = input + start;
                const Out *g = gradient + start;
                float *d = scratch + j * s.pixels;
                // d silu(z) / dz = σ(z) · (1 + z · (1 − σ(z)))
                if (silu) {
                    for (int64_t i = 0; i < s.pixels; i++) {
                        const float z = a * load(x, i) + b, q = sigmoid(z);
                        d[i] = load(g, i) * q * (1.0f + z * (1.0f - q));
                    }
                } else {
                    for (int64_t i = 0; i < s.pixels; i++) d[i] = load(g, i);
                }
                const float plain = sum(s.pixels, [&](int64_t i) { return d[i]; });
                const float with_x = sum(s.pixels, [&](int64_t i) { return d[i] * (load(x, i) - m) * r; });
                bias_gradient[channel] += plain;
                weight_gradient[channel] += with_x;
                total += plain * w;
                moment += with_x * w;
            }
            total /= float(s.size);
            moment /= float(s.size);
            for (int64_t j = 0; j < s.per_group; j++) {
                const int64_t start = block * s.size + j * s.pixels;
                const float w = weight[group * s.per_group + j];
                const float *d = scratch + j * s.pixels;
                for (int64_t i = 0; i < s.pixels; i++) {
                    const float normalized = (load(input + start, i) - m) * r;
                    store(input_gradient + start, i, r * (d[i] * w - total - normalized * moment));
                }
            }
        }
    }
}

// ---- Layer normalization ------------------------------------------------------------------------------

template <typename In, typename Out>
void layer_norm(int64_t width, int64_t begin, int64_t end, const In *input, const float *weight, const float *bias,
                float epsilon, float *mean, float *scale, Out *output) {
    for (int64_t row = begin; row < end; row++) {
        const In *x = input + row * width;
        Out *y = output + row * width;
        const float m = sum(width, [&](int64_t i) { return load(x, i); }) / float(width);
        const float v = sum(width, [&](int64_t i) { return (load(x, i) - m) * (load(x, i) - m); });
        const float r = 1.0f / std::sqrt(v / float(width) + epsilon);
        mean[row] = m;
        scale[row] = r;
        for (int64_t i = 0; i < width; i++) store(y, i, (load(x, i) - m) * r * weight[i] + bias[i]);
    }
}

template <typename In, typename Out>
void layer_norm_gradient(int64_t width, int64_t rows, const In *input, const float *weight, const float *mean,
                         const float *scale, const Out *gradient, float *weight_gradient, float *bias_gradient,
                         In *input_gradient) {
    for (int64_t row = 0; row < rows; row++) {
        const In *x = input + row * width;
        const Out *g = gradient + row * width;
        const float m = mean[row], r = scale[row];
        const float total = sum(width, [&](int64_t i) { return load(g, i) * weight[i]; }) / float(width);
        const float moment =
            sum(width, [&](int64_t i) { return load(g, i) * weight[i] * (load(x, i) - m) * r; }) / float(width);
        for (int64_t i = 0; i < width; i++) {
            const float normalized = (load(x, i) - m) * r, d = load(g, i);
            weight_gradient[i] += d * normalized;
            bias_gradient[i] += d;
            store(input_gradient + row * width, i, r * (d * weight[i] - total - normalized * moment));
        }
    }
}

// ---- Gated GELU ---------------------------------------------------------------------------------------

template <typename In, typename Out>
void gated_gelu(int64_t width, int64_t begin, int64_t end, const In *input, Out *output) {
    for (int64_t row = begin; row < end; row++) {
        const In *value = input + row * 2 * width, *gate = value + width;
        for (int64_t i = 0; i < width; i++) {
            const float x = load(gate, i);
            store(output + row * width, i, load(value, i) * x * normal(x).distribution);
        }
    }
}

// d gelu(x) / dx = Φ(x) + x · φ(x)
template <typename In, typename Out>
void gated_gelu_gradient(int64_t width, int64_t begin, int64_t end, const In *input, const Out *gradient,
                         In *input_gradient) {
    for (int64_t row = begin; row < end; row++) {
        const In *value = input + row * 2 * width, *gate = value + width;
        const Out *g = gradient + row * width;
        In *d = input_gradient + row * 2 * width;
        for (int64_t i = 0; i < width; i++) {
            const float x = load(gate, i), dy = load(g, i);
            const Normal n = normal(x);
            store(d, i, dy * x * n.distribution);
            store(d + width, i, dy * load(value, i) * (n.distribution + x * n.density));
        }
    }
}

// ---- Optimizers ---------------------------------------------------------------------------------------

inline void sgd(float *__restrict weight, float *__restrict velocity, const float *__restrict gradient, int64_t count,
                SGDRates rates) {
    for (int64_t i = 0; i < count; i++) {
        const float v = rates.momentum * velocity[i] + (gradient[i] + rates.decay * weight[i]);
        velocity[i] = v;
        weight[i] = weight[i] - rates.rate * v;
    }
}

inline void sgd_with_copy(float *__restrict weight, float *__restrict velocity, const at::BFloat16 *__restrict gradient,
                          at::BFloat16 *__restrict copy, int64_t count, SGDRates rates) {
    for (int64_t i = 0; i < count; i++) {
        const float v = rates.momentum * velocity[i] + (load(gradient, i) + rates.decay * weight[i]);
        const float w = weight[i] - rates.rate * v;
        velocity[i] = v;
        weight[i] = w;
        store(copy, i, w);
    }
}

inline void adamw(float *__restrict weight, float *__restrict mean, float *__restrict square,
                  const float *__restrict gradient, int64_t count, AdamWRates rates) {
    const float b1 = rates.beta1, b2 = rates.beta2;
    for (int64_t i = 0; i < count; i++) {
        const float g = gradient[i];
        mean[i] = b1 * mean[i] + (1 - b1) * g;
        square[i] = b2 * square[i] + (1 - b2) * g * g;
        // Unlike std::sqrt it sets no errno, which would keep the loop from being vectorized.
        const float root = CT_SQRT(square[i]) * rates.root + rates.epsilon;
        weight[i] = rates.shrink * weight[i] - rates.size * mean[i] / root;
    }
}

#include "winograd_bodies.h"

template <typename In, typename Out>
constexpr LayerLoops<In, Out> layers = {
    group_norm<In, Out>, group_norm_gradient<In, Out>, layer_norm<In, Out>,
    layer_norm_gradient<In, Out>, gated_gelu<In, Out>, gated_gelu_gradient<In, Out>};

static const Loops loops = {
    layers<float, float>, layers<float, at::BFloat16>, layers<at::BFloat16, float>, layers<at::BFloat16, at::BFloat16>,
    winograd<float>, winograd<at::BFloat16>, sgd, sgd_with_copy, adamw};
