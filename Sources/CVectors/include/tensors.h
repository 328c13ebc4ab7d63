// Loops over tensors that move elements, or make one of those along an axis. Compiled for each kind of vectors, as
// those of vectors.h. Called on any thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Of a walk through two tensors: how far it goes, and elements from one position to the next in each.
typedef struct {
    size_t extent;
    ptrdiff_t from, to;
} CVectors_Axis;

/// Copies an element at each position of all axes. Where elements lie side by side in the result, the last axis is the
/// one along which they do; where the source lies across it, the one before is along the source.
/// - Parameter element: bytes: 1, 2 or 4.
void CVectors_move(const void *source, void *result, size_t element, const CVectors_Axis *axes, size_t count);

/// e^(x − max) ÷ Σ e^(x − max) along the middle axis of outer × length × inner, or its logarithm. Not in place.
void CVectors_softmax(
    const float *source, float *result, size_t outer, size_t length, size_t inner, int isLogarithm);

/// Weighted sums along the middle axis: outer × from × inner become outer × to × inner. Result e is the sum of weights
/// [k × to + e] × the element at indices[k × to + e], for k < counts[e].
/// - Parameter taps: the largest of counts.
void CVectors_resample(
    const float *source, float *result, size_t outer, size_t from, size_t to, size_t inner, const int32_t *indices,
    const float *weights, const int32_t *counts, size_t taps);

typedef enum { CVectors_sum, CVectors_product, CVectors_maximum, CVectors_minimum } CVectors_Reduction;

/// What becomes of the elements along the middle axis, times scale: outer × length × inner become outer × inner.
void CVectors_reduce(
    const float *source, float *result, CVectors_Reduction kind, float scale, size_t outer, size_t length,
    size_t inner);

/// Where along the middle axis the largest element is: outer × length × inner become outer × inner positions, of the
/// first or the last of equals.
void CVectors_positions(
    const float *source, float *result, size_t outer, size_t length, size_t inner, int selectsLast);

/// How a normalisation walks outer × rows × run elements.
typedef struct {
    size_t outer, rows, run;
    /// Whether mean and variance are those of rows × run elements, or of the rows for each of `run` positions.
    int isAlong;
    /// Whether the mean is taken off.
    int isCentred;
    float epsilon;
    /// Where scales and biases of each outer position and of each row begin, and from one element of a run to the next
    /// one's: 0 or 1. Not read without scales.
    const int32_t *outerOffsets, *rowOffsets;
    size_t step;
} CVectors_Normalization;

/// (x − mean) ÷ √(variance + epsilon) · scale + bias; may be in place.
/// - Parameters: scales, biases: or null; biases only with scales.
void CVectors_normalize(
    const float *source, float *result, const CVectors_Normalization *form, const float *scales,
    const float *biases);
