// What every x86-64 has: multiplications and additions apart, and products of 16-bit integers.
#if defined(__x86_64__)
#include <emmintrin.h>

#include "chains.h"

#define MULTIPLY_ADD(k) a##k = _mm_add_ps(_mm_mul_ps(a##k, operand), operand);
CHAIN(, fp32, __m128, __m128, _mm_set1_ps((float)one), _mm_set1_ps(0.5f * (float)one), MULTIPLY_ADD)

#define PAIRS(k) a##k = _mm_add_epi32(a##k, _mm_madd_epi16(a##k, operand));
CHAIN(, int8, __m128i, __m128i, _mm_set1_epi8((char)one), _mm_set1_epi16((short)one), PAIRS)

void CCeilings_append_sse2(ChainList *list) {
    chain_append(list, "fp32", "SSE2", 2 * 4, fp32);
    chain_append(list, "int8", "SSE2 PMADDWD", 2 * 8, int8);
}
#endif
