// How a chain is written: twelve accumulators, more than any unit's latency takes to fill, in a loop that the compiler
// can't shorten, since it doesn't know what they begin with. Each family's file says which of its chains there are.
#pragma once
#include <stdint.h>
#include <string.h>

#include "ceilings.h"

#define TIMES12(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11)
enum { CHAIN_LENGTH = 12 };

/// Where a chain's results go, so that they aren't left out.
extern volatile uint8_t CCeilings_sink;
/// 1, which the compiler doesn't know.
extern volatile int CCeilings_one;

#define CHAIN_BEGIN(k) a##k = begin,
#define CHAIN_END(k) memcpy(&last, &a##k, 1), sum ^= last;

/// Defines a function: `passes` times it does TIMES12(STEP), and STEP(k) changes the accumulator a##k by `operand`.
/// - Parameters: begin_value, operand_value: of the type, made of `one`.
#define CHAIN(attributes, name, type, operand_type, begin_value, operand_value, STEP)      \
    attributes static void name(uint64_t passes) {                                         \
        const int one = CCeilings_one;                                                     \
        const type begin = begin_value;                                                    \
        const operand_type operand = operand_value;                                        \
        type TIMES12(CHAIN_BEGIN) unused = begin;                                          \
        for (; passes > 0; --passes) { TIMES12(STEP) }                                     \
        uint8_t sum = 0, last;                                                             \
        TIMES12(CHAIN_END)                                                                 \
        memcpy(&last, &unused, 1);                                                         \
        CCeilings_sink = sum ^ last;                                                       \
    }

/// What was found so far.
typedef struct {
    CCeilings_Chain *chains;
    size_t count, capacity;
} ChainList;

/// - Parameter operations: of one step of one accumulator.
static inline void chain_append(
    ChainList *list, const char *format, const char *instructions, uint64_t operations, void (*run)(uint64_t)) {
    if (list->count == list->capacity) return;
    list->chains[list->count++] = (CCeilings_Chain){format, instructions, operations * CHAIN_LENGTH, run};
}

// Each appends what this processor has of its family.
void CCeilings_append_sse2(ChainList *list);
void CCeilings_append_avx2(ChainList *list);
void CCeilings_append_avx512(ChainList *list);
void CCeilings_append_amx(ChainList *list);
void CCeilings_append_neon(ChainList *list);
