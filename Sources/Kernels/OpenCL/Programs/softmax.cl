// Softmax along an axis of `length` elements, exp(x − max) ÷ Σ exp(x − max), or its logarithm, x − max − log Σ.

// An axis whose elements lie side by side: one position at a time, its axis in vectors.
KERNEL void softmax_along(
    __global VALUE *out, __global const VALUE *a, __global const int4 *nest, int length, int isLogarithm)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    int const whole = length / WIDTH * WIDTH;
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, 1) {
            int4 const at = start + y * middle + x * inner;
            __global const VALUE *from = a + at.y;
            __global VALUE *to = out + at.x;

            FLOATV maxima = -INFINITY;
            for (int c = 0; c < whole; c += WIDTH) {
                FLOATV const value = LOAD(from + c);
                maxima = value > maxima ? value : maxima;
            }
            float lanes[WIDTH], largest = -INFINITY, sum = 0;
            JOIN(vstore, WIDTH)(maxima, 0, lanes);
            for (int lane = 0; lane < WIDTH; ++lane) largest = max(largest, lanes[lane]);
            for (int c = whole; c < length; ++c) largest = max(largest, GET(from + c));

            FLOATV sums = 0;
            for (int c = 0; c < whole; c += WIDTH) {
                FLOATV const value = exp(LOAD(from + c) - largest);
                if (!isLogarithm) STORE(value, to + c);
                sums += value;
            }
            JOIN(vstore, WIDTH)(sums, 0, lanes);
            for (int lane = 0; lane < WIDTH; ++lane) sum += lanes[lane];
            for (int c = whole; c < length; ++c) {
                float const value = exp(GET(from + c) - largest);
                if (!isLogarithm) PUT(value, to + c);
                sum += value;
            }

            if (isLogarithm) {
                float const offset = largest + log(sum);
                for (int c = 0; c < whole; c += WIDTH) STORE(LOAD(from + c) - offset, to + c);
                for (int c = whole; c < length; ++c) PUT(GET(from + c) - offset, to + c);
            } else {
                float const scale = 1 / sum;
                for (int c = 0; c < whole; c += WIDTH) STORE(LOAD(to + c) * scale, to + c);
                for (int c = whole; c < length; ++c) PUT(GET(to + c) * scale, to + c);
            }
        }
    }
}

// Any axis, `outStep` and `aStep` between its elements: WIDTH positions at a time.
KERNEL void softmax_across(
    __global VALUE *out, __global const VALUE *a, __global const int4 *nest, int length, int isLogarithm,
    int outStep, int aStep)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    EACH_MIDDLE(y, size, 1) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + y * middle + x * inner;
            __global const VALUE *from = a + at.y;
            __global VALUE *to = out + at.x;
            int const count = endx - x;

            FLOATV largest = -INFINITY;
            for (int c = 0; c < length; ++c) {
                FLOATV const value = fetch(from + c * aStep, inner.y, count);
                largest = value > largest ? value : largest;
            }
            FLOATV sum = 0;
            for (int c = 0; c < length; ++c) {
                FLOATV const value = exp(fetch(from + c * aStep, inner.y, count) - largest);
                if (!isLogarithm) put(value, to + c * outStep, inner.x, count);
                sum += value;
            }
            FLOATV const scale = 1 / sum, offset = largest + log(sum);
            for (int c = 0; c < length; ++c) {
                FLOATV const value = isLogarithm ? fetch(from + c * aStep, inner.y, count) - offset
                    : fetch(to + c * outStep, inner.x, count) * scale;
                put(value, to + c * outStep, inner.x, count);
            }
        }
    }
}
