// What becomes of the elements along some axes: mean, maximum, and where the largest is.

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

#define REDUCE(result, value) result = isMaximum ? ((value) > result ? (value) : result) : result + (value)

// WIDTH results at a time. The innermost reduced axis has `length` elements, `step` values apart; all others together
// have `outerLength`.
KERNEL void reduce_across(
    __global VALUE *out, __global const VALUE *a, __global const int4 *nest, __global const int2 *axes, int axisCount,
    int outerLength, int length, int step, int isMaximum, float scale)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            FLOATV result = isMaximum ? -INFINITY : 0;
            for (int outer = 0; outer < outerLength; ++outer) {
                __global const VALUE *from = a + at.y + reduced_start(axes, axisCount, outer);
                for (int index = 0; index < length; ++index) {
                    FLOATV const value = fetch(from + index * step, inner.y, endx - x);
                    REDUCE(result, value);
                }
            }
            put(result * scale, out + at.x, inner.x, endx - x);
        }
    }
}

// One result at a time, where the elements of the innermost reduced axis lie side by side.
KERNEL void reduce_along(
    __global VALUE *out, __global const VALUE *a, __global const int4 *nest, __global const int2 *axes, int axisCount,
    int outerLength, int length, int isMaximum, float scale)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    int const whole = length / WIDTH * WIDTH;
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, 1) {
            int4 const at = start + y * middle + x * inner;
            FLOATV results = isMaximum ? -INFINITY : 0;
            float result = isMaximum ? -INFINITY : 0;
            for (int outer = 0; outer < outerLength; ++outer) {
                __global const VALUE *from = a + at.y + reduced_start(axes, axisCount, outer);
                for (int index = 0; index < whole; index += WIDTH) {
                    FLOATV const value = LOAD(from + index);
                    REDUCE(results, value);
                }
                for (int index = whole; index < length; ++index) {
                    float const value = GET(from + index);
                    REDUCE(result, value);
                }
            }
            float lanes[WIDTH];
            JOIN(vstore, WIDTH)(results, 0, lanes);
            for (int lane = 0; lane < WIDTH; ++lane) REDUCE(result, lanes[lane]);
            PUT(result * scale, out + at.x);
        }
    }
}

// Position of the largest of `length` elements, `step` values apart; the first or the last of equals. With EXACT
// positions go to single precision, whatever values lie in.
#ifdef EXACT
#define POSITION float
#define PUT_POSITION(value, pointer) (*(pointer) = (value))
#else
#define POSITION VALUE
#define PUT_POSITION(value, pointer) PUT(value, pointer)
#endif
KERNEL void arg_max(
    __global POSITION *out, __global const VALUE *a, __global const int4 *nest, int length, int step, int selectsLast)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            FLOATV largest = fetch(a + at.y, inner.y, endx - x), position = 0;
            for (int index = 1; index < length; ++index) {
                FLOATV const value = fetch(a + at.y + index * step, inner.y, endx - x);
                INTV const isBest = selectsLast ? value >= largest : value > largest;
                largest = isBest ? value : largest;
                position = isBest ? (FLOATV)(index) : position;
            }
            float lanes[WIDTH];
            JOIN(vstore, WIDTH)(position, 0, lanes);
            for (int lane = 0; lane < WIDTH; ++lane) {
                if (lane < endx - x) PUT_POSITION(lanes[lane], out + at.x + lane * inner.x);
            }
        }
    }
}
