// Normalisation by mean and variance: in two passes, the first of which starts from a line's first element, so that
// both are exact beside a large mean.
#include "processors.h"
#include "tensors.h"

#include <math.h>

// LANES: sums of a line, side by side. BLOCK: lines that are worked on together. PART: elements whose sum stays in
// single precision.
enum { LANES = 64, BLOCK = 256, PART = 4096, ROWS = 128 };

// MARK: Along lines

// The sum of x − mean, or of its square.
INLINE float part_sum(const float *x, size_t count, float mean, int isSquared) {
    float lanes[LANES];
    for (int i = 0; i < LANES; i++) lanes[i] = 0;
    size_t l = 0;
    for (; l + LANES <= count; l += LANES)
        for (int i = 0; i < LANES; i++) {
            float value = x[l + (size_t)i] - mean;
            lanes[i] += isSquared ? value * value : value;
        }
    for (int i = 0; l < count; l++, i++) {
        float value = x[l] - mean;
        lanes[i] += isSquared ? value * value : value;
    }
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
    return lanes[0];
}

INLINE double line_mean(const float *x, size_t count, float mean, int isSquared) {
    double sum = 0;
    for (size_t l = 0; l < count; l += PART)
        sum += part_sum(x + l, count - l < PART ? count - l : PART, mean, isSquared);
    return sum / (double)count;
}

INLINE void scale_row(
    const float *x, float *result, size_t count, float mean, float factor, const float *scales, const float *biases,
    size_t step) {
    if (!scales) {
        for (size_t i = 0; i < count; i++) result[i] = (x[i] - mean) * factor;
    } else if (step == 0) {
        float scale = factor * scales[0], bias = biases ? biases[0] : 0;
        for (size_t i = 0; i < count; i++) result[i] = (x[i] - mean) * scale + bias;
    } else if (biases) {
        for (size_t i = 0; i < count; i++) result[i] = (x[i] - mean) * factor * scales[i] + biases[i];
    } else {
        for (size_t i = 0; i < count; i++) result[i] = (x[i] - mean) * factor * scales[i];
    }
}

INLINE void normalize_line(
    const float *x, float *result, const CVectors_Normalization *form, const float *scales, const float *biases) {
    size_t count = form->rows * form->run;
    float mean = form->isCentred ? (float)(x[0] + line_mean(x, count, x[0], 0)) : 0;
    float factor = 1 / sqrtf((float)line_mean(x, count, mean, 1) + form->epsilon);
    for (size_t row = 0; row < form->rows; row++) {
        size_t at = row * form->run;
        size_t place = scales ? (size_t)form->rowOffsets[row] : 0;
        scale_row(
            x + at, result + at, form->run, mean, factor, scales ? scales + place : 0, biases ? biases + place : 0,
            form->step);
    }
}

// MARK: Across lines

// The means of x − means, or of its square, over `rows` rows.
INLINE void row_means(
    const float *x, size_t rows, size_t run, size_t count, const float *means, int isSquared, float *result) {
    float part[BLOCK];
    for (size_t i = 0; i < count; i++) result[i] = 0;
    for (size_t start = 0; start < rows; start += ROWS) {
        size_t end = rows - start < ROWS ? rows : start + ROWS;
        for (size_t i = 0; i < count; i++) part[i] = 0;
        for (size_t row = start; row < end; row++)
            for (size_t i = 0; i < count; i++) {
                float value = x[row * run + i] - means[i];
                part[i] += isSquared ? value * value : value;
            }
        for (size_t i = 0; i < count; i++) result[i] += part[i];
    }
    for (size_t i = 0; i < count; i++) result[i] /= (float)rows;
}

INLINE void normalize_rows(
    const float *source, float *target, const CVectors_Normalization *form, const float *scales,
    const float *biases) {
    float means[BLOCK], factors[BLOCK];
    for (size_t start = 0; start < form->run; start += BLOCK) {
        size_t count = form->run - start < BLOCK ? form->run - start : BLOCK;
        const float *x = source + start;
        float *result = target + start;
        for (size_t i = 0; i < count; i++) means[i] = 0;
        if (form->isCentred) {
            row_means(x, form->rows, form->run, count, x, 0, means);
            for (size_t i = 0; i < count; i++) means[i] += x[i];
        }
        row_means(x, form->rows, form->run, count, means, 1, factors);
        for (size_t i = 0; i < count; i++) factors[i] = 1 / sqrtf(factors[i] + form->epsilon);
        for (size_t row = 0; row < form->rows; row++) {
            const float *values = x + row * form->run;
            float *results = result + row * form->run;
            if (!scales) {
                for (size_t i = 0; i < count; i++) results[i] = (values[i] - means[i]) * factors[i];
                continue;
            }
            size_t place = (size_t)form->rowOffsets[row];
            if (form->step == 0) {
                float scale = scales[place], bias = biases ? biases[place] : 0;
                for (size_t i = 0; i < count; i++) results[i] = (values[i] - means[i]) * factors[i] * scale + bias;
                continue;
            }
            const float *scale = scales + place + start;
            if (biases) {
                const float *bias = biases + place + start;
                for (size_t i = 0; i < count; i++)
                    results[i] = (values[i] - means[i]) * factors[i] * scale[i] + bias[i];
            } else {
                for (size_t i = 0; i < count; i++) results[i] = (values[i] - means[i]) * factors[i] * scale[i];
            }
        }
    }
}

INLINE void normalize(
    const float *source, float *result, const CVectors_Normalization *form, const float *scales,
    const float *biases) {
    size_t count = form->rows * form->run;
    for (size_t line = 0; line < form->outer; line++, source += count, result += count) {
        size_t place = scales ? (size_t)form->outerOffsets[line] : 0;
        const float *scale = scales ? scales + place : 0, *bias = biases ? biases + place : 0;
        if (form->isAlong)
            normalize_line(source, result, form, scale, bias);
        else
            normalize_rows(source, result, form, scale, bias);
    }
}

FOR_ALL_PROCESSORS(
    normalize,
    (const float *source, float *result, const CVectors_Normalization *form, const float *scales,
     const float *biases),
    (source, result, form, scales, biases))
