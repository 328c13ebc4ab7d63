// Put before every program: the vector type of this build and the repetition macros that name registers.
//
// Build options: WIDTH, floats a vector (4, 8 or 16).
// All activations of a context live in one buffer, `arena`; kernels get offsets into it, in floats. A feature map is
// a view: N×H×W×C with channels contiguous, and free steps between pixels, rows and images, so that a view may be a
// slice of the channels of a wider map, or the inside of a padded one. Loads may run past a view's channels (the arena
// has slack at its end); stores never do.

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define FLOATV JOIN(float, WIDTH)
#define INTV JOIN(int, WIDTH)
#define LOAD(pointer) JOIN(vload, WIDTH)(0, pointer)
#define STORE(value, pointer) JOIN(vstore, WIDTH)(value, 0, pointer)

// EACH(n)(M) is M(0) M(1) … M(n - 1): accumulators have names because arrays are spilled to memory by some compilers.
#define EACH1(M) M(0)
#define EACH2(M) EACH1(M) M(1)
#define EACH3(M) EACH2(M) M(2)
#define EACH4(M) EACH3(M) M(3)
#define EACH5(M) EACH4(M) M(4)
#define EACH6(M) EACH5(M) M(5)
#define EACH7(M) EACH6(M) M(6)
#define EACH8(M) EACH7(M) M(7)
#define EACH9(M) EACH8(M) M(8)
#define EACH10(M) EACH9(M) M(9)
#define EACH11(M) EACH10(M) M(10)
#define EACH12(M) EACH11(M) M(11)
#define EACH13(M) EACH12(M) M(12)
#define EACH14(M) EACH13(M) M(13)
#define EACH15(M) EACH14(M) M(14)
#define EACH(n) JOIN(EACH, n)

// FORV(n)(M, p) is M(p, 0) … M(p, n - 1): the vectors of one pixel.
#define FORV1(M, p) M(p, 0)
#define FORV2(M, p) FORV1(M, p) M(p, 1)
#define FORV3(M, p) FORV2(M, p) M(p, 2)
#define FORV4(M, p) FORV3(M, p) M(p, 3)
#define FORV(n) JOIN(FORV, n)

// Into low … high. These comparisons become two instructions; clamp() costs more where it must care for NaN. Here NaN
// stays NaN.
inline FLOATV limit(FLOATV value, float low, float high) {
    value = value < (FLOATV)(low) ? (FLOATV)(low) : value;
    return value > (FLOATV)(high) ? (FLOATV)(high) : value;
}

// Stores the first `count` lanes (all, if there are more than WIDTH).
inline void store_lanes(FLOATV value, __global float *to, int count) {
    if (count >= WIDTH) {
        STORE(value, to);
        return;
    }
    float lanes[WIDTH];
    STORE(value, lanes);
    for (int lane = 0; lane < count; ++lane) to[lane] = lanes[lane];
}
