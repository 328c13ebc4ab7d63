// One loop, compiled for each kind of x86 processor: FOR_ALL_PROCESSORS(name, (int a, …), (a, …)) defines CVectors_name,
// which runs `name` as the machine's vectors allow.
#pragma once

#define INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define AVX512 __attribute__((target("avx512bw,avx512vl")))
#define AVX2 __attribute__((target("avx2")))
#define AVX2_FMA __attribute__((target("avx2,fma")))
#define HAS_AVX512 (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
#define HAS_AVX2 __builtin_cpu_supports("avx2")
#define HAS_AVX2_FMA (HAS_AVX2 && __builtin_cpu_supports("fma"))

#define FOR_ALL_PROCESSORS(name, parameters, arguments)               \
    AVX512 static void name##_avx512 parameters { name arguments; }   \
    AVX2 static void name##_avx2 parameters { name arguments; }       \
    void CVectors_##name parameters {                                 \
        if (HAS_AVX512) return name##_avx512 arguments;               \
        if (HAS_AVX2) return name##_avx2 arguments;                   \
        name arguments;                                               \
    }
#else
#define FOR_ALL_PROCESSORS(name, parameters, arguments) \
    void CVectors_##name parameters { name arguments; }
#endif
