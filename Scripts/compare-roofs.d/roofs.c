// What one core can do at most, written once more and compiled by another compiler: multiply–adds of floats, and the
// triad of STREAM (McCalpin) over doubles. Prints GFLOPS and GB/s, the best of several windows each.
//
//   roofs WORKING_SET_BYTES
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
enum { BYTES = 64 };
#elif defined(__AVX__)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif
typedef float vector __attribute__((vector_size(BYTES)));

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static volatile float start = 1, factor = 0.5f, sink;

static double multiply_adds(void) {
    enum { PASSES = 200000 };
    const float f = factor;
    double best = 0;
    for (int window = 0; window < 100; ++window) {
        vector a[12];
        for (int i = 0; i < 12; ++i) a[i] = (vector){0} + start + (float)i;
        const double begin = now();
        for (int pass = 0; pass < PASSES; ++pass)
#pragma GCC unroll 12
            for (int i = 0; i < 12; ++i) a[i] = a[i] * f + f;
        const double seconds = now() - begin;
        for (int i = 0; i < 12; ++i) sink = a[i][0];
        const double rate = 2.0 * PASSES * 12 * (BYTES / sizeof(float)) / seconds;
        if (rate > best) best = rate;
    }
    return best / 1e9;
}

static double triad(size_t bytes) {
    const size_t count = bytes / 3 / sizeof(double) / 8 * 8;
    double *a = aligned_alloc(64, count * sizeof(double)), *b = aligned_alloc(64, count * sizeof(double)),
           *c = aligned_alloc(64, count * sizeof(double));
    if (!a || !b || !c) return 0;
    for (size_t i = 0; i < count; ++i) a[i] = 1, b[i] = 2, c[i] = 0;
    const double scalar = factor;
    double best = 0;
    for (int window = 0; window < 8; ++window) {
        const double begin = now();
        for (size_t i = 0; i < count; ++i) a[i] = b[i] + scalar * c[i];
        const double rate = 3.0 * (double)(count * sizeof(double)) / (now() - begin);
        if (rate > best) best = rate;
        sink = (float)a[count / 2];
    }
    free(a), free(b), free(c);
    return best / 1e9;
}

int main(int count, char **arguments) {
    if (count != 2) return 64;
    printf("%.3f %.3f\n", multiply_adds(), triad((size_t)atoll(arguments[1])));
}
