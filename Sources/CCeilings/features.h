// What an x86 processor says of itself where compilers' own question doesn't know the word yet.
#pragma once
#include <cpuid.h>
#include <stdbool.h>

enum { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

/// A bit of leaf 7, "extended features".
static inline bool has_feature(unsigned subleaf, int in, unsigned bit) {
    unsigned registers[4];
    if (!__get_cpuid_count(
            7, subleaf, &registers[CPUID_EAX], &registers[CPUID_EBX], &registers[CPUID_ECX], &registers[CPUID_EDX]))
        return false;
    return registers[in] >> bit & 1;
}
