// Convolution, and fully connected layers as convolutions that cover their whole input.
//
// Direct: one work-item keeps PIXELS outputs × VECTORS vectors of output channels in registers and walks the taps;
// a tap that falls outside the input reads zeros instead. No im2col copy, no local memory.
// Build options:
// PIXELS, VECTORS;
// DEPTH, input channels that one load takes: 1, which CPUs broadcast from memory for nothing, or 4, without which a
// GPU's loads take longer than its multiplications;
// CHANNELS_FASTEST, by which neighbouring work-items take neighbouring channels: for GPUs, whose loads coalesce; CPUs
// keep a block of weights in cache and walk the pixels;
// HALF_SUMS, with HALF and DEPTH 4: products are summed in half precision (cl_khr_fp16), CHUNK channels at a time, and
// these sums in single precision: halves alone would lose a percent over thousands of products.

#define BLOCK (VECTORS * WIDTH)
#define CHUNK 16

#ifdef HALF_SUMS
#pragma OPENCL EXTENSION cl_khr_fp16 : enable
#define FACTORV JOIN(half, WIDTH)
#define FACTOR4 half4
#define LOAD_FACTOR(n, pointer) JOIN(vload, n)(0, pointer)
#define TERM(p, v) part##p##_##v
#else
#define FACTORV FLOATV
#define FACTOR4 float4
#define LOAD_FACTOR(n, pointer) LOADN(n, pointer)
#define TERM(p, v) sum##p##_##v
#endif

// Weights: `bias` first, one a channel, padded to whole blocks in every group; then, from `weightBase`, rows of taps
// and input channels, `weightStep` floats apart, with blocks `blockStep` floats apart. Groups lie `inGroup` and
// `outGroup` floats apart.
KERNEL void convolution(
    __global VALUE *arena, __global const VALUE *weights,
    int inBase, int inImage, int inRow, int inPixel, int inHeight, int inWidth,
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,
    int addBase, int addImage, int addRow, int addPixel,  // addBase < 0: nothing to add
    int pixelCount, int blockCount, int groupInputs, int groupOutputs, int inGroup, int outGroup, int blocksPerGroup,
    int kernelHeight, int kernelWidth, int strideY, int strideX, int dilationY, int dilationX, int padTop, int padLeft,
    int weightBase, int weightStep, int blockStep, int zeros, float low, float high)
{
#ifdef CHANNELS_FASTEST
    int const block = get_global_id(0), first = (int)get_global_id(1) * PIXELS;
#else
    int const block = get_global_id(1), first = (int)get_global_id(0) * PIXELS;
#endif
    if (block >= blockCount || first >= pixelCount) return;  // filling up a work-group
    int const group = block / blocksPerGroup;
    int const groupChannel = (block - group * blocksPerGroup) * BLOCK;

    // Where each pixel's window starts, and where its result goes. Pixels past the end repeat the last one.
    int const area = outHeight * outWidth;
    int image = first / area;
    int y = (first - image * area) / outWidth;
    int x = first - image * area - y * outWidth;
    int const source = inBase + group * inGroup;
#define PLACE(p)                                                                                        \
    int const top##p = y * strideY - padTop, left##p = x * strideX - padLeft;                           \
    int const base##p = source + image * inImage;                                                       \
    int const out##p = image * outImage + y * outRow + x * outPixel;                                    \
    int const add##p = image * addImage + y * addRow + x * addPixel;                                    \
    if (first + p + 1 < pixelCount && ++x == outWidth) {                                                \
        x = 0;                                                                                          \
        if (++y == outHeight) { y = 0; ++image; }                                                       \
    }
    EACH(PIXELS)(PLACE)

#define DECLARE_BIAS(unused, v) FLOATV const bias##v = LOAD(weights + block * BLOCK + v * WIDTH);
    FORV(VECTORS)(DECLARE_BIAS, 0)
#define DECLARE(p, v) FLOATV sum##p##_##v = bias##v;
#define DECLARE_PIXEL(p) FORV(VECTORS)(DECLARE, p)
    EACH(PIXELS)(DECLARE_PIXEL)

    __global const VALUE *w = weights + weightBase + block * blockStep;
    for (int ky = 0; ky < kernelHeight; ++ky) {
        for (int kx = 0; kx < kernelWidth; ++kx) {
#define POINT(p)                                                                                        \
    int const y##p = top##p + ky * dilationY, x##p = left##p + kx * dilationX;                          \
    __global const VALUE *in##p = arena + ((uint)y##p < (uint)inHeight && (uint)x##p < (uint)inWidth    \
        ? base##p + y##p * inRow + x##p * inPixel : zeros);
            EACH(PIXELS)(POINT)
            int c = 0;
#if DEPTH == 4
            int const whole = groupInputs & ~3;
            while (c < whole) {
#ifdef HALF_SUMS
                int const end = min(c + CHUNK, whole);
#define START(p, v) FACTORV TERM(p, v) = 0;
#define START_PIXEL(p) FORV(VECTORS)(START, p)
                EACH(PIXELS)(START_PIXEL)
#else
                int const end = whole;
#endif
                for (; c < end; c += 4) {
#define FETCH(p) FACTOR4 const values##p = LOAD_FACTOR(4, in##p + c);
                    EACH(PIXELS)(FETCH)
#define FACTOR(unused, v) FACTORV const w##v = LOAD_FACTOR(WIDTH, w + v * WIDTH);
#define MULTIPLY(p, v) TERM(p, v) += value * w##v;
#define MULTIPLY_PIXEL(s, p) { FACTORV const value = values##p.s; FORV(VECTORS)(MULTIPLY, p) }
#define CHANNEL(s) { FORV(VECTORS)(FACTOR, 0) ACROSS(PIXELS)(MULTIPLY_PIXEL, s) w += weightStep; }
                    CHANNEL(s0) CHANNEL(s1) CHANNEL(s2) CHANNEL(s3)
                }
#ifdef HALF_SUMS
#define GATHER(p, v) sum##p##_##v += JOIN(convert_float, WIDTH)(TERM(p, v));
#define GATHER_PIXEL(p) FORV(VECTORS)(GATHER, p)
                EACH(PIXELS)(GATHER_PIXEL)
#endif
            }
#endif
            for (; c < groupInputs; ++c) {
#define WEIGHT(unused, v) FLOATV const w##v = LOAD(w + v * WIDTH);
                FORV(VECTORS)(WEIGHT, 0)
#define ACCUMULATE(p, v) sum##p##_##v += value##p * w##v;
#define ACCUMULATE_PIXEL(p) float const value##p = GET(in##p + c); FORV(VECTORS)(ACCUMULATE, p)
                EACH(PIXELS)(ACCUMULATE_PIXEL)
                w += weightStep;
            }
        }
    }

    int const channel = group * outGroup + groupChannel;
    int const channels = groupOutputs - groupChannel;  // left in this group, from this block on
#define ADD(p, v) sum##p##_##v += LOAD(arena + addBase + add##p + channel + v * WIDTH);
#define ADD_PIXEL(p) FORV(VECTORS)(ADD, p)
    if (addBase >= 0) { EACH(PIXELS)(ADD_PIXEL) }
#define LIMIT(p, v) sum##p##_##v = limit(sum##p##_##v, low, high);
#define LIMIT_PIXEL(p) FORV(VECTORS)(LIMIT, p)
    EACH(PIXELS)(LIMIT_PIXEL)
    __global VALUE *to = arena + outBase + channel;
    if (channels >= BLOCK && first + PIXELS <= pixelCount) {
#define WRITE(p, v) STORE(sum##p##_##v, to + out##p + v * WIDTH);
#define WRITE_PIXEL(p) FORV(VECTORS)(WRITE, p)
        EACH(PIXELS)(WRITE_PIXEL)
        return;
    }
#define WRITE_PART(p, v)                                                                                \
    if (channels > v * WIDTH)                                                                           \
        store_lanes(sum##p##_##v, to + out##p + v * WIDTH, channels - v * WIDTH);
#define WRITE_PIXEL_PART(p) if (first + p < pixelCount) { FORV(VECTORS)(WRITE_PART, p) }
    EACH(PIXELS)(WRITE_PIXEL_PART)
}
