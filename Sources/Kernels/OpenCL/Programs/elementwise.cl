// Addition, activation and copies: one value in, or two, and one out.

// out = limit(a + b, low, high); without b where bBase < 0, so that infinite bounds make it a copy.
// One work-item makes WIDTH channels of `run` neighbouring pixels of one row.
KERNEL void combine(
    __global VALUE *arena,
    int aBase, int aImage, int aRow, int aPixel,
    int bBase, int bImage, int bRow, int bPixel,
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,
    int channels, int run, float low, float high)
{
    int const channel = get_global_id(0) * WIDTH;
    int const image = (int)get_global_id(2) / outHeight, y = (int)get_global_id(2) - image * outHeight;
    int const end = min(outWidth, ((int)get_global_id(1) + 1) * run);
    for (int x = get_global_id(1) * run; x < end; ++x) {
        FLOATV value = LOAD(arena + aBase + image * aImage + y * aRow + x * aPixel + channel);
        if (bBase >= 0) value += LOAD(arena + bBase + image * bImage + y * bRow + x * bPixel + channel);
        store_lanes(limit(value, low, high),
            arena + outBase + image * outImage + y * outRow + x * outPixel + channel, channels - channel);
    }
}
