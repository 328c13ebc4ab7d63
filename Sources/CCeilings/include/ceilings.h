// What a core can do at most: chains of multiplications and additions that wait for nothing but each other, by family
// of instructions, and streams through memory. One file a family. Any thread; a chain runs on the calling one.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A loop that does nothing but multiply and add.
typedef struct {
    /// What is multiplied: "fp32", "bf16", "fp16" or "int8".
    const char *format;
    /// "AVX-512 FMA".
    const char *instructions;
    /// Multiplications and additions of one pass.
    uint64_t operations;
    void (*run)(uint64_t passes);
} CCeilings_Chain;

/// The chains that this processor can run.
/// - Parameter chains: room for `capacity` of them.
/// - Returns: how many were written.
size_t CCeilings_chains(CCeilings_Chain *chains, size_t capacity);

/// sums[i] = a[i] + factor × b[i], at i < count, a multiple of 64; all aligned to 64 bytes: the triad of STREAM.
void CCeilings_triad(float *sums, const float *a, const float *b, float factor, size_t count);

/// Reads values, as little as that can be, and adds them up; count is a multiple of 64.
float CCeilings_read(const float *values, size_t count);
