// What a device can do at most: chains of multiplications and additions, and streams through memory. Put behind
// prelude.cl and dot.cl.
//
// Build options as there; HALVES has chain_fp16, BYTES_IN chain_int8.

#define BEGIN(type, k) type a##k = (type)(one) + (type)(k);

// Accumulators differ, and are all needed, so that none is left out.
#define CHAIN(name, type, kind, STEP)                                                  \
    KERNEL void name(__global float *results, int one, int passes) {                   \
        type const operand = (type)(one) / (type)(2);                                  \
        EACH12(BEGIN_##kind)                                                           \
        for (int pass = 0; pass < passes; ++pass) { EACH12(STEP) }                     \
        type const sum = a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10 + a11;  \
        results[get_global_id(0)] = (float)(sum.s0 + sum.s1 + sum.s2 + sum.s3);        \
    }

#define BEGIN_FLOAT(k) BEGIN(FLOATV, k)
#define MULTIPLY_ADD(k) a##k = a##k * operand + operand;
CHAIN(chain_fp32, FLOATV, FLOAT, MULTIPLY_ADD)

#ifdef HALVES
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define HALFV JOIN(half, WIDTH)
#define BEGIN_HALF(k) BEGIN(HALFV, k)
CHAIN(chain_fp16, HALFV, HALF, MULTIPLY_ADD)
#endif

#ifdef BYTES_IN
#define BEGIN_INT(k) BEGIN(INTV, k)
#define DOT(k) a##k = DOTS(a##k, one, a##k);
CHAIN(chain_int8, INTV, INT, DOT)
#endif

// A group of one item has a share of its own; other groups' items go through memory side by side.
#ifdef ONE_ITEM_GROUPS
#define FOR_SHARE(i, count)                                                                                    \
    for (size_t share = (count) / get_global_size(0), i = get_global_id(0) * share, end = i + share; i < end; ++i)
#else
#define FOR_SHARE(i, count) for (size_t i = get_global_id(0); i < (count); i += get_global_size(0))
#endif

// count is in vectors of 16.
KERNEL void triad(
    __global float16 *sums, __global float16 const *a, __global float16 const *b, float factor, int count,
    int repeats) {
    for (int repeat = 0; repeat < repeats; ++repeat)
        FOR_SHARE(i, (size_t)count) sums[i] = a[i] + factor * b[i];
}

KERNEL void read_all(
    __global float *results, __global float16 const *a, __global float16 const *b, __global float16 const *c,
    int count, int repeats) {
    float16 x = 0, y = 0, z = 0;
    for (int repeat = 0; repeat < repeats; ++repeat)
        FOR_SHARE(i, (size_t)count) x += a[i], y += b[i], z += c[i];
    x += y + z;
    float8 const half_sum = x.lo + x.hi;
    float4 const sum = half_sum.lo + half_sum.hi;
    results[get_global_id(0)] = sum.s0 + sum.s1 + sum.s2 + sum.s3;
}
