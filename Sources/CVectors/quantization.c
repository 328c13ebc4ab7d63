// Floats that are rounded to a grid.
#include "processors.h"
#include "vectors.h"

// The nearest of the grid's numbers. Clamped first, steps are small enough that adding 1.5 × 2²³ rounds them to whole
// numbers, ties to even, with no instruction for rounding. No number becomes 0.
INLINE float rounded(float value, float scale, float low, float high) {
    float steps = value / scale;
    steps = steps < low ? low : steps;
    steps = steps > high ? high : steps;
    steps = steps == steps ? steps : 0;
    return (steps + 0x1.8p23f - 0x1.8p23f) * scale;
}

// Pragmas: each element depends on itself alone, also where the result takes the place of the values.
INLINE void quantize(
    const float *values, float scale, float low, float high, float *result, size_t count) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < count; i++) result[i] = rounded(values[i], scale, low, high);
}

INLINE void quantize_bf16(
    const uint16_t *values, float scale, float low, float high, uint16_t *result, size_t count) {
#pragma clang loop vectorize(assume_safety)
    for (size_t i = 0; i < count; i++) {
        union { uint32_t bits; float value; } number = {(uint32_t)values[i] << 16};
        number.value = rounded(number.value, scale, low, high);
        // To the nearest of 16 bits, ties to even.
        result[i] = (uint16_t)((number.bits + 0x7fff + (number.bits >> 16 & 1)) >> 16);
    }
}

FOR_ALL_PROCESSORS(
    quantize, (const float *values, float scale, float low, float high, float *result, size_t count),
    (values, scale, low, high, result, count))

FOR_ALL_PROCESSORS(
    quantize_bf16, (const uint16_t *values, float scale, float low, float high, uint16_t *result, size_t count),
    (values, scale, low, high, result, count))
