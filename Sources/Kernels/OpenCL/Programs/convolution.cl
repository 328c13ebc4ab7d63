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

// With BYTES_IN products are of bytes, four channels' at a time (`dot.cl`), and sums whole numbers. Build options then:
// ALIGNED, if four channels always lie at a multiple of four bytes; SHIFTED_WEIGHTS, if their grids have zero points.

#define BLOCK (VECTORS * WIDTH)
#define CHUNK 16

#ifdef BYTES_IN
#define WEIGHT int
#define SUMV INTV
#define LOAD_WEIGHT(pointer) JOIN(vload, WIDTH)(0, pointer)
#define CHANNELS 4
#define TAKEN int
#ifdef ALIGNED
#define TAKE(pointer) (*(__global const int *)(pointer))
#else
#define TAKE(pointer) as_int(vload4(0, pointer))
#endif
#define ADD_PRODUCT(sum, value, weight) sum = DOTS(sum, value, weight)
#define OUTSIDE ((__global const char *)(weights + zeros))
#else
#define WEIGHT VALUE
#define SUMV FLOATV
#define LOAD_WEIGHT(pointer) LOAD(pointer)
#define CHANNELS 1
#define TAKEN float
#define TAKE(pointer) GET(pointer)
#define ADD_PRODUCT(sum, value, weight) sum += value * weight
#define OUTSIDE (source + zeros)
#endif

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
// and input channels, `weightStep` numbers apart, with blocks `blockStep` numbers apart. Groups lie `inGroup` and
// `outGroup` values apart. With BYTES_IN the biases are whole numbers, and three more rows of their length follow:
// factors and offsets, as floats, which take sums to the result; and zero points of the weights.
KERNEL void convolution(
    __global const IN *source, __global OUT *target, __global const WEIGHT *weights,
    int inBase, int inImage, int inRow, int inPixel, int inHeight, int inWidth,
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,
    int addBase, int addImage, int addRow, int addPixel,  // addBase < 0: nothing to add
    int pixelCount, int blockCount, int groupInputs, int groupOutputs, int inGroup, int outGroup, int blocksPerGroup,
    int kernelHeight, int kernelWidth, int strideY, int strideX, int dilationY, int dilationX, int padTop, int padLeft,
    int weightBase, int weightStep, int blockStep, int zeros, float low, float high, float addFactor, float zero)
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
    int const start = inBase + group * inGroup;
#define PLACE(p)                                                                                        \
    int const top##p = y * strideY - padTop, left##p = x * strideX - padLeft;                           \
    int const base##p = start + image * inImage;                                                        \
    int const out##p = image * outImage + y * outRow + x * outPixel;                                    \
    int const add##p = image * addImage + y * addRow + x * addPixel;                                    \
    if (first + p + 1 < pixelCount && ++x == outWidth) {                                                \
        x = 0;                                                                                          \
        if (++y == outHeight) { y = 0; ++image; }                                                       \
    }
    EACH(PIXELS)(PLACE)

#define DECLARE_BIAS(unused, v) SUMV const bias##v = LOAD_WEIGHT(weights + block * BLOCK + v * WIDTH);
    FORV(VECTORS)(DECLARE_BIAS, 0)
#define DECLARE(p, v) SUMV sum##p##_##v = bias##v;
#define DECLARE_PIXEL(p) FORV(VECTORS)(DECLARE, p)
    EACH(PIXELS)(DECLARE_PIXEL)
#ifdef SHIFTED_WEIGHTS
#define DECLARE_TOTAL(p) int total##p = 0;
    EACH(PIXELS)(DECLARE_TOTAL)
#endif

    __global const WEIGHT *w = weights + weightBase + block * blockStep;
    for (int ky = 0; ky < kernelHeight; ++ky) {
        for (int kx = 0; kx < kernelWidth; ++kx) {
#define POINT(p)                                                                                        \
    int const y##p = top##p + ky * dilationY, x##p = left##p + kx * dilationX;                          \
    __global const IN *in##p = (uint)y##p < (uint)inHeight && (uint)x##p < (uint)inWidth                \
        ? source + base##p + y##p * inRow + x##p * inPixel : OUTSIDE;
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
            for (; c < groupInputs; c += CHANNELS) {
#define WEIGHT_OF(unused, v) SUMV const w##v = LOAD_WEIGHT(w + v * WIDTH);
                FORV(VECTORS)(WEIGHT_OF, 0)
#define ACCUMULATE(p, v) ADD_PRODUCT(sum##p##_##v, value##p, w##v);
#define ACCUMULATE_PIXEL(p) TAKEN const value##p = TAKE(in##p + c); FORV(VECTORS)(ACCUMULATE, p)
                EACH(PIXELS)(ACCUMULATE_PIXEL)
#ifdef SHIFTED_WEIGHTS
                // What lies behind the last channel isn't the input's.
                int const ones = 0x01010101 & (int)(0xffffffffu >> 8 * max(c + 4 - groupInputs, 0));
#define ADD_UP(p) total##p = dot1(total##p, value##p, ones);
                EACH(PIXELS)(ADD_UP)
#endif
                w += weightStep;
            }
        }
    }

#ifdef BYTES_IN
    __global const int *scales = weights + (blockCount + block) * BLOCK;
#define DECLARE_SCALE(unused, v)                                                                        \
    FLOATV const factor##v = JOIN(as_float, WIDTH)(LOAD_WEIGHT(scales + v * WIDTH));                    \
    FLOATV const offset##v = JOIN(as_float, WIDTH)(LOAD_WEIGHT(scales + blockCount * BLOCK + v * WIDTH));
    FORV(VECTORS)(DECLARE_SCALE, 0)
#ifdef SHIFTED_WEIGHTS
#define SHIFT(p, v) sum##p##_##v -= total##p * LOAD_WEIGHT(scales + 2 * blockCount * BLOCK + v * WIDTH);
#define SHIFT_PIXEL(p) FORV(VECTORS)(SHIFT, p)
    EACH(PIXELS)(SHIFT_PIXEL)
#endif
#define RESULT(p, v) JOIN(convert_float, WIDTH)(sum##p##_##v) * factor##v + offset##v
#else
#define RESULT(p, v) sum##p##_##v
#endif
#define DECLARE_RESULT(p, v) FLOATV result##p##_##v = RESULT(p, v);
#define RESULT_PIXEL(p) FORV(VECTORS)(DECLARE_RESULT, p)
    EACH(PIXELS)(RESULT_PIXEL)

    int const channel = group * outGroup + groupChannel;
    int const channels = groupOutputs - groupChannel;  // left in this group, from this block on
#define ADD(p, v) result##p##_##v += LOAD(source + addBase + add##p + channel + v * WIDTH) * addFactor;
#define ADD_PIXEL(p) FORV(VECTORS)(ADD, p)
    if (addBase >= 0) { EACH(PIXELS)(ADD_PIXEL) }
#define LIMIT(p, v) result##p##_##v = ON_GRID(limit(result##p##_##v, low, high));
#define LIMIT_PIXEL(p) FORV(VECTORS)(LIMIT, p)
    EACH(PIXELS)(LIMIT_PIXEL)
    __global OUT *to = target + outBase + channel;
    if (channels >= BLOCK && first + PIXELS <= pixelCount) {
#define WRITE(p, v) STORE(result##p##_##v, to + out##p + v * WIDTH);
#define WRITE_PIXEL(p) FORV(VECTORS)(WRITE, p)
        EACH(PIXELS)(WRITE_PIXEL)
        return;
    }
#define WRITE_PART(p, v)                                                                                \
    if (channels > v * WIDTH)                                                                           \
        store_lanes(result##p##_##v, to + out##p + v * WIDTH, channels - v * WIDTH);
#define WRITE_PIXEL_PART(p) if (first + p < pixelCount) { FORV(VECTORS)(WRITE_PART, p) }
    EACH(PIXELS)(WRITE_PIXEL_PART)
}
