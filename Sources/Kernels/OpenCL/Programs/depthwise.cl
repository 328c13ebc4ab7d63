// Depthwise convolution: one input channel and one output channel a group.
//
// One work-item makes WIDTH channels of PIXELS neighbouring outputs of one row. Columns outside the input read zeros.
// Build options: PIXELS; for windows three wide and not dilated also STRIDE and COLUMNS, the number of input columns
// under the item's outputs: each is then loaded once a row.
// With BYTES_IN sums are of whole numbers, which floats hold: hundreds of products of steps from the zero points.
// Weights are floats in ints then, and behind two rows for the channels' factors and offsets, which take sums to the
// result.

#ifdef BYTES_IN
#define WEIGHT int
#define LOAD_WEIGHT(pointer) JOIN(as_float, WIDTH)(JOIN(vload, WIDTH)(0, pointer))
#define OUTSIDE ((__global const char *)(weights + zeros))
#define TAKE(pointer) (LOAD(pointer) - zeroIn)
#else
#define WEIGHT VALUE
#define LOAD_WEIGHT(pointer) LOAD(pointer)
#define OUTSIDE (source + zeros)
#define TAKE(pointer) LOAD(pointer)
#endif

KERNEL void depthwise(
    __global const IN *source, __global OUT *target, __global const WEIGHT *weights,
    int inBase, int inImage, int inRow, int inPixel, int inHeight, int inWidth,
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,
    int addBase, int addImage, int addRow, int addPixel,  // addBase < 0: nothing to add
    int channels, int kernelHeight, int kernelWidth, int strideY, int strideX, int dilationY, int dilationX,
    int padTop, int padLeft,
    int weightBase, int weightStep, int zeros, float low, float high, float addFactor, float zero)
{
    int const channel = get_global_id(0) * WIDTH;
    int const x = get_global_id(1) * PIXELS;
    int const image = (int)get_global_id(2) / outHeight, y = (int)get_global_id(2) - image * outHeight;
    int const top = y * strideY - padTop, left = x * strideX - padLeft;
    int const firstTap = max(0, (dilationY - 1 - top) / dilationY);
    int const endTap = min(kernelHeight, (inHeight - top + dilationY - 1) / dilationY);

#ifdef BYTES_IN
    FLOATV const zeroIn = LOAD(OUTSIDE);
    FLOATV const bias = 0;
#else
    FLOATV const bias = LOAD_WEIGHT(weights + channel);
#endif
#define DECLARE(p) FLOATV sum##p = bias;
    EACH(PIXELS)(DECLARE)

    __global const WEIGHT *w = weights + weightBase + channel + firstTap * kernelWidth * weightStep;
    __global const IN *in = source + inBase + image * inImage + (top + firstTap * dilationY) * inRow
        + left * inPixel + channel;
#ifdef COLUMNS
    // Where each column is, and the step to its next row: a column outside stays on the zeros.
#define PLACE(j)                                                                                        \
    bool const inside##j = (uint)(left + j) < (uint)inWidth;                                            \
    __global const IN *column##j = inside##j ? in + j * inPixel : OUTSIDE;                              \
    int const step##j = inside##j ? dilationY * inRow : 0;
    EACH(COLUMNS)(PLACE)
    for (int ky = firstTap; ky < endTap; ++ky) {
        FLOATV const w0 = LOAD_WEIGHT(w), w1 = LOAD_WEIGHT(w + weightStep), w2 = LOAD_WEIGHT(w + 2 * weightStep);
        FLOATV value[COLUMNS];  // only ever indexed by constants
#define FETCH(j) value[j] = TAKE(column##j); column##j += step##j;
        EACH(COLUMNS)(FETCH)
#define ACCUMULATE(p)                                                                                   \
    sum##p += w0 * value[p * STRIDE];                                                                   \
    sum##p += w1 * value[p * STRIDE + 1];                                                               \
    sum##p += w2 * value[p * STRIDE + 2];
        EACH(PIXELS)(ACCUMULATE)
        w += 3 * weightStep;
    }
#else
    for (int ky = firstTap; ky < endTap; ++ky) {
        for (int kx = 0; kx < kernelWidth; ++kx) {
            FLOATV const weight = LOAD_WEIGHT(w);
            int const column = left + kx * dilationX;
            __global const IN *tap = in + kx * dilationX * inPixel;
#define ACCUMULATE(p)                                                                                   \
    sum##p += weight * TAKE((uint)(column + p * strideX) < (uint)inWidth                                \
        ? tap + p * strideX * inPixel : OUTSIDE);
            EACH(PIXELS)(ACCUMULATE)
            w += weightStep;
        }
        in += dilationY * inRow;
    }
#endif

#ifdef BYTES_IN
    FLOATV const factor = LOAD_WEIGHT(weights + channel);
    FLOATV const offset = LOAD_WEIGHT(weights + weightStep + channel);
#define RESCALE(p) sum##p = sum##p * factor + offset;
    EACH(PIXELS)(RESCALE)
#endif
    int const out = outBase + image * outImage + y * outRow + x * outPixel + channel;
#define ADD(p)                                                                                          \
    sum##p += LOAD(source + addBase + image * addImage + y * addRow + (x + p) * addPixel + channel) * addFactor;
    if (addBase >= 0) { EACH(PIXELS)(ADD) }
#define WRITE(p)                                                                                        \
    if (x + p < outWidth)                                                                               \
        store_lanes(ON_GRID(limit(sum##p, low, high)), target + out + p * outPixel, channels - channel);
    EACH(PIXELS)(WRITE)
}
