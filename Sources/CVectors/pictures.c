// Rows of pictures.
#include "processors.h"
#include "vectors.h"

#include <string.h>

// So many elements are summed at once, in registers; and so many bytes fit into 16 bits.
enum { LANES = 64, FITTING = 257 };
typedef uint8_t Elements __attribute__((vector_size(LANES)));
typedef uint16_t Sums __attribute__((vector_size(2 * LANES)));
typedef float Totals __attribute__((vector_size(4 * LANES)));

// Processors don't foresee which rows come next: those below are fetched while these are summed.
INLINE void sum_lanes(
    const uint8_t *rows, size_t step, size_t count, float head, float tail, float *result) {
    Elements elements;
    memcpy(&elements, rows, sizeof elements);
    Totals totals = __builtin_convertvector(elements, Totals) * head;
    if (count > 1) {
        size_t ahead = (count - 1) * step;
        const uint8_t *last = rows + ahead;
        memcpy(&elements, last, sizeof elements);
        totals += __builtin_convertvector(elements, Totals) * tail;
        __builtin_prefetch(last + ahead);
        rows += step;
        while (rows < last) {
            const uint8_t *end = (size_t)(last - rows) > FITTING * step ? rows + FITTING * step : last;
            Sums sums = {0};
            for (; rows < end; rows += step) {
                __builtin_prefetch(rows + ahead);
                memcpy(&elements, rows, sizeof elements);
                sums += __builtin_convertvector(elements, Sums);
            }
            totals += __builtin_convertvector(sums, Totals);
        }
    }
    memcpy(result, &totals, sizeof totals);
}

INLINE void sum_rows(
    const uint8_t *rows, size_t step, size_t count, float head, float tail, float *result, size_t width) {
    size_t x = 0;
    for (; x + LANES <= width; x += LANES) sum_lanes(rows + x, step, count, head, tail, result + x);
    if (x == width) return;
    // The last ones together with some before them, if there are any.
    if (width >= LANES) {
        x = width - LANES;
        sum_lanes(rows + x, step, count, head, tail, result + x);
        return;
    }
    for (; x < width; x++) {
        float total = rows[x] * head;
        if (count > 1) total += rows[(count - 1) * step + x] * tail;
        for (size_t y = 1; y + 1 < count; y++) total += rows[y * step + x];
        result[x] = total;
    }
}

FOR_ALL_PROCESSORS(
    sum_rows,
    (const uint8_t *rows, size_t step, size_t count, float head, float tail, float *result, size_t width),
    (rows, step, count, head, tail, result, width))

// Of each channel of a pixel, the last of four unused.
typedef float Pixel __attribute__((vector_size(16)));
typedef float TwoPixels __attribute__((vector_size(32)));
typedef float FourPixels __attribute__((vector_size(64)));
typedef int32_t Codes __attribute__((vector_size(64)));
typedef uint8_t Bytes __attribute__((vector_size(16)));
#define PICK __builtin_shufflevector

INLINE void sum_span(const float *row, const CVectors_Span *span, Pixel *total) {
    Pixel first, last;
    memcpy(&first, row + span->low, sizeof first);
    memcpy(&last, row + span->high, sizeof last);
    *total = first * span->head + last * span->tail;
    for (int32_t x = span->low + 3; x < span->high; x += 3) {
        Pixel pixel;
        memcpy(&pixel, row + x, sizeof pixel);
        *total += pixel;
    }
}

// Adding 1.5 × 2²³ leaves the nearest whole number in the lowest bits.
INLINE void round_pixels(
    const float *row, const CVectors_Span *columns, const FourPixels *scale, const FourPixels *shift,
    const FourPixels *low, const FourPixels *high, Bytes *bytes, int step) {
    Pixel a, b, c, d;
    sum_span(row, columns, &a);
    sum_span(row, columns + step, &b);
    sum_span(row, columns + 2 * step, &c);
    sum_span(row, columns + 3 * step, &d);
    TwoPixels ab = PICK(a, b, 0, 1, 2, 3, 4, 5, 6, 7), cd = PICK(c, d, 0, 1, 2, 3, 4, 5, 6, 7);
    FourPixels value = PICK(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) * *scale + *shift;
    value = __builtin_elementwise_min(__builtin_elementwise_max(value, *low), *high) + 0x1.8p23f;
    Codes codes;
    memcpy(&codes, &value, sizeof codes);
    *bytes = __builtin_convertvector(codes, Bytes);
    *bytes = PICK(*bytes, *bytes, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 0, 0, 0, 0);
}

INLINE void round_row(
    const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float low, float high,
    uint8_t *result, size_t width) {
    FourPixels scales, shifts, lowest = (FourPixels){0} + low, highest = (FourPixels){0} + high;
    for (int i = 0; i < 16; i++) {
        scales[i] = scale[i % 4];
        shifts[i] = shift[i % 4];
    }
    Bytes bytes;
    size_t x = 0;
    // Four bytes too many: the next pixels go over them.
    for (; x + 6 <= width; x += 4) {
        round_pixels(row, columns + x, &scales, &shifts, &lowest, &highest, &bytes, 1);
        memcpy(result + 3 * x, &bytes, sizeof bytes);
    }
    for (; x < width; x++) {
        round_pixels(row, columns + x, &scales, &shifts, &lowest, &highest, &bytes, 0);
        memcpy(result + 3 * x, &bytes, 3);
    }
}

FOR_ALL_PROCESSORS(
    round_row,
    (const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float low, float high,
     uint8_t *result, size_t width),
    (row, columns, scale, shift, low, high, result, width))

// Of four pixels: sums × scale + shift, a vector a channel.
INLINE void sum_four(
    const float *row, const CVectors_Span *columns, const Pixel *scale, const Pixel *shift, Pixel *red, Pixel *green,
    Pixel *blue) {
    Pixel a, b, c, d;
    sum_span(row, columns, &a);
    sum_span(row, columns + 1, &b);
    sum_span(row, columns + 2, &c);
    sum_span(row, columns + 3, &d);
    a = a * *scale + *shift;
    b = b * *scale + *shift;
    c = c * *scale + *shift;
    d = d * *scale + *shift;
    Pixel ab = PICK(a, b, 0, 4, 1, 5), cd = PICK(c, d, 0, 4, 1, 5);
    *red = PICK(ab, cd, 0, 1, 4, 5);
    *green = PICK(ab, cd, 2, 3, 6, 7);
    ab = PICK(a, b, 2, 6, 3, 7);
    cd = PICK(c, d, 2, 6, 3, 7);
    *blue = PICK(ab, cd, 0, 1, 4, 5);
}

INLINE void split_row(
    const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float *const *planes,
    size_t width) {
    Pixel scales, shifts, red, green, blue, pixel;
    memcpy(&scales, scale, sizeof scales);
    memcpy(&shifts, shift, sizeof shifts);
    size_t x = 0;
    for (; x + 4 <= width; x += 4) {
        sum_four(row, columns + x, &scales, &shifts, &red, &green, &blue);
        memcpy(planes[0] + x, &red, sizeof red);
        memcpy(planes[1] + x, &green, sizeof green);
        memcpy(planes[2] + x, &blue, sizeof blue);
    }
    for (; x < width; x++) {
        sum_span(row, columns + x, &pixel);
        pixel = pixel * scales + shifts;
        for (int i = 0; i < 3; i++) planes[i][x] = pixel[i];
    }
}

FOR_ALL_PROCESSORS(
    split_row,
    (const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float *const *planes,
     size_t width),
    (row, columns, scale, shift, planes, width))

INLINE void mix_row(
    const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float *result,
    size_t width) {
    Pixel scales, shifts, red, green, blue, pixel;
    memcpy(&scales, scale, sizeof scales);
    memcpy(&shifts, shift, sizeof shifts);
    size_t x = 0;
    for (; x + 4 <= width; x += 4) {
        sum_four(row, columns + x, &scales, &shifts, &red, &green, &blue);
        Pixel sum = red + green + blue;
        memcpy(result + x, &sum, sizeof sum);
    }
    for (; x < width; x++) {
        sum_span(row, columns + x, &pixel);
        pixel = pixel * scales + shifts;
        result[x] = pixel[0] + pixel[1] + pixel[2];
    }
}

FOR_ALL_PROCESSORS(
    mix_row,
    (const float *row, const CVectors_Span *columns, const float *scale, const float *shift, float *result,
     size_t width),
    (row, columns, scale, shift, result, width))

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
