// Put before the programs that multiply bytes: sums of the products of four pairs of signed bytes, four to an int.
//
// Build options: DOT_PACKED, with cl_khr_integer_dot_product; DOT_ARM, with cl_arm_integer_dot_product_accumulate_int8.
// With neither, bytes are multiplied as ints.

#ifdef BYTES_IN

#ifdef DOT_ARM
#pragma OPENCL EXTENSION cl_arm_integer_dot_product_accumulate_int8 : enable
#endif

inline int dot1(int sum, int a, int b) {
#if defined(DOT_PACKED)
    return sum + dot_4x8packed_ss_int(as_uint(a), as_uint(b));
#elif defined(DOT_ARM)
    return arm_dot_acc(as_char4(a), as_char4(b), sum);
#else
    int4 const products = convert_int4(as_char4(a)) * convert_int4(as_char4(b));
    return sum + products.x + products.y + products.z + products.w;
#endif
}

// One int's bytes with those of each lane.
#define DOTS JOIN(dots, WIDTH)
#if defined(DOT_PACKED) || defined(DOT_ARM)
inline int4 dots4(int4 sum, int a, int4 b) {
    return (int4)(dot1(sum.x, a, b.x), dot1(sum.y, a, b.y), dot1(sum.z, a, b.z), dot1(sum.w, a, b.w));
}
inline int8 dots8(int8 sum, int a, int8 b) { return (int8)(dots4(sum.lo, a, b.lo), dots4(sum.hi, a, b.hi)); }
inline int16 dots16(int16 sum, int a, int16 b) { return (int16)(dots8(sum.lo, a, b.lo), dots8(sum.hi, a, b.hi)); }
#else
inline INTV DOTS(INTV sum, int a, INTV b) {
    int4 const values = convert_int4(as_char4(a));
    return sum + (b << 24 >> 24) * values.x + (b << 16 >> 24) * values.y + (b << 8 >> 24) * values.z
        + (b >> 24) * values.w;
}
#endif

#endif
