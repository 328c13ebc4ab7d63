/* Results as GstVideoRegionOfInterestMeta: what all versions of GStreamer have. One region "coexec" of the whole
 * picture with what is said of all of it, one for each of a detector's boxes. On the task. */
#include "../element.h"

static GstVideoRegionOfInterestMeta *add_region(GstBuffer *buffer, const char *type, double x, double y, double width,
                                                double height, const Item *item) {
    double left = CLAMP(x, 0, item->width), top = CLAMP(y, 0, item->height);
    double right = CLAMP(x + width, left, item->width), bottom = CLAMP(y + height, top, item->height);
    guint x0 = (guint)(left + 0.5), y0 = (guint)(top + 0.5);
    return gst_buffer_add_video_region_of_interest_meta(buffer, type, x0, y0, (guint)(right + 0.5) - x0,
                                                        (guint)(bottom + 0.5) - y0);
}

static void attach_boxes(GstCoExec *self, GstBuffer *buffer, const coexec_result *result, const Item *item) {
    for (size_t index = 0; index < result->box_count; index++) {
        const coexec_box *box = &result->boxes[index];
        /* A quark is never freed: labels come from the model's list of names. */
        GstVideoRegionOfInterestMeta *region =
            add_region(buffer, box->label != NULL ? box->label : "object", (double)box->x + item->crop_x,
                       (double)box->y + item->crop_y, (double)box->width, (double)box->height, item);
        region->id = (gint)index;
        gst_video_region_of_interest_meta_add_param(region, gst_coexec_box_structure(self, result, box, item));
    }
}

static void attach_whole(GstCoExec *self, GstBuffer *buffer, const coexec_result *result, const Item *item) {
    GstVideoRegionOfInterestMeta *region = add_region(buffer, "coexec", 0, 0, item->width, item->height, item);
    region->id = -1;
    for (size_t index = 0; index < result->class_count; index++)
        gst_video_region_of_interest_meta_add_param(
            region, gst_coexec_class_structure(self, result, &result->classes[index]));
    if (result->kind == COEXEC_SEGMENTS && result->map.classes != NULL)
        gst_video_region_of_interest_meta_add_param(region, gst_coexec_map_structure(&result->map, item));
    if (result->kind == COEXEC_KEYPOINTS)
        gst_video_region_of_interest_meta_add_param(
            region, gst_coexec_points_structure(result->points, result->point_count, item));
    for (size_t index = 0; result->kind == COEXEC_TENSORS && index < result->output_count; index++)
        gst_video_region_of_interest_meta_add_param(region, gst_coexec_tensor_structure(&result->outputs[index]));
}

void gst_coexec_attach(GstCoExec *self, GstBuffer *buffer, const coexec_result *result, const Item *item,
                       MetaFlags flags) {
#ifdef HAVE_ANALYTICS
    if (flags & META_ANALYTICS) {
        gst_coexec_attach_analytics(buffer, result, item);
        /* It has nothing for these in 1.24. */
        if (result->kind != COEXEC_CLASSES && result->kind != COEXEC_BOXES) flags |= META_ROI;
    }
#endif
    if (!(flags & META_ROI)) return;
    if (result->kind == COEXEC_BOXES)
        attach_boxes(self, buffer, result, item);
    else
        attach_whole(self, buffer, result, item);
}
