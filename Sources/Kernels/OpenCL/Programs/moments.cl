// Normalisation by mean and variance: first those of each line, then all elements. Means are taken from a line's first
// element, and sums in parts, so that both are exact beside a large mean.

// Elements whose sum stays in single precision.
#define PART 256

// WIDTH lines at a time: their means, and `count` floats behind them 1 ÷ √(variance + epsilon). The axes are those of
// `reduce_across`; scale is 1 ÷ the elements of a line.
KERNEL void moments_across(
    __global float *out, __global const VALUE *a, __global const int4 *nest, __global const int2 *axes, int axisCount,
    int outerLength, int length, int step, int count, int isCentred, float scale, float epsilon)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            FLOATV mean = 0, squares = 0;
            if (isCentred) mean = fetch(a + at.y + reduced_start(axes, axisCount, 0), inner.y, endx - x);
            for (int pass = isCentred ? 0 : 1; pass < 2; ++pass) {
                FLOATV sum = 0;
                for (int outer = 0; outer < outerLength; ++outer) {
                    __global const VALUE *from = a + at.y + reduced_start(axes, axisCount, outer);
                    for (int begin = 0; begin < length; begin += PART) {
                        FLOATV part = 0;
                        for (int index = begin; index < min(begin + PART, length); ++index) {
                            FLOATV const value = fetch(from + index * step, inner.y, endx - x) - mean;
                            part += pass == 0 ? value : value * value;
                        }
                        sum += part;
                    }
                }
                if (pass == 0) mean += sum * scale; else squares = sum;
            }
            put_floats(mean, out + at.x, inner.x, endx - x);
            put_floats(1 / sqrt(squares * scale + epsilon), out + count + at.x, inner.x, endx - x);
        }
    }
}

// One line at a time, where the elements of the innermost axis lie side by side.
KERNEL void moments_along(
    __global float *out, __global const VALUE *a, __global const int4 *nest, __global const int2 *axes, int axisCount,
    int outerLength, int length, int count, int isCentred, float scale, float epsilon)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    int const whole = length / WIDTH * WIDTH;
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, 1) {
            int4 const at = start + y * middle + x * inner;
            float mean = isCentred ? GET(a + at.y + reduced_start(axes, axisCount, 0)) : 0, squares = 0;
            // First the mean, then what is left.
            for (int pass = isCentred ? 0 : 1; pass < 2; ++pass) {
                float sum = 0;
                for (int outer = 0; outer < outerLength; ++outer) {
                    __global const VALUE *from = a + at.y + reduced_start(axes, axisCount, outer);
                    FLOATV parts = 0;
                    float part = 0, lanes[WIDTH];
                    for (int index = 0; index < whole; index += WIDTH) {
                        FLOATV const value = LOAD(from + index) - mean;
                        parts += pass == 0 ? value : value * value;
                    }
                    for (int index = whole; index < length; ++index) {
                        float const value = GET(from + index) - mean;
                        part += pass == 0 ? value : value * value;
                    }
                    JOIN(vstore, WIDTH)(parts, 0, lanes);
                    for (int lane = 0; lane < WIDTH; ++lane) part += lanes[lane];
                    sum += part;
                }
                if (pass == 0) mean += sum * scale; else squares = sum * scale;
            }
            out[at.x] = mean;
            out[count + at.x] = 1 / sqrt(squares + epsilon);
        }
    }
}

// The second table is that of scales and biases, which both lie in the arena: as many of them as `parameters`.
KERNEL void normalize_lines(
    __global VALUE *out, __global const VALUE *a, __global const float *moments, __global const VALUE *arena,
    __global const int4 *nest, __global const int4 *further, int count, int parameters)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    int4 const furtherInner = further[1], furtherMiddle = further[2], furtherStart = nest_start(further);
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            int4 const place = furtherStart + y * furtherMiddle + x * furtherInner;
            FLOATV const mean = fetch_floats(moments + at.z, inner.z, endx - x);
            FLOATV const factor = fetch_floats(moments + count + at.z, inner.z, endx - x);
            FLOATV value = (fetch(a + at.y, inner.y, endx - x) - mean) * factor;
            if (parameters > 0) value *= fetch(arena + place.x, furtherInner.x, endx - x);
            if (parameters > 1) value += fetch(arena + place.y, furtherInner.y, endx - x);
            put(value, out + at.x, inner.x, endx - x);
        }
    }
}
