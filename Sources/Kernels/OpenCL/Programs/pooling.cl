// Maximum and average over windows. A global average is an average whose window is the whole map.
//
// One work-item makes WIDTH channels of `run` neighbouring outputs of one row. Windows are cut at the input's edges,
// so that padding is never read.

#define POOLING(name, initial, combine, finish)                                                         \
KERNEL void name(                                                                                     \
    __global VALUE *arena,                                                                              \
    int inBase, int inImage, int inRow, int inPixel, int inHeight, int inWidth,                         \
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,                   \
    int channels, int kernelHeight, int kernelWidth, int stride, int padTop, int padLeft,               \
    int countsPadding, int run)                                                                         \
{                                                                                                       \
    int const channel = get_global_id(0) * WIDTH;                                                       \
    int const image = (int)get_global_id(2) / outHeight, y = (int)get_global_id(2) - image * outHeight; \
    int const top = max(0, y * stride - padTop);                                                        \
    int const bottom = min(inHeight, y * stride - padTop + kernelHeight);                               \
    int const end = min(outWidth, ((int)get_global_id(1) + 1) * run);                                   \
    for (int x = get_global_id(1) * run; x < end; ++x) {                                                \
        int const left = max(0, x * stride - padLeft);                                                  \
        int const right = min(inWidth, x * stride - padLeft + kernelWidth);                             \
        int const count = countsPadding ? kernelHeight * kernelWidth                                    \
            : max(1, (bottom - top) * (right - left));                                                  \
        FLOATV result = initial;                                                                        \
        for (int iy = top; iy < bottom; ++iy) {                                                         \
            __global const VALUE *in = arena + inBase + image * inImage + iy * inRow + channel;         \
            for (int ix = left; ix < right; ++ix) {                                                     \
                FLOATV const value = LOAD(in + ix * inPixel);                                           \
                result = combine;                                                                       \
            }                                                                                           \
        }                                                                                               \
        store_lanes(finish, arena + outBase + image * outImage + y * outRow + x * outPixel + channel,   \
            channels - channel);                                                                        \
    }                                                                                                   \
}

POOLING(max_pooling, -INFINITY, result < value ? value : result, result)
POOLING(average_pooling, 0, result + value, result / (float)count)
