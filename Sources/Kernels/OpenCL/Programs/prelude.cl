// Put before every program: the numbers of this build and the repetition macros that name registers.
//
// Build options: WIDTH, numbers a vector (4, 8 or 16); HALF, which keeps activations and weights in half precision;
// BYTES_IN and BYTES_OUT, with which what a kernel reads or writes are signed bytes instead, the q of a grid of 8 bits;
// ONE_ITEM_GROUPS.
// Kernels compute in single precision in any case, but where they say otherwise; conversion is part of loading and
// storing, which OpenCL has without cl_khr_fp16.
// All activations of a context live in one buffer, the arena; kernels get offsets into it, in what they read or write.
// A feature map is a view: N×H×W×C with channels contiguous, and free steps between pixels, rows and images, so that a
// view may be a slice of the channels of a wider map, or the inside of a padded one. Loads may run past a view's
// channels (the arena has slack at its end); stores never do.

// With ONE_ITEM_GROUPS, compilers for CPUs make code for these groups alone.
#ifdef ONE_ITEM_GROUPS
#define KERNEL __kernel __attribute__((reqd_work_group_size(1, 1, 1)))
#else
#define KERNEL __kernel
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define FLOATV JOIN(float, WIDTH)
#define INTV JOIN(int, WIDTH)

// VALUE is what floats are in memory, IN what a kernel reads and OUT what it writes; LOAD and STORE move a FLOATV,
// LOADN and STOREN n floats, GET and PUT one. ON_GRID makes what PUT and STORE take out of a value, which for bytes is
// in steps of their grid: its q.
#ifdef HALF
#define VALUE half
#else
#define VALUE float
#endif

#ifdef BYTES_IN
#define IN char
#define LOADN(n, pointer) JOIN(convert_float, n)(JOIN(vload, n)(0, pointer))
#define GET(pointer) ((float)*(pointer))
#elif defined(HALF)
#define IN half
#define LOADN(n, pointer) JOIN(vload_half, n)(0, pointer)
#define GET(pointer) vload_half(0, pointer)
#else
#define IN float
#define LOADN(n, pointer) JOIN(vload, n)(0, pointer)
#define GET(pointer) (*(pointer))
#endif

#ifdef BYTES_OUT
#define OUT char
#define STOREN(n, value, pointer) JOIN(vstore, n)(JOIN(JOIN(convert_char, n), _sat)(value), 0, pointer)
#define PUT(value, pointer) (*(pointer) = convert_char_sat(value))
#define ON_GRID(value) (rint(value) + zero)
#elif defined(HALF)
#define OUT half
#define STOREN(n, value, pointer) JOIN(vstore_half, n)(value, 0, pointer)
#define PUT(value, pointer) vstore_half(value, 0, pointer)
#define ON_GRID(value) (value)
#else
#define OUT float
#define STOREN(n, value, pointer) JOIN(vstore, n)(value, 0, pointer)
#define PUT(value, pointer) (*(pointer) = (value))
#define ON_GRID(value) (value)
#endif
#define LOAD(pointer) LOADN(WIDTH, pointer)
#define STORE(value, pointer) STOREN(WIDTH, value, pointer)

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

// ACROSS(n)(M, x) is M(x, 0) … M(x, n - 1), with another FORV inside: the pixels of one channel.
#define ACROSS1(M, x) M(x, 0)
#define ACROSS2(M, x) ACROSS1(M, x) M(x, 1)
#define ACROSS3(M, x) ACROSS2(M, x) M(x, 2)
#define ACROSS4(M, x) ACROSS3(M, x) M(x, 3)
#define ACROSS5(M, x) ACROSS4(M, x) M(x, 4)
#define ACROSS6(M, x) ACROSS5(M, x) M(x, 5)
#define ACROSS7(M, x) ACROSS6(M, x) M(x, 6)
#define ACROSS8(M, x) ACROSS7(M, x) M(x, 7)
#define ACROSS(n) JOIN(ACROSS, n)

// Into low … high. These comparisons become two instructions; clamp() costs more where it must care for NaN. Here NaN
// stays NaN.
inline FLOATV limit(FLOATV value, float low, float high) {
    value = value < (FLOATV)(low) ? (FLOATV)(low) : value;
    return value > (FLOATV)(high) ? (FLOATV)(high) : value;
}

// Stores the first `count` lanes (all, if there are more than WIDTH).
inline void store_lanes(FLOATV value, __global OUT *to, int count) {
    if (count >= WIDTH) {
        STORE(value, to);
        return;
    }
    float lanes[WIDTH];
    JOIN(vstore, WIDTH)(value, 0, lanes);
    for (int lane = 0; lane < count; ++lane) PUT(lanes[lane], to + lane);
}
