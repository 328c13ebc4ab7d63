// Vectors of 256 bits: FMA, bytes by way of 16 bits, and AVX-VNNI's dot products of bytes.
#if defined(__x86_64__)
#include <immintrin.h>

#include "chains.h"
#include "features.h"

#define FMA __attribute__((target("avx2,fma")))
#define MULTIPLY_ADD(k) a##k = _mm256_fmadd_ps(a##k, operand, operand);
CHAIN(FMA, fp32, __m256, __m256, _mm256_set1_ps((float)one), _mm256_set1_ps(0.5f * (float)one), MULTIPLY_ADD)

#define BYTES(k)                 \
    a##k = _mm256_add_epi32(     \
        a##k, _mm256_madd_epi16(_mm256_maddubs_epi16(a##k, operand), _mm256_set1_epi16(1)));
CHAIN(FMA, int8, __m256i, __m256i, _mm256_set1_epi8((char)one), _mm256_set1_epi8((char)one), BYTES)

#define VNNI __attribute__((target("avx2,avxvnni")))
#define DOT(k) a##k = _mm256_dpbusd_avx_epi32(a##k, operand, operand);
CHAIN(VNNI, vnni, __m256i, __m256i, _mm256_set1_epi8((char)one), _mm256_set1_epi8((char)one), DOT)

void CCeilings_append_avx2(ChainList *list) {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return;
    chain_append(list, "fp32", "AVX2 FMA", 2 * 8, fp32);
    chain_append(list, "int8", "AVX2 VPMADDUBSW", 2 * 32, int8);
    if (has_feature(1, CPUID_EAX, 4)) chain_append(list, "int8", "AVX-VNNI", 2 * 32, vnni);
}
#endif
