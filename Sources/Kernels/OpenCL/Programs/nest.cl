// Put before the programs that walk tensors of any rank: an element lies at a start plus a step along each axis.
//
// A nest is a table of int4. Steps and starts are those of out, a and b, in x, y and z:
//   0: extent of the inner axis and of the middle one, then how much of each one work-item walks
//   1: steps of the inner axis
//   2: steps of the middle axis
//   3: starts; the number of outer axes
//   4…: an outer axis each, from the inside out: steps; extent
// Work-items lie along the inner axis × the middle axis × all outer ones. Those beyond a size have nothing to walk.

// Where the inner and the middle axis start.
inline int4 nest_start(__global const int4 *nest) {
    int4 at = nest[3];
    int left = get_global_id(2);
    for (int axis = 0; axis < nest[3].w; ++axis) {
        int4 const outer = nest[4 + axis];
        int const next = left / outer.w;
        at += (left - next * outer.w) * outer;
        left = next;
    }
    return at;
}

// Which parts of the middle and the inner axis are this item's: for WIDTH elements at a time, or `lanes`.
#define EACH_MIDDLE(y, size, lanes)                                                                     \
    for (int y = (int)get_global_id(1) * size.w, end##y = min(size.y, y + size.w); y < end##y; y += lanes)
#define EACH_INNER(x, size, lanes)                                                                      \
    for (int x = (int)get_global_id(0) * size.z, end##x = min(size.x, x + size.z); x < end##x; x += lanes)

// Up to WIDTH elements with a step between them; lanes from `count` on have no meaning. Loops over lanes have a fixed
// length: unrolled, they need no array in memory.
inline FLOATV fetch(__global const IN *from, int step, int count) {
    if (step == 1) return LOAD(from);
    if (step == 0) return (FLOATV)(GET(from));
    float lanes[WIDTH];
    if (count >= WIDTH) {
        for (int lane = 0; lane < WIDTH; ++lane) lanes[lane] = GET(from + lane * step);
    } else {
        for (int lane = 0; lane < WIDTH; ++lane) lanes[lane] = lane < count ? GET(from + lane * step) : 0;
    }
    return JOIN(vload, WIDTH)(0, lanes);
}

inline void put(FLOATV value, __global OUT *to, int step, int count) {
    if (step == 1) {
        store_lanes(value, to, count);
        return;
    }
    float lanes[WIDTH];
    JOIN(vstore, WIDTH)(value, 0, lanes);
    for (int lane = 0; lane < WIDTH; ++lane) {
        if (lane < count) PUT(lanes[lane], to + lane * step);
    }
}

// The same in single precision, whatever the network's is.
inline FLOATV fetch_floats(__global const float *from, int step, int count) {
    if (step == 0) return (FLOATV)(*from);
    float lanes[WIDTH];
    for (int lane = 0; lane < WIDTH; ++lane) lanes[lane] = lane < count ? from[lane * step] : 0;
    return JOIN(vload, WIDTH)(0, lanes);
}

inline void put_floats(FLOATV value, __global float *to, int step, int count) {
    float lanes[WIDTH];
    JOIN(vstore, WIDTH)(value, 0, lanes);
    for (int lane = 0; lane < WIDTH; ++lane) {
        if (lane < count) to[lane * step] = lanes[lane];
    }
}

// Where element `index` of the reduced axes starts, but for the innermost one. Each axis: its extent, a's step.
inline int reduced_start(__global const int2 *axes, int count, int index) {
    int at = 0;
    for (int axis = 0; axis < count; ++axis) {
        int2 const size = axes[axis];
        int const next = index / size.x;
        at += (index - next * size.x) * size.y;
        index = next;
    }
    return at;
}
