// Rows of pictures whose components are apart: Y, Cb and Cr, or others than bytes R, G, B.
#include "processors.h"
#include "vectors.h"

#include <string.h>

// Rows in their order for each element: the processor's vectors run along the row.
enum { BLOCK = 64 };

INLINE void sum_wide_rows(
    const uint16_t *rows, size_t step, size_t count, float head, float tail, float *result, size_t width) {
    for (size_t start = 0; start < width; start += BLOCK) {
        size_t length = width - start < BLOCK ? width - start : BLOCK;
        const uint16_t *row = rows + start;
        float *sums = result + start;
        for (size_t x = 0; x < length; x++) sums[x] = row[x] * head;
        if (count == 1) continue;
        for (size_t y = 1; y + 1 < count; y++) {
            row += step;
            for (size_t x = 0; x < length; x++) sums[x] += row[x];
        }
        row += step;
        for (size_t x = 0; x < length; x++) sums[x] += row[x] * tail;
    }
}

FOR_ALL_PROCESSORS(
    sum_wide_rows,
    (const uint16_t *rows, size_t step, size_t count, float head, float tail, float *result, size_t width),
    (rows, step, count, head, tail, result, width))

typedef float Four __attribute__((vector_size(16)));

INLINE void sum_columns(const float *row, const CVectors_Span *columns, float *result, size_t width) {
    for (size_t i = 0; i < width; i++) {
        const CVectors_Span span = columns[i];
        float sum = row[span.low] * span.head + row[span.high] * span.tail;
        int32_t x = span.low + 1;
        if (span.high - x >= 4) {
            Four four = {0}, next;
            for (; x + 4 <= span.high; x += 4) {
                memcpy(&next, row + x, sizeof next);
                four += next;
            }
            sum += (four[0] + four[1]) + (four[2] + four[3]);
        }
        for (; x < span.high; x++) sum += row[x];
        result[i] = sum;
    }
}

FOR_ALL_PROCESSORS(
    sum_columns, (const float *row, const CVectors_Span *columns, float *result, size_t width),
    (row, columns, result, width))

INLINE void pick(const float *row, size_t step, float *result, size_t width) {
    switch (step) {
    case 2: for (size_t i = 0; i < width; i++) result[i] = row[2 * i]; break;
    case 3: for (size_t i = 0; i < width; i++) result[i] = row[3 * i]; break;
    case 4: for (size_t i = 0; i < width; i++) result[i] = row[4 * i]; break;
    default: for (size_t i = 0; i < width; i++) result[i] = row[step * i];
    }
}

FOR_ALL_PROCESSORS(pick, (const float *row, size_t step, float *result, size_t width), (row, step, result, width))

INLINE float clip(float value) {
    value = value > 0 ? value : 0;
    return value < 255 ? value : 255;
}

INLINE void colour_row(
    float *components, const CVectors_Colours *colours, size_t channels, float *result, size_t plane, size_t width) {
    float *first = components, *second = first + width, *third = second + width;
    const float(*m)[4] = colours->matrix;
    if (colours->clips) {
        for (size_t x = 0; x < width; x++) {
            float a = first[x], b = second[x], c = third[x];
            first[x] = clip(m[0][0] * a + m[0][1] * b + m[0][2] * c + m[0][3]);
            second[x] = clip(m[1][0] * a + m[1][1] * b + m[1][2] * c + m[1][3]);
            third[x] = clip(m[2][0] * a + m[2][1] * b + m[2][2] * c + m[2][3]);
        }
    } else {
        for (size_t x = 0; x < width; x++) {
            first[x] = m[0][0] * first[x] + m[0][3];
            second[x] = m[1][1] * second[x] + m[1][3];
            third[x] = m[2][2] * third[x] + m[2][3];
        }
    }
    for (size_t channel = 0; channel < channels; channel++) {
        const float *f = colours->factors[channel];
        float *values = result + channel * plane;
        for (size_t x = 0; x < width; x++) values[x] = f[0] * first[x] + f[1] * second[x] + f[2] * third[x] + f[3];
    }
}

FOR_ALL_PROCESSORS(
    colour_row,
    (float *components, const CVectors_Colours *colours, size_t channels, float *result, size_t plane, size_t width),
    (components, colours, channels, result, plane, width))
