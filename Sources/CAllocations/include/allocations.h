// Counts this process's heap allocations, so that "no allocation per frame" can be measured.
#pragma once
#include <stdint.h>

/// Calls of malloc, calloc, realloc and the aligned forms so far, of all threads; −1 where they cannot be counted,
/// as under AddressSanitizer, which has an allocator of its own.
int64_t callocations_count(void);
