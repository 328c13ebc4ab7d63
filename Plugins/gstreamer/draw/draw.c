/* The element `coexecdraw`: draws what `coexec` has attached as GstVideoRegionOfInterestMeta, in the frame's own
 * format: boxes with their classes, points, the classes of the whole picture. GStreamer 1.22 has no element that
 * does. Other elements' regions are drawn too. On the streaming thread. */
#include "../element.h"

#include <gst/video/gstvideofilter.h>

#include "canvas.h"

typedef struct {
    GstVideoFilter filter;
} GstCoExecDraw;
typedef struct {
    GstVideoFilterClass parent_class;
} GstCoExecDrawClass;
G_DEFINE_TYPE(GstCoExecDraw, gst_coexec_draw, GST_TYPE_VIDEO_FILTER)

static guint32 colour_of(int number) {
    static const guint32 colours[] = {0xe6194b, 0x3cb44b, 0xffe119, 0x4363d8, 0xf58231,
                                      0x911eb4, 0x42d4f4, 0xf032e6, 0xbfef45, 0xfabed4};
    return colours[(guint)number % G_N_ELEMENTS(colours)];
}

/* "cat 87%", or what can be said of it. */
static char *caption_of(const GstStructure *found, const char *fallback) {
    const char *label = gst_structure_get_string(found, "label");
    double confidence;
    gboolean is_probability = TRUE;
    int index = 0;
    gst_structure_get_int(found, "label_id", &index);
    gst_structure_get_boolean(found, "probability", &is_probability);
    char *name = label != NULL ? g_strdup(label) : fallback != NULL ? g_strdup(fallback) : g_strdup_printf("%d", index);
    char *caption;
    if (!gst_structure_get_double(found, "confidence", &confidence))
        caption = g_strdup(name);
    else if (is_probability)
        caption = g_strdup_printf("%s %.0f%%", name, confidence * 100);
    else
        caption = g_strdup_printf("%s %.2f", name, confidence);
    g_free(name);
    return caption;
}

static void draw_points(Canvas *canvas, const GstStructure *found, guint32 colour) {
    const GValue *across = gst_structure_get_value(found, "points_x");
    const GValue *down = gst_structure_get_value(found, "points_y");
    if (across == NULL || down == NULL) return;
    int radius = canvas->dot + 1;
    for (guint index = 0; index < gst_value_array_get_size(across); index++) {
        double x = g_value_get_double(gst_value_array_get_value(across, index));
        double y = g_value_get_double(gst_value_array_get_value(down, index));
        if (!(x >= 0 && y >= 0 && x < 32768 && y < 32768)) continue;
        canvas_fill(canvas, (int)x - radius, (int)y - radius, (int)x + radius, (int)y + radius, colour);
    }
}

static void draw_box(Canvas *canvas, const GstVideoRegionOfInterestMeta *region) {
    GstStructure *found = gst_video_region_of_interest_meta_get_param((GstVideoRegionOfInterestMeta *)region,
                                                                      "detection");
    int index = 0;
    if (found != NULL) gst_structure_get_int(found, "label_id", &index);
    guint32 colour = colour_of(index);
    int left = (int)MIN(region->x, 32767u), top = (int)MIN(region->y, 32767u);
    int right = left + (int)MIN(region->w, 32767u), bottom = top + (int)MIN(region->h, 32767u);
    canvas_outline(canvas, left, top, right, bottom, colour);
    const char *type = g_quark_to_string(region->roi_type);
    char *caption = found != NULL ? caption_of(found, type) : g_strdup(type);
    int height = canvas_line_height(canvas);
    canvas_write(canvas, caption, left, top >= height ? top - height : top, colour); /* above, where there is room */
    g_free(caption);
    if (found != NULL) draw_points(canvas, found, colour);
}

static void draw_whole(Canvas *canvas, const GstVideoRegionOfInterestMeta *region) {
    int y = canvas->dot;
    for (GList *link = region->params; link != NULL; link = link->next) {
        const GstStructure *found = link->data;
        if (gst_structure_has_name(found, "keypoints")) draw_points(canvas, found, colour_of(0));
        if (!gst_structure_has_name(found, "classification")) continue;
        char *caption = caption_of(found, NULL);
        canvas_write(canvas, caption, canvas->dot, y, 0x000000);
        g_free(caption);
        y += canvas_line_height(canvas);
    }
}

static GstFlowReturn draw(GstVideoFilter *filter, GstVideoFrame *frame) {
    (void)filter;
    Canvas canvas;
    canvas_init(&canvas, frame);
    gpointer state = NULL;
    for (GstMeta *meta; (meta = gst_buffer_iterate_meta_filtered(
                             frame->buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL;) {
        const GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;
        if (region->roi_type == g_quark_from_static_string("coexec"))
            draw_whole(&canvas, region);
        else
            draw_box(&canvas, region);
    }
    return GST_FLOW_OK;
}

static void gst_coexec_draw_class_init(GstCoExecDrawClass *class) {
    GstElementClass *element_class = GST_ELEMENT_CLASS(class);
    gst_element_class_add_static_pad_template(element_class, &gst_coexec_sink_template);
    gst_element_class_add_static_pad_template(element_class, &gst_coexec_src_template);
    gst_element_class_set_static_metadata(element_class, "CoExec's results, drawn", "Filter/Effect/Video",
                                          "Draws boxes, points and classes that coexec has found", "CoExec");
    GST_VIDEO_FILTER_CLASS(class)->transform_frame_ip = draw;
}

static void gst_coexec_draw_init(GstCoExecDraw *self) { (void)self; }
