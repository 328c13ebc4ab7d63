// Where values enter and leave: frames of RGB bytes, and N×C×H×W tensors.

// index × from ÷ to along an axis, where `to` elements are made of `from`; in whole numbers, of which only the product
// may need 64 bits.
typedef struct {
    int whole, rest;
} Place;

inline Place place_at(int index, int from, int to)
{
    int const quotient = from / to;
    long const rest = (long)index * (from - quotient * to);
    return (Place){index * quotient + (int)(rest / to), (int)(rest % to)};
}

// A step of from ÷ to further.
inline Place place_after(Place place, int quotient, int remainder, int to)
{
    int const rest = place.rest + remainder;
    return rest < to ? (Place){place.whole + quotient, rest} : (Place){place.whole + quotient + 1, rest - to};
}

// What an element is made of: `head` of the first, `tail` of the last and `whole` of each between.
typedef struct {
    int low, high;
    float head, whole, tail;
} Span;

// Shrunk by area: all from `begin` to `end`. Else bilinear: half-pixel centres, edges clamped.
inline Span span(int index, Place begin, Place end, int from, int to, int isArea)
{
    if (isArea && from > to) {
        float const part = 1.0f / from;
        int const isCut = end.rest > 0;
        return (Span){
            begin.whole, isCut ? end.whole : end.whole - 1,
            (to - begin.rest) * part, to * part, (isCut ? end.rest : to) * part};
    }
    float const position = clamp((index + 0.5f) * ((float)from / to) - 0.5f, 0.0f, (float)(from - 1));
    int const low = (int)position;
    float const share = position - low;
    return (Span){low, min(low + 1, from - 1), 1 - share, 0, share};
}

// A column's sum over rows.
inline float4 sum_column(__global const uchar *top, int rowBytes, Span down)
{
    float4 sum = convert_float4(vload4(0, top)) * down.head, between = 0;
    for (int row = down.low + 1; row < down.high; ++row)
        between += convert_float4(vload4(0, top += rowBytes));
    __global const uchar *last = down.high > down.low ? top + rowBytes : top;
    return sum + between * down.whole + convert_float4(vload4(0, last)) * down.tail;
}

// The sums of all bytes of a strip, 16 at a time; of fewer rows than STRIP, between which fit into 16 bits.
#define STRIP 256
inline void sum_strip(__global const uchar *top, int rowBytes, Span down, int count, float *sums)
{
    __global const uchar *last = top + (size_t)(down.high - down.low) * rowBytes;
    for (int i = 0; i < count; i += 16) {
        __global const uchar *bytes = top + i;
        ushort16 between = 0;
        for (int row = down.low + 1; row < down.high; ++row)
            between += convert_ushort16(vload16(0, bytes += rowBytes));
        float16 const ends =
            convert_float16(vload16(0, top + i)) * down.head + convert_float16(vload16(0, last + i)) * down.tail;
        vstore16(ends + convert_float16(between) * down.whole, 0, sums + i);
    }
}

#define SUM_ACROSS(column)                                                                              \
    value = column(across.low) * across.head + column(across.high) * across.tail;                       \
    float4 between = 0;                                                                                 \
    for (int c = across.low + 1; c < across.high; ++c) between += column(c);                            \
    value += between * across.whole;
#define IN_FRAME(c) sum_column(top + (c) * 3, rowBytes, down)
#define IN_STRIP(c) vload4(0, strip + ((c) - stripStart) * 3)

// Resize of one frame and normalisation: value = (byte − mean) × scale, as `offset` + byte × `scale`. One work-item
// makes `run` neighbouring pixels of one row; on a CPU, where these are many, rows are summed once for all of them. The
// frame's buffer has slack: its last bytes are read as 16. With BYTES_OUT scale and offset are in steps.
KERNEL void resize_image(
    __global OUT *arena, __global const uchar *frame, int frameWidth, int frameHeight,
    int outBase, int outRow, int outPixel, int outHeight, int outWidth, int run, int isArea,
    float scale0, float scale1, float scale2, float offset0, float offset1, float offset2,
    float zero)
{
    float4 const scale = (float4)(scale0, scale1, scale2, 0), offset = (float4)(offset0, offset1, offset2, 0);
    int const y = get_global_id(1), rowBytes = frameWidth * 3;
    Span const down = span(
        y, place_at(y, frameHeight, outHeight), place_at(y + 1, frameHeight, outHeight), frameHeight, outHeight, isArea);
    __global const uchar *top = frame + (size_t)down.low * rowBytes;
    int const start = get_global_id(0) * run, end = min(outWidth, start + run);
    int const quotient = frameWidth / outWidth, remainder = frameWidth - quotient * outWidth;
    Place begin = place_at(start, frameWidth, outWidth);
#ifdef ONE_ITEM_GROUPS
    float strip[STRIP * 3 + 16];
    int stripStart = 0, stripEnd = 0;
#endif
    for (int x = start; x < end; ++x) {
        Place const next = place_after(begin, quotient, remainder, outWidth);
        Span const across = span(x, begin, next, frameWidth, outWidth, isArea);
        begin = next;
        float4 value;
#ifdef ONE_ITEM_GROUPS
        if (max(across.high - across.low, down.high - down.low) < STRIP) {
            if (across.high >= stripEnd) {
                stripStart = across.low;
                stripEnd = min(stripStart + STRIP, frameWidth);
                sum_strip(top + stripStart * 3, rowBytes, down, (stripEnd - stripStart) * 3, strip);
            }
            SUM_ACROSS(IN_STRIP)
        } else
#endif
        {
            SUM_ACROSS(IN_FRAME)
        }
        value = value * scale + offset;
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
