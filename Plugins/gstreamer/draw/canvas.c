/* Writes each component of a frame where it lies, as its format says. The letters are those of the library's own font,
 * which the build takes from Sources/Media/Drawing/Font.swift. */
#include "canvas.h"

#include <math.h>
#include <string.h>

#include "font.h" /* generated: font_rows */

enum { LETTER_WIDTH = 5, LETTER_HEIGHT = 7, LETTERS_PER_BAND = 16, LONGEST_TEXT = 100 };

void canvas_init(Canvas *canvas, GstVideoFrame *frame) {
    const GstVideoInfo *info = &frame->info;
    *canvas = (Canvas){.frame = frame, .kr = NAN, .kb = NAN};
    canvas->dot = MAX(MIN(GST_VIDEO_INFO_WIDTH(info), GST_VIDEO_INFO_HEIGHT(info) * 2) / 500, 1);
    if (GST_VIDEO_INFO_IS_RGB(info)) return;
    if (!gst_video_color_matrix_get_Kr_Kb(info->colorimetry.matrix, &canvas->kr, &canvas->kb))
        (void)gst_video_color_matrix_get_Kr_Kb(GST_VIDEO_COLOR_MATRIX_BT601, &canvas->kr, &canvas->kb);
    gst_video_color_range_offsets(info->colorimetry.range, info->finfo, canvas->offset, canvas->scale);
}

/* A component's sample of a colour, in the format's depth. */
static guint sample(const Canvas *canvas, guint component, guint32 colour) {
    const GstVideoFormatInfo *format = canvas->frame->info.finfo;
    double red = (colour >> 16 & 255) / 255.0, green = (colour >> 8 & 255) / 255.0, blue = (colour & 255) / 255.0;
    double most = (1 << format->depth[component]) - 1;
    if (isnan(canvas->kr)) return (guint)((component == 0 ? red : component == 1 ? green : blue) * most + 0.5);
    double luma = canvas->kr * red + (1 - canvas->kr - canvas->kb) * green + canvas->kb * blue;
    double value = component == 0   ? luma
                   : component == 1 ? (blue - luma) / (2 * (1 - canvas->kb))
                                    : (red - luma) / (2 * (1 - canvas->kr));
    return (guint)CLAMP(value * canvas->scale[component] + canvas->offset[component] + 0.5, 0, most);
}

static void fill_component(Canvas *canvas, guint component, int left, int top, int right, int bottom, guint value) {
    GstVideoFrame *frame = canvas->frame;
    const GstVideoFormatInfo *format = frame->info.finfo;
    int step = GST_VIDEO_FRAME_COMP_PSTRIDE(frame, component), stride = GST_VIDEO_FRAME_COMP_STRIDE(frame, component);
    guint8 *samples = GST_VIDEO_FRAME_COMP_DATA(frame, component);
    /* GStreamer 1.22 says that P010's V is one byte behind U. */
    if (format->depth[component] > 8) samples += format->poffset[component] & 1;
    int column = left >> format->w_sub[component], row = top >> format->h_sub[component];
    int columns = GST_VIDEO_FORMAT_INFO_SCALE_WIDTH(format, component, right);
    int rows = GST_VIDEO_FORMAT_INFO_SCALE_HEIGHT(format, component, bottom);
    value <<= format->shift[component];
    for (int y = row; y < rows; y++) {
        guint8 *at = samples + (gssize)y * stride + (gssize)column * step;
        for (int x = column; x < columns; x++, at += step) {
            at[0] = (guint8)value;
            if (format->depth[component] > 8) at[1] = (guint8)(value >> 8);
        }
    }
}

void canvas_fill(Canvas *canvas, int left, int top, int right, int bottom, guint32 colour) {
    left = MAX(left, 0);
    top = MAX(top, 0);
    right = MIN(right, GST_VIDEO_FRAME_WIDTH(canvas->frame));
    bottom = MIN(bottom, GST_VIDEO_FRAME_HEIGHT(canvas->frame));
    if (left >= right || top >= bottom) return;
    guint components = MIN(GST_VIDEO_FRAME_N_COMPONENTS(canvas->frame), 3); /* not the alpha */
    for (guint component = 0; component < components; component++)
        fill_component(canvas, component, left, top, right, bottom, sample(canvas, component, colour));
}

void canvas_outline(Canvas *canvas, int left, int top, int right, int bottom, guint32 colour) {
    int line = canvas->dot + 1;
    canvas_fill(canvas, left, top, right, MIN(top + line, bottom), colour);
    canvas_fill(canvas, left, MAX(bottom - line, top), right, bottom, colour);
    canvas_fill(canvas, left, top, MIN(left + line, right), bottom, colour);
    canvas_fill(canvas, MAX(right - line, left), top, right, bottom, colour);
}

int canvas_line_height(const Canvas *canvas) { return (LETTER_HEIGHT + 2) * canvas->dot; }

static gboolean is_set(int letter, int row, int column) {
    if (letter < 32 || letter > 126) letter = '?';
    letter -= 32;
    return font_rows[letter / LETTERS_PER_BAND * LETTER_HEIGHT + row]
                    [letter % LETTERS_PER_BAND * (LETTER_WIDTH + 1) + column] == '#';
}

void canvas_write(Canvas *canvas, const char *text, int x, int y, guint32 ground) {
    char *ascii = g_str_to_ascii(text, NULL);
    int count = (int)MIN(strlen(ascii), LONGEST_TEXT), dot = canvas->dot;
    int width = (count * (LETTER_WIDTH + 1) + 1) * dot;
    guint32 red = ground >> 16 & 255, green = ground >> 8 & 255, blue = ground & 255;
    guint32 ink = red * 3 + green * 6 + blue > 1280 ? 0x000000 : 0xffffff;
    x = MAX(MIN(x, GST_VIDEO_FRAME_WIDTH(canvas->frame) - width), 0);
    y = MAX(MIN(y, GST_VIDEO_FRAME_HEIGHT(canvas->frame) - canvas_line_height(canvas)), 0);
    canvas_fill(canvas, x, y, x + width, y + canvas_line_height(canvas), ground);
    for (int index = 0; index < count; index++)
        for (int row = 0; row < LETTER_HEIGHT; row++)
            for (int column = 0; column < LETTER_WIDTH; column++) {
                if (!is_set(ascii[index], row, column)) continue;
                int left = x + (index * (LETTER_WIDTH + 1) + 1 + column) * dot, top = y + (row + 1) * dot;
                canvas_fill(canvas, left, top, left + dot, top + dot, ink);
            }
    g_free(ascii);
}
