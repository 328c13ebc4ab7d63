// What becomes of the elements along an axis.
#include "processors.h"
#include "tensors.h"

#include <float.h>
#include <math.h>
#include <string.h>

// Positions that are worked on together: their elements along the axis stay in the caches.
enum { BLOCK = 256 };

// MARK: Softmax

// e^x for x ≤ 0, to a few units in the last place: 2^n · e^r, |r| ≤ ln 2 ÷ 2; 0 below the smallest normal number.
INLINE float exponential(float x) {
    float low = x < -87.3f ? -87.3f : x;
    float shifted = low * 0x1.715476p0f + 0x1.8p23f;
    float n = shifted - 0x1.8p23f;
    float r = low - n * 0x1.62e4p-1f;
    r = r - n * 0x1.7f7d1cp-20f;
    float p = 0x1.6d7p-10f;
    p = p * r + 0x1.1126p-7f;
    p = p * r + 0x1.55553p-5f;
    p = p * r + 0x1.55554ap-3f;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    int32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (int32_t)((uint32_t)bits << 23) + (127 << 23);
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return x < -87.3f ? 0 : p * scale;
}

// Sums and maxima of a line, side by side: their order is free.
enum { LANES = 32 };

INLINE void softmax_line(const float *source, float *result, size_t length, int isLogarithm) {
    float largest[LANES], sum[LANES];
    for (int i = 0; i < LANES; i++) largest[i] = source[0], sum[i] = 0;
    size_t whole = length / LANES * LANES;
    for (size_t l = 0; l < whole; l += LANES)
        for (int i = 0; i < LANES; i++) {
            float value = source[l + (size_t)i];
            largest[i] = value > largest[i] ? value : largest[i];
        }
    for (size_t l = whole; l < length; l++) {
        float value = source[l];
        largest[0] = value > largest[0] ? value : largest[0];
    }
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) {
            float value = largest[i + half];
            largest[i] = value > largest[i] ? value : largest[i];
        }
    float most = largest[0];
    for (size_t l = 0; l < whole; l += LANES)
        for (int i = 0; i < LANES; i++) {
            float power = exponential(source[l + (size_t)i] - most);
            if (!isLogarithm) result[l + (size_t)i] = power;
            sum[i] += power;
        }
    // What is left over, in a vector of its own.
    float powers[LANES];
    size_t rest = length - whole;
    for (size_t i = 0; i < LANES; i++) powers[i] = i < rest ? source[whole + i] - most : -INFINITY;
    for (int i = 0; i < LANES; i++) {
        powers[i] = exponential(powers[i]);
        sum[i] += powers[i];
    }
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) sum[i] += sum[i + half];
    if (isLogarithm) {
        float offset = most + logf(sum[0]);
        for (size_t l = 0; l < length; l++) result[l] = source[l] - offset;
    } else {
        float scale = 1 / sum[0];
        for (size_t l = 0; l < whole; l++) result[l] *= scale;
        for (size_t i = 0; i < rest; i++) result[whole + i] = powers[i] * scale;
    }
}

INLINE void softmax(
    const float *source, float *result, size_t outer, size_t length, size_t inner, int isLogarithm) {
    if (inner == 1) {
        for (size_t o = 0; o < outer; o++)
            softmax_line(source + o * length, result + o * length, length, isLogarithm);
        return;
    }
    float largest[BLOCK], sum[BLOCK];
    for (; outer > 0; outer--, source += length * inner, result += length * inner)
        for (size_t start = 0; start < inner; start += BLOCK) {
            size_t count = inner - start < BLOCK ? inner - start : BLOCK;
            const float *from = source + start;
            float *to = result + start;
            for (size_t i = 0; i < count; i++) largest[i] = from[i], sum[i] = 0;
            for (size_t l = 1; l < length; l++)
                for (size_t i = 0; i < count; i++) {
                    float value = from[l * inner + i];
                    largest[i] = value > largest[i] ? value : largest[i];
                }
            for (size_t l = 0; l < length; l++) {
                const float *values = from + l * inner;
                float *powers = to + l * inner;
                if (isLogarithm) {
                    for (size_t i = 0; i < count; i++) sum[i] += exponential(values[i] - largest[i]);
                } else {
                    for (size_t i = 0; i < count; i++) {
                        float power = exponential(values[i] - largest[i]);
                        powers[i] = power;
                        sum[i] += power;
                    }
                }
            }
            if (isLogarithm) {
                for (size_t i = 0; i < count; i++) largest[i] += logf(sum[i]);
                for (size_t l = 0; l < length; l++)
                    for (size_t i = 0; i < count; i++) to[l * inner + i] = from[l * inner + i] - largest[i];
            } else {
                for (size_t i = 0; i < count; i++) sum[i] = 1 / sum[i];
                for (size_t l = 0; l < length; l++)
                    for (size_t i = 0; i < count; i++) to[l * inner + i] *= sum[i];
            }
        }
}

FOR_ALL_PROCESSORS(
    softmax, (const float *source, float *result, size_t outer, size_t length, size_t inner, int isLogarithm),
    (source, result, outer, length, inner, isLogarithm))

// MARK: Weighted sums

INLINE void pair(
    const float *restrict a, const float *restrict b, float x, float y, float *restrict result, size_t count) {
    for (size_t i = 0; i < count; i++) result[i] = a[i] * x + b[i] * y;
}

INLINE void resample(
    const float *source, float *result, size_t outer, size_t from, size_t to, size_t inner, const int32_t *indices,
    const float *weights, const int32_t *counts, size_t taps) {
    for (; outer > 0; outer--, source += from * inner, result += to * inner) {
        if (inner == 1) {
            for (size_t e = 0; e < to; e++) result[e] = counts[e] > 0 ? source[indices[e]] * weights[e] : 0;
            for (size_t k = 1; k < taps; k++) {
                const int32_t *places = indices + k * to;
                const float *factors = weights + k * to;
                for (size_t e = 0; e < to; e++)
                    result[e] += (int32_t)k < counts[e] ? source[places[e]] * factors[e] : 0;
            }
            continue;
        }
        for (size_t e = 0; e < to; e++) {
            const float *first = source + (size_t)indices[e] * inner;
            float *row = result + e * inner;
            if (counts[e] <= 1) {
                if (counts[e] < 1)
                    memset(row, 0, inner * sizeof *row);
                else
                    for (size_t i = 0; i < inner; i++) row[i] = first[i] * weights[e];
                continue;
            }
            const float *second = source + (size_t)indices[to + e] * inner;
            // Known to the compiler, blocks of channels are no loops.
            if (inner == 16) {
                pair(first, second, weights[e], weights[to + e], row, 16);
            } else if (inner == 8) {
                pair(first, second, weights[e], weights[to + e], row, 8);
            } else {
                pair(first, second, weights[e], weights[to + e], row, inner);
            }
            for (size_t k = 2; k < (size_t)counts[e]; k++) {
                const float *next = source + (size_t)indices[k * to + e] * inner;
                for (size_t i = 0; i < inner; i++) row[i] += next[i] * weights[k * to + e];
            }
        }
    }
}

FOR_ALL_PROCESSORS(
    resample,
    (const float *source, float *result, size_t outer, size_t from, size_t to, size_t inner, const int32_t *indices,
     const float *weights, const int32_t *counts, size_t taps),
    (source, result, outer, from, to, inner, indices, weights, counts, taps))

// MARK: Reductions

// With lanes of its own for each element of a vector: their order is free.
#define DEFINE_REDUCTION(name, START, COMBINE)                                                          \
    INLINE void name##_rows(const float *source, float *result, float scale, size_t length, size_t inner) { \
        float sums[BLOCK];                                                                              \
        for (size_t start = 0; start < inner; start += BLOCK) {                                         \
            size_t count = inner - start < BLOCK ? inner - start : BLOCK;                               \
            for (size_t i = 0; i < count; i++) sums[i] = START;                                         \
            for (size_t l = 0; l < length; l++)                                                         \
                for (size_t i = 0; i < count; i++) {                                                    \
                    float a = sums[i], b = source[l * inner + start + i];                               \
                    sums[i] = COMBINE;                                                                  \
                }                                                                                       \
            for (size_t i = 0; i < count; i++) result[start + i] = sums[i] * scale;                     \
        }                                                                                               \
    }                                                                                                   \
    INLINE float name##_line(const float *source, size_t length) {                                      \
        float lanes[32];                                                                                \
        for (int i = 0; i < 32; i++) lanes[i] = START;                                                  \
        size_t l = 0;                                                                                   \
        for (; l + 32 <= length; l += 32)                                                               \
            for (int i = 0; i < 32; i++) {                                                              \
                float a = lanes[i], b = source[l + (size_t)i];                                          \
                lanes[i] = COMBINE;                                                                     \
            }                                                                                           \
        for (int i = 0; l < length; l++, i++) {                                                         \
            float a = lanes[i], b = source[l];                                                          \
            lanes[i] = COMBINE;                                                                         \
        }                                                                                               \
        for (int half = 16; half > 0; half /= 2)                                                        \
            for (int i = 0; i < half; i++) {                                                            \
                float a = lanes[i], b = lanes[i + half];                                                \
                lanes[i] = COMBINE;                                                                     \
            }                                                                                           \
        return lanes[0];                                                                                \
    }                                                                                                   \
    INLINE void name(                                                                                   \
        const float *source, float *result, float scale, size_t outer, size_t length, size_t inner) {   \
        for (size_t o = 0; o < outer; o++)                                                              \
            if (inner == 1)                                                                             \
                result[o] = name##_line(source + o * length, length) * scale;                           \
            else                                                                                        \
                name##_rows(source + o * length * inner, result + o * inner, scale, length, inner);     \
    }

DEFINE_REDUCTION(sum, 0, a + b)
DEFINE_REDUCTION(product, 1, a * b)
DEFINE_REDUCTION(maximum, -INFINITY, b > a ? b : a)
DEFINE_REDUCTION(minimum, INFINITY, b < a ? b : a)

INLINE void reduce(
    const float *source, float *result, CVectors_Reduction kind, float scale, size_t outer, size_t length,
    size_t inner) {
    switch (kind) {
    case CVectors_sum: return sum(source, result, scale, outer, length, inner);
    case CVectors_product: return product(source, result, scale, outer, length, inner);
    case CVectors_maximum: return maximum(source, result, scale, outer, length, inner);
    case CVectors_minimum: return minimum(source, result, scale, outer, length, inner);
    }
}

FOR_ALL_PROCESSORS(
    reduce,
    (const float *source, float *result, CVectors_Reduction kind, float scale, size_t outer, size_t length,
     size_t inner),
    (source, result, kind, scale, outer, length, inner))

// MARK: Positions

INLINE void positions(
    const float *source, float *result, size_t outer, size_t length, size_t inner, int selectsLast) {
    float largest[BLOCK];
    for (; outer > 0; outer--, source += length * inner, result += inner)
        for (size_t start = 0; start < inner; start += BLOCK) {
            size_t count = inner - start < BLOCK ? inner - start : BLOCK;
            float *places = result + start;
            for (size_t i = 0; i < count; i++) largest[i] = source[start + i], places[i] = 0;
            for (size_t l = 1; l < length; l++) {
                const float *values = source + l * inner + start;
                float place = (float)l;
                if (selectsLast) {
                    for (size_t i = 0; i < count; i++) {
                        places[i] = values[i] >= largest[i] ? place : places[i];
                        largest[i] = values[i] >= largest[i] ? values[i] : largest[i];
                    }
                } else {
                    for (size_t i = 0; i < count; i++) {
                        places[i] = values[i] > largest[i] ? place : places[i];
                        largest[i] = values[i] > largest[i] ? values[i] : largest[i];
                    }
                }
            }
        }
}

FOR_ALL_PROCESSORS(
    positions,
    (const float *source, float *result, size_t outer, size_t length, size_t inner, int selectsLast),
    (source, result, outer, length, inner, selectsLast))
