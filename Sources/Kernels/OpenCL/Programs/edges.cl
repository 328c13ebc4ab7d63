// Where values enter and leave: frames, and N×C×H×W tensors.

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

// Frames of other samples than bytes R, G, B, or turned: OpenCLFrame.swift writes these tables. Of a component: where it
// begins, bytes of a row and of a step, and where its spans along both axes are.
enum { BYTES, CLIPS, IS_TRANSPOSED, FLIPS_COLUMNS, FLIPS_ROWS, COMPONENTS, MATRIX = COMPONENTS + 3 * 5 };

// A component's weighted sum at a place of the result, turned as the frame is stored.
inline float sum_component(__global const uchar *frame, __global const int *tables, int number, int x, int y)
{
    __global const int *component = tables + COMPONENTS + 5 * number;
    int4 const across = vload4(x, tables + component[3]), down = vload4(y, tables + component[4]);
    int const isWide = tables[BYTES] > 1, step = component[2];
    float sum = 0;
    for (int row = down.x; row <= down.y; ++row) {
        __global const uchar *line = frame + component[0] + (size_t)row * component[1];
        float part = 0;
        for (int column = across.x; column <= across.y; ++column) {
            __global const uchar *sample = line + column * step;
            float const value = isWide ? sample[0] | sample[1] << 8 : sample[0];
            part += value * (column == across.x ? as_float(across.z) : column == across.y ? as_float(across.w) : 1.0f);
        }
        sum += part * (row == down.x ? as_float(down.z) : row == down.y ? as_float(down.w) : 1.0f);
    }
    return sum;
}

// R, G and B at a place of a part of the input.
inline float4 sample_colours(__global const uchar *frame, __global const int *tables, int x, int y, int width, int height)
{
    int const turnedX = tables[FLIPS_COLUMNS] ? width - 1 - x : x, turnedY = tables[FLIPS_ROWS] ? height - 1 - y : y;
    int const storedX = tables[IS_TRANSPOSED] ? turnedY : turnedX, storedY = tables[IS_TRANSPOSED] ? turnedX : turnedY;
    float const first = sum_component(frame, tables, 0, storedX, storedY);
    float const second = sum_component(frame, tables, 1, storedX, storedY);
    float const third = sum_component(frame, tables, 2, storedX, storedY);
    float4 colours = 0;
    __global const int *row = tables + MATRIX;
    colours.x = as_float(row[0]) * first + as_float(row[1]) * second + as_float(row[2]) * third + as_float(row[3]);
    colours.y = as_float(row[4]) * first + as_float(row[5]) * second + as_float(row[6]) * third + as_float(row[7]);
    colours.z = as_float(row[8]) * first + as_float(row[9]) * second + as_float(row[10]) * third + as_float(row[11]);
    return tables[CLIPS] ? clamp(colours, 0.0f, 255.0f) : colours;
}

// One of up to four channels.
#define STORE_PIXEL(value, pointer)                                                                     \
    switch (channels) {                                                                                 \
    case 1: PUT(ON_GRID((value).x), pointer); break;                                                    \
    case 3: STOREN(3, ON_GRID((value).xyz), pointer); break;                                            \
    default: STOREN(4, ON_GRID(value), pointer);                                                        \
    }

// Resize of one frame (the whole of `from`: x, y, width, height) to a part of the input (`to`), and its channels: `red`,
// `green` and `blue` are what a byte of each adds to them. Around `to` there is `border`. One work-item makes `run`
// neighbouring pixels of one row; on a CPU, where these are many, rows are summed once for all of them. The frame's
// buffer has slack: its last bytes are read as 16. With BYTES_OUT channels are in steps.
KERNEL void resize_image(
    __global OUT *arena, __global const uchar *frame, __global const int *tables, int isPacked, int4 from, int4 to,
    int outBase, int outRow, int outPixel, int outWidth, int run, int isArea, int channels,
    float red0, float red1, float red2, float red3, float green0, float green1, float green2, float green3,
    float blue0, float blue1, float blue2, float blue3, float offset0, float offset1, float offset2, float offset3,
    float border, float zero)
{
    float4 const red = (float4)(red0, red1, red2, red3), green = (float4)(green0, green1, green2, green3);
    float4 const blue = (float4)(blue0, blue1, blue2, blue3), offset = (float4)(offset0, offset1, offset2, offset3);
    int const row = get_global_id(1), y = row - to.y;
    int const isInside = y >= 0 && y < to.w;
    int const start = get_global_id(0) * run, end = min(outWidth, start + run);
    int const first = isInside ? clamp(to.x, start, end) : end, last = isInside ? clamp(to.x + to.z, first, end) : end;
    __global OUT *line = arena + outBase + row * outRow;
    if (last - first < end - start) {
        float4 const value = (red + green + blue) * border + offset;
        for (int x = start; x < first; ++x) STORE_PIXEL(value, line + x * outPixel)
        for (int x = last; x < end; ++x) STORE_PIXEL(value, line + x * outPixel)
    }
    if (first >= last) return;
    if (!isPacked) {
        for (int x = first; x < last; ++x) {
            float4 value = sample_colours(frame, tables, x - to.x, y, to.z, to.w);
            value = red * value.x + green * value.y + blue * value.z + offset;
            STORE_PIXEL(value, line + x * outPixel)
        }
        return;
    }
    int const rowBytes = from.z * 3;
    Span const down =
        span(y, place_at(y, from.w, to.w), place_at(y + 1, from.w, to.w), from.w, to.w, isArea);
    __global const uchar *top = frame + (size_t)down.low * rowBytes;
    int const quotient = from.z / to.z, remainder = from.z - quotient * to.z;
    Place begin = place_at(first - to.x, from.z, to.z);
#ifdef ONE_ITEM_GROUPS
    float strip[STRIP * 3 + 16];
    int stripStart = 0, stripEnd = 0;
#endif
    for (int x = first; x < last; ++x) {
        Place const next = place_after(begin, quotient, remainder, to.z);
        Span const across = span(x - to.x, begin, next, from.z, to.z, isArea);
        begin = next;
        float4 value;
#ifdef ONE_ITEM_GROUPS
        if (max(across.high - across.low, down.high - down.low) < STRIP) {
            if (across.high >= stripEnd) {
                stripStart = across.low;
                stripEnd = min(stripStart + STRIP, from.z);
                sum_strip(top + stripStart * 3, rowBytes, down, (stripEnd - stripStart) * 3, strip);
            }
            SUM_ACROSS(IN_STRIP)
        } else
#endif
        {
            SUM_ACROSS(IN_FRAME)
        }
        value = red * value.x + green * value.y + blue * value.z + offset;
        STORE_PIXEL(value, line + x * outPixel)
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
