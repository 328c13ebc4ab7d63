// What becomes of the elements along some axes: sum, product, extremes, and where the largest is.

// Build option KIND: how two become one.
#ifndef KIND
#define KIND SUM
#endif
#define START_SUM 0
#define START_PRODUCT 1
#define START_MAXIMUM -INFINITY
#define START_MINIMUM INFINITY
#define REDUCE_SUM(result, value) result += value
#define REDUCE_PRODUCT(result, value) result *= value
#define REDUCE_MAXIMUM(result, value) result = (value) > result ? (value) : result
#define REDUCE_MINIMUM(result, value) result = (value) < result ? (value) : result
#define START JOIN(START_, KIND)
#define REDUCE JOIN(REDUCE_, KIND)

// WIDTH results at a time. The innermost reduced axis has `length` elements, `step` values apart; all others together
// have `outerLength`.
KERNEL void reduce_across(
    __global VALUE *out, __global const VALUE *a, __global const int4 *nest, __global const int2 *axes, int axisCount,
    int outerLength, int length, int step, float scale)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            FLOATV result = START;
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
    int outerLength, int length, float scale)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    int const whole = length / WIDTH * WIDTH;
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, 1) {
            int4 const at = start + y * middle + x * inner;
            FLOATV results = START;
            float result = START;
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

// Position of the largest of `length` elements, `step` values apart; the first or the last of equals.
KERNEL void arg_max(
    __global VALUE *out, __global const VALUE *a, __global const int4 *nest, int length, int step, int selectsLast)
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
            put(position, out + at.x, inner.x, endx - x);
        }
    }
}
