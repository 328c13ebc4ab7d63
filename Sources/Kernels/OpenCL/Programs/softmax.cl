// Softmax along the channels: exp(x − max) ÷ Σ exp(x − max). One work-item, one pixel.

KERNEL void softmax(
    __global VALUE *arena,
    int inBase, int inImage, int inRow, int inPixel,
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth, int channels)
{
    int const x = get_global_id(0);
    int const image = (int)get_global_id(1) / outHeight, y = (int)get_global_id(1) - image * outHeight;
    __global const VALUE *in = arena + inBase + image * inImage + y * inRow + x * inPixel;
    __global VALUE *out = arena + outBase + image * outImage + y * outRow + x * outPixel;
    int const whole = channels / WIDTH * WIDTH;

    float largest = -INFINITY;
    for (int c = 0; c < channels; ++c) {
        float const value = GET(in + c);
        largest = value > largest ? value : largest;
    }

    FLOATV sums = 0;
    for (int c = 0; c < whole; c += WIDTH) {
        FLOATV const value = exp(LOAD(in + c) - largest);
        STORE(value, out + c);
        sums += value;
    }
    float lanes[WIDTH], sum = 0;
    JOIN(vstore, WIDTH)(sums, 0, lanes);
    for (int lane = 0; lane < WIDTH; ++lane) sum += lanes[lane];
    for (int c = whole; c < channels; ++c) {
        float const value = exp(GET(in + c) - largest);
        PUT(value, out + c);
        sum += value;
    }

    float const scale = 1 / sum;
    for (int c = 0; c < whole; c += WIDTH) STORE(LOAD(out + c) * scale, out + c);
    for (int c = whole; c < channels; ++c) PUT(GET(out + c) * scale, out + c);
}
