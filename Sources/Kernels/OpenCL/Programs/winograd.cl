// The transforms around a 3×3 convolution by Winograd's F(4×4, 3×3): Lavin & Gray, "Fast Algorithms for
// Convolutional Neural Networks" (2016), section 4.3. Between them the convolution kernel multiplies matrices, with the
// 36 positions of a transformed tile as its groups: 4 times fewer products than a direct convolution.
//
// Transformed tiles lie as 36 × tiles × channels in `scratch`, in single precision always: the transforms amplify
// rounding. One work-item transforms one tile of WIDTH channels.

// Bᵀ of six values, in place.
#define INPUT_TRANSFORM(a, b, c, d, e, f)                                                               \
    {                                                                                                   \
        FLOATV const p = d - b * 4, q = e - c * 4, r = (d - b) * 2, s = e - c;                          \
        FLOATV const first = (a - c) * 4 - c + e, last = (b - d) * 4 - d + f;                           \
        a = first;                                                                                      \
        f = last;                                                                                       \
        FLOATV const p2 = q + p, p3 = q - p, p4 = s + r, p5 = s - r;                                    \
        b = p2; c = p3; d = p4; e = p5;                                                                 \
    }

// Stores the first `count` lanes of a vector, all if there are more than WIDTH.
inline void store_floats(FLOATV value, __global float *to, int count) {
    if (count >= WIDTH) {
        JOIN(vstore, WIDTH)(value, 0, to);
        return;
    }
    float lanes[WIDTH];
    JOIN(vstore, WIDTH)(value, 0, lanes);
    for (int lane = 0; lane < count; ++lane) to[lane] = lanes[lane];
}

KERNEL void transform_input(
    __global const VALUE *arena, __global float *scratch,
    int inBase, int inImage, int inRow, int inPixel, int inHeight, int inWidth,
    int tileRows, int tileColumns, int tiles, int channels, int padTop, int padLeft, int zeros)
{
    int const channel = get_global_id(0) * WIDTH, tile = get_global_id(1);
    int const image = tile / (tileRows * tileColumns), inside = tile - image * tileRows * tileColumns;
    int const tileY = inside / tileColumns, tileX = inside - tileY * tileColumns;
    int const y = tileY * 4 - padTop, x = tileX * 4 - padLeft;
    __global const VALUE *in = arena + inBase + image * inImage + y * inRow + x * inPixel + channel;
#define FETCH(i, j)                                                                                     \
    FLOATV v##i##j = LOAD((uint)(y + i) < (uint)inHeight && (uint)(x + j) < (uint)inWidth               \
        ? in + i * inRow + j * inPixel : arena + zeros);
#define FETCH_ROW(i)                                                                                    \
    FETCH(i, 0) FETCH(i, 1) FETCH(i, 2) FETCH(i, 3) FETCH(i, 4) FETCH(i, 5)                             \
    INPUT_TRANSFORM(v##i##0, v##i##1, v##i##2, v##i##3, v##i##4, v##i##5)
    EACH6(FETCH_ROW)

    __global float *out = scratch + tile * channels + channel;
    int const step = tiles * channels, left = channels - channel;
#define KEEP(i, j) store_floats(v##i##j, out + (i * 6 + j) * step, left);
#define PUT_COLUMN(j)                                                                                   \
    INPUT_TRANSFORM(v0##j, v1##j, v2##j, v3##j, v4##j, v5##j)                                           \
    KEEP(0, j) KEEP(1, j) KEEP(2, j) KEEP(3, j) KEEP(4, j) KEEP(5, j)
    EACH6(PUT_COLUMN)
}

// Aᵀ of six values, into the first four.
#define OUTPUT_TRANSFORM(a, b, c, d, e, f)                                                              \
    {                                                                                                   \
        FLOATV const p = b + c, q = b - c, r = d + e, s = d - e;                                        \
        a = a + p + r;                                                                                  \
        b = q + s * 2;                                                                                  \
        c = p + r * 4;                                                                                  \
        d = q + s * 8 + f;                                                                              \
    }

KERNEL void transform_output(
    __global VALUE *arena, __global const float *scratch, __global const VALUE *biases,
    int inBase, int tileRows, int tileColumns, int tiles,
    int outBase, int outImage, int outRow, int outPixel, int outHeight, int outWidth,
    int addBase, int addImage, int addRow, int addPixel,  // addBase < 0: nothing to add
    int channels, float low, float high)
{
    int const channel = get_global_id(0) * WIDTH, tile = get_global_id(1);
    int const image = tile / (tileRows * tileColumns), inside = tile - image * tileRows * tileColumns;
    int const tileY = inside / tileColumns, tileX = inside - tileY * tileColumns;
    __global const float *in = scratch + inBase + tile * channels + channel;
    int const step = tiles * channels, left = channels - channel;
#define TAKE(i, j) FLOATV v##i##j = JOIN(vload, WIDTH)(0, in + (i * 6 + j) * step);
#define TAKE_COLUMN(j)                                                                                  \
    TAKE(0, j) TAKE(1, j) TAKE(2, j) TAKE(3, j) TAKE(4, j) TAKE(5, j)                                   \
    OUTPUT_TRANSFORM(v0##j, v1##j, v2##j, v3##j, v4##j, v5##j)
    EACH6(TAKE_COLUMN)

    FLOATV const bias = LOAD(biases + channel);
#define WRITE(i, j)                                                                                     \
    if (x + j < outWidth) {                                                                             \
        FLOATV value = v##i##j + bias;                                                                  \
        int const add = addBase + image * addImage + y##i * addRow + (x + j) * addPixel;                \
        if (addBase >= 0) value += LOAD(arena + add + channel);                                         \
        store_lanes(limit(value, low, high),                                                            \
            arena + outBase + image * outImage + y##i * outRow + (x + j) * outPixel + channel, left);   \
    }
#define WRITE_ROW(i)                                                                                    \
    int const y##i = tileY * 4 + i;                                                                     \
    if (y##i < outHeight) {                                                                             \
        OUTPUT_TRANSFORM(v##i##0, v##i##1, v##i##2, v##i##3, v##i##4, v##i##5)                          \
        WRITE(i, 0) WRITE(i, 1) WRITE(i, 2) WRITE(i, 3)                                                 \
    }
    int const x = tileX * 4;
    EACH4(WRITE_ROW)
}
