// Loops over a picture's bytes, compiled for the vector units that x86 processors may have: Swift compiles for the
// oldest x86-64, whose vectors are a quarter as wide. Elsewhere one version is enough. Called on any thread.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// result[i] = upper[i] + (lower[i] − upper[i]) × share, for i < count.
void CVectors_mix(const uint8_t *upper, const uint8_t *lower, float share, float *result, size_t count);
