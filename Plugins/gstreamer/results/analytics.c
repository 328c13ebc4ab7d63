/* Results as GstAnalyticsRelationMeta, which GStreamer has from 1.24 on: the build takes this file where pkg-config
 * finds gstreamer-analytics-1.0, and sets HAVE_ANALYTICS. On the task. */
#include <gst/analytics/analytics.h>

#include "../element.h"

/* A quark is never freed: labels come from the model's list of names, indices are as many as it has classes. */
static GQuark quark(const char *label, int index) {
    if (label != NULL) return g_quark_from_string(label);
    char number[16];
    g_snprintf(number, sizeof number, "%d", index);
    return g_quark_from_string(number);
}

static void attach_classes(GstAnalyticsRelationMeta *meta, const coexec_result *result) {
    float *levels = g_new(float, result->class_count);
    GQuark *quarks = g_new(GQuark, result->class_count);
    for (size_t index = 0; index < result->class_count; index++) {
        const coexec_class *found = &result->classes[index];
        levels[index] = found->score;
        quarks[index] = quark(found->label, found->index);
    }
    GstAnalyticsClsMtd classes;
    gst_analytics_relation_meta_add_cls_mtd(meta, result->class_count, levels, quarks, &classes);
    g_free(levels);
    g_free(quarks);
}

void gst_coexec_attach_analytics(GstBuffer *buffer, const coexec_result *result, const Item *item) {
    GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta(buffer);
    if (meta == NULL) meta = gst_buffer_add_analytics_relation_meta(buffer);
    if (result->class_count > 0) attach_classes(meta, result);
    for (size_t index = 0; index < result->box_count; index++) {
        const coexec_box *box = &result->boxes[index];
        int x = (int)(box->x + 0.5f) + item->crop_x, y = (int)(box->y + 0.5f) + item->crop_y;
        GstAnalyticsODMtd object;
        gst_analytics_relation_meta_add_od_mtd(meta, quark(box->label, box->index), x, y, (int)(box->width + 0.5f),
                                               (int)(box->height + 0.5f), box->score, &object);
    }
}
