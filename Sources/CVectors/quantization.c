// Floats that are rounded to a grid.
#include "vectors.h"

// The nearest of the grid's numbers. Clamped first, steps are small enough that adding 1.5 × 2²³ rounds them to whole
// numbers, ties to even, with no instruction for rounding. No number becomes 0.
static inline __attribute__((always_inline)) float rounded(float value, float scale, float low, float high) {
    float steps = value / scale;
    steps = steps < low ? low : steps;
    steps = steps > high ? high : steps;
    steps = steps == steps ? steps : 0;
    return (steps + 0x1.8p23f - 0x1.8p23f) * scale;
}

// Pragmas: each element depends on itself alone, also where the result takes the place of the values.
static inline __attribute__((always_inline)) void quantize(
    const float *values, float scale, float low, float high, float *result, size_t count) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < count; i++) result[i] = rounded(values[i], scale, low, high);
}

static inline __attribute__((always_inline)) void quantize_bf16(
    const uint16_t *values, float scale, float low, float high, uint16_t *result, size_t count) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < count; i++) {
        union { uint32_t bits; float value; } number = {(uint32_t)values[i] << 16};
        number.value = rounded(number.value, scale, low, high);
        // To the nearest of 16 bits, ties to even.
        result[i] = (uint16_t)((number.bits + 0x7fff + (number.bits >> 16 & 1)) >> 16);
    }
}

#if defined(__x86_64__)
#define WIDE(name, type, level)                                                                             \
    __attribute__((target(#level))) static void name##_##level(                                             \
        const type *values, float scale, float low, float high, type *result, size_t count) {               \
        name(values, scale, low, high, result, count);                                                      \
    }
WIDE(quantize, float, avx512f)
WIDE(quantize, float, avx2)
WIDE(quantize_bf16, uint16_t, avx512f)
WIDE(quantize_bf16, uint16_t, avx2)
#define TRY(name, level) \
    if (__builtin_cpu_supports(#level)) return name##_##level(values, scale, low, high, result, count);
#define TRY_WIDE(name) TRY(name, avx512f) TRY(name, avx2)
#else
#define TRY_WIDE(name)
#endif

void CVectors_quantize(const float *values, float scale, float low, float high, float *result, size_t count) {
    TRY_WIDE(quantize)
    quantize(values, scale, low, high, result, count);
}

void CVectors_quantize_bf16(
    const uint16_t *values, float scale, float low, float high, uint16_t *result, size_t count) {
    TRY_WIDE(quantize_bf16)
    quantize_bf16(values, scale, low, high, result, count);
}
