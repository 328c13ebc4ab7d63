// Vectors of 512 bits: FMA of floats and halves, and dot products of BF16 pairs and of four bytes.
#if defined(__x86_64__)
#include <immintrin.h>

#include "chains.h"
#include "features.h"

#define FMA __attribute__((target("avx512f")))
#define MULTIPLY_ADD(k) a##k = _mm512_fmadd_ps(a##k, operand, operand);
CHAIN(FMA, fp32, __m512, __m512, _mm512_set1_ps((float)one), _mm512_set1_ps(0.5f * (float)one), MULTIPLY_ADD)

#define HALF __attribute__((target("avx512fp16,avx512bw,avx512vl")))
#define HALF_MULTIPLY_ADD(k) a##k = _mm512_fmadd_ph(a##k, operand, operand);
CHAIN(
    HALF, fp16, __m512h, __m512h, _mm512_castsi512_ph(_mm512_set1_epi16((short)(0x3C00 * one))),
    _mm512_castsi512_ph(_mm512_set1_epi16((short)(0x3800 * one))), HALF_MULTIPLY_ADD)

// 1 in BF16: sums grow to 2²⁴ and stay there.
#define BRAIN __attribute__((target("avx512f,avx512bf16")))
#define BRAIN_DOT(k) a##k = _mm512_dpbf16_ps(a##k, (__m512bh)operand, (__m512bh)operand);
CHAIN(
    BRAIN, bf16, __m512, __m512i, _mm512_set1_ps((float)one), _mm512_set1_epi16((short)(0x3F80 * one)), BRAIN_DOT)

#define VNNI __attribute__((target("avx512f,avx512vnni")))
#define DOT(k) a##k = _mm512_dpbusd_epi32(a##k, operand, operand);
CHAIN(VNNI, int8, __m512i, __m512i, _mm512_set1_epi32(one), _mm512_set1_epi32(0x01010101 * one), DOT)

void CCeilings_append_avx512(ChainList *list) {
    if (!__builtin_cpu_supports("avx512f")) return;
    chain_append(list, "fp32", "AVX-512 FMA", 2 * 16, fp32);
    if (has_feature(1, CPUID_EAX, 5)) chain_append(list, "bf16", "AVX-512 BF16", 2 * 32, bf16);
    if (has_feature(0, CPUID_EDX, 23)) chain_append(list, "fp16", "AVX-512 FP16", 2 * 32, fp16);
    if (has_feature(0, CPUID_ECX, 11)) chain_append(list, "int8", "AVX-512 VNNI", 2 * 64, int8);
}
#endif
