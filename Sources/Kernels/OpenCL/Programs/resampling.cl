// Weighted sums along the middle axis, and picking slices there: both read a few elements for each position.

// taps: where each position's begin, the end of the last; then a pair each: a's offset, the weight's bits.
KERNEL void resample(
    __global VALUE *out, __global const VALUE *a, __global const int4 *nest, __global const int *taps)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            FLOATV sum = 0;
            for (int tap = taps[y]; tap < taps[y + 1]; tap += 2)
                sum += fetch(a + at.y + taps[tap], inner.y, endx - x) * as_float(taps[tap + 1]);
            put(sum, out + at.x, inner.x, endx - x);
        }
    }
}

// Slices at the positions b, `step` values apart; positions outside are taken as the nearest inside, negative ones
// count from the end.
KERNEL void look_up(
    __global VALUE *out, __global const VALUE *a, __global const VALUE *b, __global const int4 *nest, int extent,
    int step)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
#define PLACE(position) (clamp((position) < 0 ? (position) + extent : (position), 0, extent - 1) * step)
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            if (inner.z == 0) {
                int const position = convert_int_sat(GET(b + at.z));
                put(fetch(a + at.y + PLACE(position), inner.y, endx - x), out + at.x, inner.x, endx - x);
            } else {
                for (int lane = 0; lane < min(WIDTH, endx - x); ++lane) {
                    int const position = convert_int_sat(GET(b + at.z + lane * inner.z));
                    float const value = GET(a + at.y + lane * inner.y + PLACE(position));
                    PUT(value, out + at.x + lane * inner.x);
                }
            }
        }
    }
}
