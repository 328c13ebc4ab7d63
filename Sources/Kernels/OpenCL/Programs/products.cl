// Matrix products: out = Σ a · b over `depth` products.
//
// Build option: ROWS. One work-item keeps that many positions of the middle axis × a vector of the inner one in
// registers; a is the same all along the middle axis.

KERNEL void multiply(
    __global VALUE *out, __global const VALUE *a, __global const VALUE *b, __global const int4 *nest, int depth,
    int aStep, int bStep)
{
    int4 const size = nest[0], inner = nest[1], middle = nest[2], start = nest_start(nest);
    EACH_MIDDLE(y, size, ROWS) {
        EACH_INNER(x, size, WIDTH) {
            int4 const at = start + x * inner;
            __global const VALUE *first = a + at.y;
            // Rows past the end repeat the last one.
#define DECLARE_ROW(r)                                                                                  \
            FLOATV sum##r = 0;                                                                          \
            __global const VALUE *second##r = b + at.z + min(y + r, endy - 1) * middle.z;
            EACH(ROWS)(DECLARE_ROW)
            for (int k = 0; k < depth; ++k) {
                FLOATV const value = fetch(first + k * aStep, inner.y, endx - x);
#define MULTIPLY_ROW(r) sum##r += value * fetch(second##r + k * bStep, inner.z, endx - x);
                EACH(ROWS)(MULTIPLY_ROW)
            }
#define PUT_ROW(r) if (y + r < endy) put(sum##r, out + at.x + (y + r) * middle.x, inner.x, endx - x);
            EACH(ROWS)(PUT_ROW)
        }
    }
}
