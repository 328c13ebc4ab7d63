#include "vectors.h"

static inline __attribute__((always_inline)) void mix(
    const uint8_t *restrict upper, const uint8_t *restrict lower, float share, float *restrict result, size_t count) {
    for (size_t i = 0; i < count; i++) {
        float value = upper[i];
        result[i] = value + ((float)lower[i] - value) * share;
    }
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static void mix_avx512(
    const uint8_t *upper, const uint8_t *lower, float share, float *result, size_t count) {
    mix(upper, lower, share, result, count);
}

__attribute__((target("avx2"))) static void mix_avx2(
    const uint8_t *upper, const uint8_t *lower, float share, float *result, size_t count) {
    mix(upper, lower, share, result, count);
}
#endif

void CVectors_mix(const uint8_t *upper, const uint8_t *lower, float share, float *result, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        mix_avx512(upper, lower, share, result, count);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        mix_avx2(upper, lower, share, result, count);
        return;
    }
#endif
    mix(upper, lower, share, result, count);
}
