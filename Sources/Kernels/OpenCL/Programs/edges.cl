// Where values enter and leave: frames of RGB bytes, and N×C×H×W tensors.

// Bilinear resize of one frame and normalisation: value = (byte − mean) × scale, as `offset` + byte × `scale`.
// Half-pixel centres, edges clamped. One work-item makes `run` neighbouring pixels of one row.
// The frame's buffer has a byte of slack: the last pixel is read as four bytes. With BYTES_OUT scale and offset are in
// steps.
KERNEL void resize_image(
    __global OUT *arena, __global const uchar *frame, int frameWidth, int frameHeight,
    int outBase, int outRow, int outPixel, int outHeight, int outWidth, int run,
    float scale0, float scale1, float scale2, float offset0, float offset1, float offset2,
    float zero)
{
    float4 const scale = (float4)(scale0, scale1, scale2, 0), offset = (float4)(offset0, offset1, offset2, 0);
    float const stepX = (float)frameWidth / outWidth, stepY = (float)frameHeight / outHeight;
    int const y = get_global_id(1);
    float const sourceY = clamp((y + 0.5f) * stepY - 0.5f, 0.0f, (float)(frameHeight - 1));
    int const top = (int)sourceY;
    float const down = sourceY - top;
    __global const uchar *upper = frame + (size_t)top * frameWidth * 3;
    __global const uchar *lower = frame + (size_t)min(top + 1, frameHeight - 1) * frameWidth * 3;
    int const end = min(outWidth, ((int)get_global_id(0) + 1) * run);
    for (int x = get_global_id(0) * run; x < end; ++x) {
        float const sourceX = clamp((x + 0.5f) * stepX - 0.5f, 0.0f, (float)(frameWidth - 1));
        int const left = (int)sourceX;
        float const across = sourceX - left;
        int const a = left * 3, b = min(left + 1, frameWidth - 1) * 3;
        float4 const a0 = convert_float4(vload4(0, upper + a)), b0 = convert_float4(vload4(0, upper + b));
        float4 const a1 = convert_float4(vload4(0, lower + a)), b1 = convert_float4(vload4(0, lower + b));
        float4 const row0 = a0 + (b0 - a0) * across, row1 = a1 + (b1 - a1) * across;
        float4 const value = (row0 + (row1 - row0) * down) * scale + offset;
        STOREN(3, ON_GRID(value.xyz), arena + outBase + y * outRow + x * outPixel);
    }
}

// Between a view and N×C×H×W. One work-item moves `run` channels of one pixel.
#define EDGE(name, View, Tensor, move)                                                                  \
KERNEL void name(                                                                                     \
    __global View *arena, __global Tensor *tensor,                                                      \
    int base, int image, int row, int pixel, int height, int width, int channels, int run,              \
    float scale, float zero)                                                                            \
{                                                                                                       \
    int const x = get_global_id(0), y = get_global_id(1), area = height * width;                        \
    int const parts = (channels + run - 1) / run, batch = (int)get_global_id(2) / parts;                \
    int const first = ((int)get_global_id(2) - batch * parts) * run, end = min(first + run, channels);  \
    __global Tensor *outside = tensor + batch * channels * area + y * width + x;                        \
    __global View *inside = arena + base + batch * image + y * row + x * pixel;                         \
    for (int c = first; c < end; ++c) move(outside + c * area, inside + c);                             \
}

// A grid's numbers are scale × (q − zero).
#ifdef BYTES_OUT
#define IMPORT(outside, inside) PUT(ON_GRID(*(outside) / scale), inside)
#else
#define IMPORT(outside, inside) PUT(*(outside), inside)
#endif
#ifdef BYTES_IN
#define EXPORT(outside, inside) *(outside) = (GET(inside) - zero) * scale
#else
#define EXPORT(outside, inside) *(outside) = GET(inside)
#endif
EDGE(import_tensor, OUT, const float, IMPORT)
EDGE(export_tensor, const IN, float, EXPORT)
