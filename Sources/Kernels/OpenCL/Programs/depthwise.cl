// Depthwise convolution: one input channel and one output channel a group.
//
// One work-item makes WIDTH channels of PIXELS neighbouring outputs of one row. Columns outside the input read zeros.
// Build options: PIXELS; for windows three wide and not dilated also STRIDE and COLUMNS, the number of input columns
// under the item's outputs: each is then loaded once a row.

__kernel void depthwise(
    __global float *arena, __global const float *weights,
    int inBase, int inImage, int inRow, int inPixel, int inHeight, int inWidth,
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,
    int addBase, int addImage, int addRow, int addPixel,  // addBase < 0: nothing to add
    int channels, int kernelHeight, int kernelWidth, int stride, int dilation, int padTop, int padLeft,
    int weightBase, int weightStep, int zeros, float low, float high)
{
    int const channel = get_global_id(0) * WIDTH;
    int const x = get_global_id(1) * PIXELS;
    int const image = (int)get_global_id(2) / outHeight, y = (int)get_global_id(2) - image * outHeight;
    int const top = y * stride - padTop, left = x * stride - padLeft;
    int const firstTap = max(0, (dilation - 1 - top) / dilation);
    int const endTap = min(kernelHeight, (inHeight - top + dilation - 1) / dilation);

    FLOATV const bias = LOAD(weights + channel);
#define DECLARE(p) FLOATV sum##p = bias;
    EACH(PIXELS)(DECLARE)

    __global const float *w = weights + weightBase + channel + firstTap * kernelWidth * weightStep;
    __global const float *in = arena + inBase + image * inImage + (top + firstTap * dilation) * inRow
        + left * inPixel + channel;
#ifdef COLUMNS
    // Where each column is, and the step to its next row: a column outside stays on the zeros.
#define PLACE(j)                                                                                        \
    bool const inside##j = (uint)(left + j) < (uint)inWidth;                                            \
    __global const float *column##j = inside##j ? in + j * inPixel : arena + zeros;                     \
    int const step##j = inside##j ? dilation * inRow : 0;
    EACH(COLUMNS)(PLACE)
    for (int ky = firstTap; ky < endTap; ++ky) {
        FLOATV const w0 = LOAD(w), w1 = LOAD(w + weightStep), w2 = LOAD(w + 2 * weightStep);
        FLOATV value[COLUMNS];  // only ever indexed by constants
#define FETCH(j) value[j] = LOAD(column##j); column##j += step##j;
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
            FLOATV const weight = LOAD(w);
            int const column = left + kx * dilation;
            __global const float *tap = in + kx * dilation * inPixel;
#define ACCUMULATE(p)                                                                                   \
    sum##p += weight * LOAD((uint)(column + p * stride) < (uint)inWidth                                 \
        ? tap + p * stride * inPixel : arena + zeros);
            EACH(PIXELS)(ACCUMULATE)
            w += weightStep;
        }
        in += dilation * inRow;
    }
#endif

    int const out = outBase + image * outImage + y * outRow + x * outPixel + channel;
#define ADD(p) sum##p += LOAD(arena + addBase + image * addImage + y * addRow + (x + p) * addPixel + channel);
    if (addBase >= 0) { EACH(PIXELS)(ADD) }
#define WRITE(p)                                                                                        \
    if (x + p < outWidth) store_lanes(clamp(sum##p, low, high), arena + out + p * outPixel, channels - channel);
    EACH(PIXELS)(WRITE)
}
