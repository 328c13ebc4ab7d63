// Local response normalization: y = x ÷ (bias + scale · Σ x²)^beta, the sum over channels c − before … c + after.
//
// One work-item makes WIDTH channels of `run` neighbouring pixels of one row. Vectors of neighbouring channels may
// reach up to WIDTH − 1 values over either end of the channels: what they bring from there is left out.

KERNEL void normalize_channels(
    __global VALUE *arena,
    int inBase, int inImage, int inRow, int inPixel,
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,
    int channels, int before, int after, float scale, float beta, float bias, int run)
{
    int const channel = get_global_id(0) * WIDTH;
    int const image = (int)get_global_id(2) / outHeight, y = (int)get_global_id(2) - image * outHeight;
    int const first = max(-before, 1 - WIDTH - channel), last = min(after, channels - 1 - channel);
    int const isInside = channel >= before && channel + WIDTH + after <= channels;
    int lanes[WIDTH];
    for (int lane = 0; lane < WIDTH; ++lane) lanes[lane] = channel + lane;
    INTV const own = JOIN(vload, WIDTH)(0, lanes);
    int const end = min(outWidth, ((int)get_global_id(1) + 1) * run);
    for (int x = get_global_id(1) * run; x < end; ++x) {
        __global const VALUE *in = arena + inBase + image * inImage + y * inRow + x * inPixel + channel;
        FLOATV sum = 0;
        for (int offset = first; offset <= last; ++offset) {
            FLOATV value = LOAD(in + offset);
            if (!isInside) {
                INTV const source = own + offset;
                value = source >= 0 && source < channels ? value : (FLOATV)(0);
            }
            sum += value * value;
        }
        FLOATV const base = bias + scale * sum;
        FLOATV factor;
        if (beta == 0.75f) {
            FLOATV const root = rsqrt(base);
            factor = root * sqrt(root);
        } else {
            factor = exp2(-beta * log2(base));
        }
        store_lanes(LOAD(in) * factor,
            arena + outBase + image * outImage + y * outRow + x * outPixel + channel, channels - channel);
    }
}
