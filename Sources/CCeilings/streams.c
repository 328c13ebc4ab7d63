// Streams through memory, in the widest vectors that the processor has.
#include "ceilings.h"

#define BYTES 16
#define PROCESSOR
#include "streams_kernels.h"
#undef BYTES
#undef PROCESSOR

#if defined(__x86_64__)
#define BYTES 32
#define PROCESSOR __attribute__((target("avx2,fma")))
#include "streams_kernels.h"
#undef BYTES
#undef PROCESSOR

#define BYTES 64
#define PROCESSOR __attribute__((target("avx512f")))
#include "streams_kernels.h"
#undef BYTES
#undef PROCESSOR

#define HAS_64 __builtin_cpu_supports("avx512f")
#define HAS_32 (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#endif

void CCeilings_triad(float *sums, const float *a, const float *b, float factor, size_t count) {
#if defined(__x86_64__)
    if (HAS_64) return triad_64(sums, a, b, factor, count);
    if (HAS_32) return triad_32(sums, a, b, factor, count);
#endif
    triad_16(sums, a, b, factor, count);
}

float CCeilings_read(const float *values, size_t count) {
#if defined(__x86_64__)
    if (HAS_64) return read_64(values, count);
    if (HAS_32) return read_32(values, count);
#endif
    return read_16(values, count);
}
