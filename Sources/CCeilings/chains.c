// All families' chains, the oldest family first.
#include "chains.h"

volatile uint8_t CCeilings_sink;
volatile int CCeilings_one = 1;

size_t CCeilings_chains(CCeilings_Chain *chains, size_t capacity) {
    ChainList list = {chains, 0, capacity};
#if defined(__x86_64__)
    CCeilings_append_sse2(&list);
    CCeilings_append_avx2(&list);
    CCeilings_append_avx512(&list);
    CCeilings_append_amx(&list);
#elif defined(__aarch64__)
    CCeilings_append_neon(&list);
#endif
    return list.count;
}
