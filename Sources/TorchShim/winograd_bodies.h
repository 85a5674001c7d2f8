// Included by loop_bodies.h, whose load and store it uses; so there is no `#pragma once`.
//
// A 3 × 3 convolution by a quarter of the multiplications: F(4 × 4, 3 × 3) of Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", https://arxiv.org/abs/1509.09308: Y = Aᵀ((G·g·Gᵀ) ⊙ (Bᵀ·d·B))A for a tile d of 6 × 6
// pixels, a kernel g and the 4 × 4 pixels Y. The points at which the polynomials are multiplied are 0, ±a, ±b and ∞ with
// a = 3/4 and b = 3/2 instead of 1 and 2: that halves the rounding error, and every constant but those of G is exact.
//
// With p a point and N(p) the product of its distances from the others, a column of Aᵀ is 1, p, p², p³; a row of G is
// 1/N(p), p/N(p), p²/N(p); and a row of Bᵀ has the coefficients of the polynomial that is 0 at all points but p.

constexpr float winograd_a = 0.75f, winograd_b = 1.5f;
constexpr float winograd_aa = winograd_a * winograd_a, winograd_bb = winograd_b * winograd_b;

// Bᵀ·d for a column or a row d of six pixels.
struct WinogradSix { float v[6]; };
inline WinogradSix winograd_of_input(float d0, float d1, float d2, float d3, float d4, float d5) {
    constexpr float a = winograd_a, b = winograd_b, aa = winograd_aa, bb = winograd_bb;
    const float even_a = d4 - bb * d2, odd_a = a * d3 - a * bb * d1;
    const float even_b = d4 - aa * d2, odd_b = b * d3 - b * aa * d1;
    return {aa * bb * d0 - (aa + bb) * d2 + d4, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b,
            aa * bb * d1 - (aa + bb) * d3 + d5};
}

// G·g for a column or a row g of three weights.
inline WinogradSix winograd_of_weight(float g0, float g1, float g2) {
    constexpr float a = winograd_a, b = winograd_b, aa = winograd_aa, bb = winograd_bb;
    constexpr float n0 = 1 / (aa * bb), na = 1 / (2 * aa * (aa - bb)), nb = 1 / (2 * bb * (bb - aa));
    const float even_a = na * (g0 + aa * g2), odd_a = na * a * g1;
    const float even_b = nb * (g0 + bb * g2), odd_b = nb * b * g1;
    return {n0 * g0, even_a + odd_a, even_a - odd_a, even_b + odd_b, even_b - odd_b, g2};
}

// Aᵀ·m for a column or a row m of six products.
struct WinogradFour { float v[4]; };
inline WinogradFour winograd_of_products(float m0, float m1, float m2, float m3, float m4, float m5) {
    constexpr float a = winograd_a, b = winograd_b, aa = winograd_aa, bb = winograd_bb;
    const float sum_a = m1 + m2, difference_a = m1 - m2, sum_b = m3 + m4, difference_b = m3 - m4;
    return {m0 + sum_a + sum_b, a * difference_a + b * difference_b, aa * sum_a + bb * sum_b,
            a * aa * difference_a + b * bb * difference_b + m5};
}

// Kernels `[outputs, inputs, 3, 3]` → `[6, 6, outputs, inputs]`, those of the outputs `begin ..< end`.
template <typename Element>
void winograd_weights(const WinogradShape &s, int64_t begin, int64_t end, const Element *weight, float *transformed) {
    const int64_t inputs = s.inputs, plane = s.outputs * inputs;
    std::vector<float> scratch(size_t(27 * inputs));
    float *taps = scratch.data(), *columns = taps + 9 * inputs;
    for (int64_t k = begin; k < end; k++) {
        const Element *g = weight + k * inputs * 9;
        for (int64_t c = 0; c < inputs; c++)
            for (int64_t tap = 0; tap < 9; tap++) taps[tap * inputs + c] = load(g, c * 9 + tap);
        for (int64_t j = 0; j < 3; j++) {
            const float *tap = taps + j * inputs;
            for (int64_t c = 0; c < inputs; c++) {
                const WinogradSix q = winograd_of_weight(tap[c], tap[3 * inputs + c], tap[6 * inputs + c]);
                for (int64_t i = 0; i < 6; i++) columns[(i * 3 + j) * inputs + c] = q.v[i];
            }
        }
        for (int64_t i = 0; i < 6; i++) {
            const float *column = columns + i * 3 * inputs;
            float *out = transformed + i * 6 * plane + k * inputs;
            for (int64_t c = 0; c < inputs; c++) {
                const WinogradSix q = winograd_of_weight(column[c], column[inputs + c], column[2 * inputs + c]);
                for (int64_t j = 0; j < 6; j++) out[j * plane + c] = q.v[j];
            }
        }
    }
}

// Rows of tiles of the images `[images, inputs, height, width]` → `[6, 6, inputs, tiles]`, the channels `begin ..< end`.
// Pixels beyond the edge are 0.
template <typename Element>
void winograd_input(const WinogradShape &s, WinogradRows rows, int64_t begin, int64_t end, const Element *input,
                    float *transformed) {
    const int64_t tiles = s.tile_columns(), width = 4 * tiles + 2, all = rows.count * tiles, plane = s.inputs * all;
    std::vector<float> scratch(size_t(6 * width));
    std::vector<Element> outside(size_t(s.width));
    float *vertical = scratch.data();
    for (int64_t c = begin; c < end; c++) {
        for (int64_t r = 0; r < rows.count; r++) {
            const int64_t image = (rows.first + r) / s.tile_rows(), y = (rows.first + r) % s.tile_rows() * 4 - 1;
            const Element *pixels = input + (image * s.inputs + c) * s.height * s.width, *d[6];
            for (int64_t i = 0; i < 6; i++)
                d[i] = y + i >= 0 && y + i < s.height ? pixels + (y + i) * s.width : outside.data();
            for (int64_t x = 0; x < s.width; x++) {
                const WinogradSix q = winograd_of_input(
                    load(d[0], x), load(d[1], x), load(d[2], x), load(d[3], x), load(d[4], x), load(d[5], x));
                for (int64_t i = 0; i < 6; i++) vertical[i * width + x + 1] = q.v[i];
            }
            for (int64_t i = 0; i < 6; i++) {
                const float *v = vertical + i * width;
                float *out = transformed + i * 6 * plane + c * all + r * tiles;
                for (int64_t t = 0; t < tiles; t++) {
                    const float *p = v + 4 * t;
                    const WinogradSix q = winograd_of_input(p[0], p[1], p[2], p[3], p[4], p[5]);
                    for (int64_t j = 0; j < 6; j++) out[j * plane + t] = q.v[j];
                }
            }
        }
    }
}

// Products `[6, 6, outputs, tiles]` of rows of tiles → images `[images, outputs, height, width]`, the channels
// `begin ..< end`; `bias` may be null.
template <typename Element>
void winograd_output(const WinogradShape &s, WinogradRows rows, int64_t begin, int64_t end, const float *products,
                     const float *bias, Element *output) {
    const int64_t tiles = s.tile_columns(), width = 4 * tiles, all = rows.count * tiles, plane = s.outputs * all;
    std::vector<float> scratch(size_t(24 * tiles + width));
    float *vertical = scratch.data(), *line = vertical + 24 * tiles;
    for (int64_t k = begin; k < end; k++) {
        const float b = bias == nullptr ? 0 : bias[k];
        for (int64_t r = 0; r < rows.count; r++) {
            const int64_t image = (rows.first + r) / s.tile_rows(), y = (rows.first + r) % s.tile_rows() * 4;
            for (int64_t j = 0; j < 6; j++) {
                const float *m = products + j * plane + k * all + r * tiles;
                for (int64_t t = 0; t < tiles; t++) {
                    const WinogradFour q = winograd_of_products(
                        m[t], m[6 * plane + t], m[12 * plane + t], m[18 * plane + t], m[24 * plane + t], m[30 * plane + t]);
                    for (int64_t i = 0; i < 4; i++) vertical[(i * 6 + j) * tiles + t] = q.v[i];
                }
            }
            for (int64_t i = 0; i < 4 && y + i < s.height; i++) {
                const float *v = vertical + i * 6 * tiles;
                for (int64_t t = 0; t < tiles; t++) {
                    const WinogradFour q = winograd_of_products(
                        v[t], v[tiles + t], v[2 * tiles + t], v[3 * tiles + t], v[4 * tiles + t], v[5 * tiles + t]);
                    for (int64_t x = 0; x < 4; x++) line[4 * t + x] = q.v[x] + b;
                }
                Element *out = output + ((image * s.outputs + k) * s.height + y + i) * s.width;
                for (int64_t x = 0; x < s.width; x++) store(out, x, line[x]);
            }
        }
    }
}

template <typename Element>
constexpr WinogradLoops<Element> winograd = {
    winograd_weights<Element>, winograd_input<Element>, winograd_output<Element>};
