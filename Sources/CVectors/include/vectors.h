// Loops over a picture's bytes and over a layer's values, compiled for the vector units that x86 processors may have: Swift compiles for the
// oldest x86-64, whose vectors are a quarter as wide. Elsewhere one version is enough. Called on any thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// result[i] = upper[i] + (lower[i] − upper[i]) × share, for i < count.
void CVectors_mix(const uint8_t *upper, const uint8_t *lower, float share, float *result, size_t count);

/// result[i] = scale × the whole number nearest to values[i] ÷ scale, ties to even, from low to high; 0 for what is no
/// number. In place, if both are the same.
/// - Parameters: low and high: whole, at most 2¹⁵ from 0.
void CVectors_quantize(const float *values, float scale, float low, float high, float *result, size_t count);

/// The same for the upper halves of floats, rounded to the nearest of them.
void CVectors_quantize_bf16(
    const uint16_t *values, float scale, float low, float high, uint16_t *result, size_t count);

/// Σ bytes[i] × weights[i], for i < count; fits in 32 bits.
int32_t CVectors_dot(const uint8_t *bytes, const int16_t *weights, size_t count);
