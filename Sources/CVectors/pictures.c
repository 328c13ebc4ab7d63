// Rows of pictures.
#include "processors.h"
#include "vectors.h"

#include <string.h>

INLINE void mix(
    const uint8_t *restrict upper, const uint8_t *restrict lower, float share, float *restrict result, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float value = upper[i];
        result[i] = value + ((float)lower[i] - value) * share;
    }
}

FOR_ALL_PROCESSORS(
    mix, (const uint8_t *upper, const uint8_t *lower, float share, float *result, size_t count),
    (upper, lower, share, result, count))

typedef float Pixel __attribute__((vector_size(16)));
typedef float Pixels __attribute__((vector_size(32)));
typedef int32_t Codes __attribute__((vector_size(32)));
typedef uint8_t Bytes __attribute__((vector_size(8)));
#define TWICE(first, second) __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7)

// Of each channel of two pixels, the last of four unused. Adding 1.5 × 2²³ leaves the nearest whole number in the
// lowest bits.
INLINE void round_pixels(
    const float *row, const CVectors_Tap *first, const CVectors_Tap *second, const Pixels *scale, const Pixels *shift,
    const Pixels *low, const Pixels *high, Bytes *bytes) {
    Pixel near[2], far[2];
    memcpy(&near[0], row + first->low, sizeof(Pixel));
    memcpy(&near[1], row + second->low, sizeof(Pixel));
    memcpy(&far[0], row + first->high, sizeof(Pixel));
    memcpy(&far[1], row + second->high, sizeof(Pixel));
    Pixels share = TWICE((Pixel){0} + first->share, (Pixel){0} + second->share);
    Pixels value = TWICE(near[0], near[1]);
    value = (value + (TWICE(far[0], far[1]) - value) * share) * *scale + *shift;
    value = __builtin_elementwise_min(__builtin_elementwise_max(value, *low), *high) + 0x1.8p23f;
    Codes codes;
    memcpy(&codes, &value, sizeof codes);
    *bytes = __builtin_convertvector(codes, Bytes);
}

INLINE void round_row(
    const float *row, const CVectors_Tap *columns, const float *scale, const float *shift, float low, float high,
    uint8_t *result, size_t width) {
    Pixel factor, summand;
    memcpy(&factor, scale, sizeof factor);
    memcpy(&summand, shift, sizeof summand);
    Pixels factors = TWICE(factor, factor), summands = TWICE(summand, summand);
    Pixels lowest = (Pixels){0} + low, highest = (Pixels){0} + high;
    Bytes bytes;
    size_t x = 0;
    // Two bytes too many: the next pixel goes over them.
    for (; x + 3 <= width; x += 2) {
        round_pixels(row, columns + x, columns + x + 1, &factors, &summands, &lowest, &highest, &bytes);
        bytes = __builtin_shufflevector(bytes, bytes, 0, 1, 2, 4, 5, 6, 0, 0);
        memcpy(result + 3 * x, &bytes, sizeof bytes);
    }
    for (; x < width; x++) {
        round_pixels(row, columns + x, columns + x, &factors, &summands, &lowest, &highest, &bytes);
        memcpy(result + 3 * x, &bytes, 3);
    }
}

FOR_ALL_PROCESSORS(
    round_row,
    (const float *row, const CVectors_Tap *columns, const float *scale, const float *shift, float low, float high,
     uint8_t *result, size_t width),
    (row, columns, scale, shift, low, high, result, width))

// So many times repeated, factors of three channels fill vectors.
enum { REPEATED = 16, BLOCK = 3 * REPEATED };

INLINE void round_bytes(
    const uint8_t *bytes, const float *scale, const float *shift, float low, float high, uint8_t *result,
    size_t width) {
    float scales[BLOCK], shifts[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) {
        scales[i] = scale[i % 3];
        shifts[i] = shift[i % 3];
    }
    for (size_t start = 0; start < 3 * width; start += BLOCK) {
        size_t length = 3 * width - start < BLOCK ? 3 * width - start : BLOCK;
        for (size_t i = 0; i < length; i++) {
            float value = bytes[start + i] * scales[i] + shifts[i];
            value = value > low ? value : low;
            value = (value < high ? value : high) + 0x1.8p23f;
            int32_t code;
            memcpy(&code, &value, sizeof code);
            result[start + i] = (uint8_t)code;
        }
    }
}

FOR_ALL_PROCESSORS(
    round_bytes,
    (const uint8_t *bytes, const float *scale, const float *shift, float low, float high, uint8_t *result,
     size_t width),
    (bytes, scale, shift, low, high, result, width))
