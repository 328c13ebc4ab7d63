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

typedef float Eight __attribute__((vector_size(32)));
typedef float Sixteen __attribute__((vector_size(64)));
#define PICK __builtin_shufflevector

// Products of as many lanes, folded to four that are still to be added up.
INLINE void weigh(const float *row, const float *weights, size_t lanes, Four *products) {
    Four four, factors;
    Eight eight, eight_factors;
    Sixteen sixteen, sixteen_factors;
    switch (lanes) {
    case 4:
        memcpy(&four, row, sizeof four);
        memcpy(&factors, weights, sizeof factors);
        *products = four * factors;
        return;
    case 8:
        memcpy(&eight, row, sizeof eight);
        memcpy(&eight_factors, weights, sizeof eight_factors);
        eight *= eight_factors;
        break;
    default:
        memcpy(&sixteen, row, sizeof sixteen);
        memcpy(&sixteen_factors, weights, sizeof sixteen_factors);
        sixteen *= sixteen_factors;
        eight = PICK(sixteen, sixteen, 0, 1, 2, 3, 4, 5, 6, 7) + PICK(sixteen, sixteen, 8, 9, 10, 11, 12, 13, 14, 15);
    }
    *products = PICK(eight, eight, 0, 1, 2, 3) + PICK(eight, eight, 4, 5, 6, 7);
}

// Four results at a time: the lanes of four vectors are added up crosswise.
INLINE void weigh_lanes(
    const float *row, const int32_t *lows, const float *weights, size_t lanes, float *result, size_t width) {
    Four a, b, c, d;
    size_t i = 0;
    for (; i + 4 <= width; i += 4, weights += 4 * lanes) {
        weigh(row + lows[i], weights, lanes, &a);
        weigh(row + lows[i + 1], weights + lanes, lanes, &b);
        weigh(row + lows[i + 2], weights + 2 * lanes, lanes, &c);
        weigh(row + lows[i + 3], weights + 3 * lanes, lanes, &d);
        Four ab = PICK(a, b, 0, 4, 2, 6) + PICK(a, b, 1, 5, 3, 7), cd = PICK(c, d, 0, 4, 2, 6) + PICK(c, d, 1, 5, 3, 7);
        Four sums = PICK(ab, cd, 0, 1, 4, 5) + PICK(ab, cd, 2, 3, 6, 7);
        memcpy(result + i, &sums, sizeof sums);
    }
    for (; i < width; i++, weights += lanes) {
        weigh(row + lows[i], weights, lanes, &a);
        result[i] = (a[0] + a[1]) + (a[2] + a[3]);
    }
}

INLINE void weigh_columns(
    const float *row, const int32_t *lows, const float *weights, size_t lanes, float *result, size_t width) {
    switch (lanes) {
    case 4: weigh_lanes(row, lows, weights, 4, result, width); break;
    case 8: weigh_lanes(row, lows, weights, 8, result, width); break;
    default: weigh_lanes(row, lows, weights, 16, result, width);
    }
}

FOR_ALL_PROCESSORS(
    weigh_columns,
    (const float *row, const int32_t *lows, const float *weights, size_t lanes, float *result, size_t width),
    (row, lows, weights, lanes, result, width))

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

// A block's R, G and B stay in the nearest cache, apart from all that compilers might take for the same memory.
INLINE void colour_row(
    const float *components, const CVectors_Colours *colours, size_t channels, float *result, size_t plane,
    size_t width) {
    const float(*m)[4] = colours->matrix;
    for (size_t start = 0; start < width; start += BLOCK) {
        size_t length = width - start < BLOCK ? width - start : BLOCK;
        const float *first = components + start, *second = first + width, *third = second + width;
        float red[BLOCK], green[BLOCK], blue[BLOCK];
        if (colours->clips) {
            for (size_t x = 0; x < length; x++) {
                float a = first[x], b = second[x], c = third[x];
                red[x] = clip(m[0][0] * a + m[0][1] * b + m[0][2] * c + m[0][3]);
                green[x] = clip(m[1][0] * a + m[1][1] * b + m[1][2] * c + m[1][3]);
                blue[x] = clip(m[2][0] * a + m[2][1] * b + m[2][2] * c + m[2][3]);
            }
        } else {
            for (size_t x = 0; x < length; x++) {
                red[x] = m[0][0] * first[x] + m[0][3];
                green[x] = m[1][1] * second[x] + m[1][3];
                blue[x] = m[2][2] * third[x] + m[2][3];
            }
        }
        for (size_t channel = 0; channel < channels; channel++) {
            const float *f = colours->factors[channel];
            float *values = result + channel * plane + start, r = f[0], g = f[1], b = f[2], offset = f[3];
            for (size_t x = 0; x < length; x++) values[x] = r * red[x] + g * green[x] + b * blue[x] + offset;
        }
    }
}

FOR_ALL_PROCESSORS(
    colour_row,
    (const float *components, const CVectors_Colours *colours, size_t channels, float *result, size_t plane,
     size_t width),
    (components, colours, channels, result, plane, width))
