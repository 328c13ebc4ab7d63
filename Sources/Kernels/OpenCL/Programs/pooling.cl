// Maximum and average over windows. A global average is an average whose window is the whole map.
//
// One work-item makes WIDTH channels of `run` neighbouring outputs of one row. Windows are cut at the input's edges,
// so that padding is never read. Sums are of lines first: one after another, thousands of elements lose digits.

// The first of a window's taps that doesn't lie before the input.
inline int first_tap(int start, int dilation) {
    return start >= 0 ? start : start + (dilation - 1 - start) / dilation * dilation;
}

#define POOLING(name, initial, combine, finish)                                                         \
KERNEL void name(                                                                                     \
    __global const IN *source, __global OUT *target,                                                    \
    int inBase, int inImage, int inRow, int inPixel, int inHeight, int inWidth,                         \
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,                   \
    int channels, int kernelHeight, int kernelWidth, int strideY, int strideX, int dilationY,           \
    int dilationX, int padTop, int padLeft, int countsPadding, int run,                                 \
    float shift, float factor, float low, float high, float zero)                                       \
{                                                                                                       \
    int const channel = get_global_id(0) * WIDTH;                                                       \
    int const image = (int)get_global_id(2) / outHeight, y = (int)get_global_id(2) - image * outHeight; \
    int const above = y * strideY - padTop, top = first_tap(above, dilationY);                          \
    int const bottom = min(inHeight, above + (kernelHeight - 1) * dilationY + 1);                       \
    int const rows = (bottom - top + dilationY - 1) / dilationY;                                        \
    int const end = min(outWidth, ((int)get_global_id(1) + 1) * run);                                   \
    for (int x = get_global_id(1) * run; x < end; ++x) {                                                \
        int const before = x * strideX - padLeft, left = first_tap(before, dilationX);                  \
        int const right = min(inWidth, before + (kernelWidth - 1) * dilationX + 1);                     \
        int const count = countsPadding ? kernelHeight * kernelWidth                                    \
            : rows * ((right - left + dilationX - 1) / dilationX);                                      \
        FLOATV result = initial;                                                                        \
        for (int iy = top; iy < bottom; iy += dilationY) {                                              \
            __global const IN *in = source + inBase + image * inImage + iy * inRow + channel;           \
            FLOATV line = initial;                                                                      \
            for (int ix = left; ix < right; ix += dilationX)                                            \
                line = combine(line, LOAD(in + ix * inPixel));                                          \
            result = combine(result, line);                                                             \
        }                                                                                               \
        store_lanes(ON_GRID(limit((finish - shift) * factor, low, high)),                               \
            target + outBase + image * outImage + y * outRow + x * outPixel + channel,                  \
            channels - channel);                                                                        \
    }                                                                                                   \
}

// Named apart from OpenCL's own, which differ where a value is no number.
inline FLOATV pooled_maximum(FLOATV a, FLOATV b) { return a < b ? b : a; }
inline FLOATV pooled_sum(FLOATV a, FLOATV b) { return a + b; }

POOLING(max_pooling, -INFINITY, pooled_maximum, result)
POOLING(average_pooling, 0, pooled_sum, result / (float)count)
