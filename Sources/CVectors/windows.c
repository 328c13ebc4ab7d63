// Layers over bytes with weights of more than 8 bits.
#include "processors.h"
#include "vectors.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

INLINE void any_window(
    const uint8_t *bytes, size_t step, const int16_t *weights, CVectors_Window window, int32_t zero, int32_t *sums,
    size_t count) {
    for (size_t i = 0; i < count; i++) {
        int32_t sum = -zero;
        for (size_t row = 0; row < window.rows; row++)
            for (size_t tap = 0; tap < window.taps; tap++) {
                const uint8_t *values = bytes + i * step + row * window.row_step + tap * window.tap_step;
                const int16_t *factors = weights + row * window.weight_step + tap * window.inputs;
                for (size_t k = 0; k < window.inputs; k++) sum += (int32_t)values[k] * factors[k];
            }
        sums[i] = sum;
    }
}

// One input, bytes side by side.
INLINE void overlapping(
    const uint8_t *bytes, const int16_t *weights, CVectors_Window window, int32_t zero, int32_t *sums, size_t count) {
    for (size_t i = 0; i < count; i++) sums[i] = -zero;
    for (size_t row = 0; row < window.rows; row++)
        for (size_t tap = 0; tap < window.taps; tap++) {
            const uint8_t *values = bytes + row * window.row_step + tap;
            int32_t weight = weights[row * window.weight_step + tap];
            for (size_t i = 0; i < count; i++) sums[i] += values[i] * weight;
        }
}

#if defined(__x86_64__)
AVX2 static void overlapping_avx2(
    const uint8_t *bytes, const int16_t *weights, CVectors_Window window, int32_t zero, int32_t *sums, size_t count) {
    overlapping(bytes, weights, window, zero, sums, count);
}

AVX512 static void overlapping_avx512(
    const uint8_t *bytes, const int16_t *weights, CVectors_Window window, int32_t zero, int32_t *sums, size_t count) {
    overlapping(bytes, weights, window, zero, sums, count);
}

// Rows of inputs side by side.
AVX512 INLINE void rows(
    const uint8_t *bytes, size_t step, const int16_t *weights, size_t rows, CVectors_Window window, int32_t zero,
    int32_t *sums, size_t count) {
    __mmask32 rest = (1u << window.inputs % 32) - 1;
    for (size_t i = 0; i < count; i++) {
        __m512i sum = _mm512_setzero_si512();
        for (size_t row = 0; row < rows; row++) {
            const uint8_t *values = bytes + i * step + row * window.row_step;
            const int16_t *factors = weights + row * window.weight_step;
            size_t k = 0;
            for (; k + 32 <= window.inputs; k += 32) {
                __m512i wide = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const __m256i *)(values + k)));
                sum = _mm512_add_epi32(sum, _mm512_madd_epi16(wide, _mm512_loadu_si512(factors + k)));
            }
            __m512i wide = _mm512_cvtepu8_epi16(_mm256_maskz_loadu_epi8(rest, values + k));
            sum = _mm512_add_epi32(sum, _mm512_madd_epi16(wide, _mm512_maskz_loadu_epi16(rest, factors + k)));
        }
        sums[i] = _mm512_reduce_add_epi32(sum) - zero;
    }
}

AVX512 static void rows_avx512(
    const uint8_t *bytes, size_t step, const int16_t *weights, CVectors_Window window, int32_t zero, int32_t *sums,
    size_t count) {
    // Known to the compiler, these are no loops.
    if (window.rows == 1) {
        rows(bytes, step, weights, 1, window, zero, sums, count);
    } else if (window.rows == 3 && window.inputs < 32) {
        rows(bytes, step, weights, 3, window, zero, sums, count);
    } else {
        rows(bytes, step, weights, window.rows, window, zero, sums, count);
    }
}
#endif

void CVectors_windows(
    const uint8_t *bytes, size_t step, const int16_t *weights, CVectors_Window window, int32_t zero, int32_t *sums,
    size_t count) {
    _Bool overlaps = window.inputs == 1 && step == 1 && window.tap_step == 1;
#if defined(__x86_64__)
    if (HAS_AVX512) {
        if (overlaps) return overlapping_avx512(bytes, weights, window, zero, sums, count);
        if (window.taps == 1) return rows_avx512(bytes, step, weights, window, zero, sums, count);
    } else if (overlaps && HAS_AVX2) {
        return overlapping_avx2(bytes, weights, window, zero, sums, count);
    }
#endif
    if (overlaps) return overlapping(bytes, weights, window, zero, sums, count);
    any_window(bytes, step, weights, window, zero, sums, count);
}

void CVectors_pack(const uint8_t *bytes, size_t step, size_t inputs, uint8_t *result, size_t count) {
    if (inputs == 1) {
        for (size_t i = 0; i < count; i++) result[i] = bytes[i * step];
    } else if (inputs == step) {
        memcpy(result, bytes, count * inputs);
    } else {
        for (size_t i = 0; i < count; i++) memcpy(result + i * inputs, bytes + i * step, inputs);
    }
}

// Rounded in blocks: vectors have no way to put bytes apart.
INLINE void round_sums(
    const int32_t *sums, float factor, float bias, float low, float high, uint8_t *result, size_t step,
    size_t count) {
#pragma STDC FP_CONTRACT OFF
    uint8_t block[64];
    for (size_t start = 0; start < count; start += sizeof block) {
        size_t end = count - start < sizeof block ? count - start : sizeof block;
        for (size_t i = 0; i < end; i++) {
            float value = (float)sums[start + i] * factor + bias;
            value = value >= low ? value : low;
            value = value <= high ? value : high;
            block[i] = (uint8_t)(int32_t)(value + 0x1.8p23f - 0x1.8p23f);
        }
        for (size_t i = 0; i < end; i++) result[(start + i) * step] = block[i];
    }
}

FOR_ALL_PROCESSORS(
    round_sums,
    (const int32_t *sums, float factor, float bias, float low, float high, uint8_t *result, size_t step, size_t count),
    (sums, factor, bias, low, high, result, step, count))
