// Arm's vectors of 128 bits: FMA of floats and halves, dot products of bytes, products of matrices of BF16 and bytes.
#if defined(__aarch64__)
#include <arm_neon.h>
#include <stdbool.h>
#include <sys/auxv.h>

#include "chains.h"

#define MULTIPLY_ADD(k) a##k = vfmaq_f32(operand, a##k, operand);
CHAIN(, fp32, float32x4_t, float32x4_t, vdupq_n_f32((float)one), vdupq_n_f32(0.5f * (float)one), MULTIPLY_ADD)

#define HALF __attribute__((target("fullfp16")))
#define HALF_MULTIPLY_ADD(k) a##k = vfmaq_f16(operand, a##k, operand);
CHAIN(
    HALF, fp16, float16x8_t, float16x8_t, vreinterpretq_f16_u16(vdupq_n_u16((uint16_t)(0x3C00 * one))),
    vreinterpretq_f16_u16(vdupq_n_u16((uint16_t)(0x3800 * one))), HALF_MULTIPLY_ADD)

#define DOT_PRODUCT __attribute__((target("dotprod")))
#define DOT(k) a##k = vdotq_s32(a##k, operand, operand);
CHAIN(DOT_PRODUCT, dot, int32x4_t, int8x16_t, vdupq_n_s32(one), vdupq_n_s8((int8_t)one), DOT)

// Without them: products of bytes as 16 bits, added in pairs.
#define WIDE(k) a##k = vpadalq_s16(a##k, vmull_s8(vget_low_s8(operand), vreinterpret_s8_s32(vget_low_s32(a##k))));
CHAIN(, wide, int32x4_t, int8x16_t, vdupq_n_s32(one), vdupq_n_s8((int8_t)one), WIDE)

#define BRAIN __attribute__((target("bf16")))
#define BRAIN_PRODUCT(k) \
    a##k = vbfmmlaq_f32(a##k, vreinterpretq_bf16_u16(operand), vreinterpretq_bf16_u16(operand));
CHAIN(
    BRAIN, bf16, float32x4_t, uint16x8_t, vdupq_n_f32((float)one), vdupq_n_u16((uint16_t)(0x3F80 * one)),
    BRAIN_PRODUCT)

#define MATRICES __attribute__((target("i8mm")))
#define MATRIX_PRODUCT(k) a##k = vmmlaq_s32(a##k, operand, operand);
CHAIN(MATRICES, matrices, int32x4_t, int8x16_t, vdupq_n_s32(one), vdupq_n_s8((int8_t)one), MATRIX_PRODUCT)

// The kernel's bits, as <asm/hwcap.h> has them.
static bool has(unsigned long type, unsigned bit) { return getauxval(type) >> bit & 1; }

void CCeilings_append_neon(ChainList *list) {
    chain_append(list, "fp32", "NEON FMA", 2 * 4, fp32);
    if (has(AT_HWCAP, 10)) chain_append(list, "fp16", "NEON FP16", 2 * 8, fp16);
    chain_append(list, "int8", "NEON SMULL", 2 * 8, wide);
    if (has(AT_HWCAP, 20)) chain_append(list, "int8", "NEON SDOT", 2 * 16, dot);
    if (has(AT_HWCAP2, 14)) chain_append(list, "bf16", "NEON BFMMLA", 2 * 16, bf16);
    if (has(AT_HWCAP2, 13)) chain_append(list, "int8", "NEON SMMLA", 2 * 32, matrices);
}
#endif
