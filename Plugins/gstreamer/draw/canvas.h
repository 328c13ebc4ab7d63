/* Rectangles and text on a video frame in its own format. One thread. */
#ifndef GST_COEXEC_CANVAS_H
#define GST_COEXEC_CANVAS_H

#include <gst/video/video.h>

typedef struct {
    GstVideoFrame *frame;
    int dot;                   /* of a letter, in pixels: so that text can be read on large frames too */
    int offset[4], scale[4];   /* of the range, by component; scale 255: full */
    double kr, kb;             /* of the matrix; NaN for RGB */
} Canvas;

void canvas_init(Canvas *canvas, GstVideoFrame *frame);
/* Pixels; what lies outside is left out. Colours are 0xRRGGBB. */
void canvas_fill(Canvas *canvas, int left, int top, int right, int bottom, guint32 colour);
void canvas_outline(Canvas *canvas, int left, int top, int right, int bottom, guint32 colour);
int canvas_line_height(const Canvas *canvas);
/* A line of text on a ground of that colour, moved so that it lies inside. */
void canvas_write(Canvas *canvas, const char *text, int x, int y, guint32 ground);

#endif
