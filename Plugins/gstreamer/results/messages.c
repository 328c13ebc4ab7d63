/* What the application hears on the bus: results, buffers that weren't looked at, failures, progress of opening. */
#include "../element.h"

static void append(GValue *list, GstStructure *structure) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, structure);
    gst_value_list_append_and_take_value(list, &value);
}

/* Element message "coexec", as `level` posts one: for applications that have no probe. */
void gst_coexec_post_result(GstCoExec *self, GstBuffer *buffer, const coexec_result *result, const Item *item) {
    GstStructure *structure = gst_structure_new(
        "coexec", "timestamp", G_TYPE_UINT64, GST_BUFFER_PTS(buffer), "stream-time", G_TYPE_UINT64, item->stream_time,
        "running-time", G_TYPE_UINT64, item->running_time, "duration", G_TYPE_UINT64, GST_BUFFER_DURATION(buffer),
        "sequence", G_TYPE_INT64, result->sequence, "device", G_TYPE_STRING, result->device, "service", G_TYPE_UINT64,
        (guint64)result->service, "latency", G_TYPE_UINT64, (guint64)result->latency, NULL);
    GValue list = G_VALUE_INIT;
    if (result->kind == COEXEC_BOXES) {
        g_value_init(&list, GST_TYPE_LIST);
        for (size_t index = 0; index < result->box_count; index++)
            append(&list, gst_coexec_box_structure(self, result, &result->boxes[index], item));
        gst_structure_take_value(structure, "boxes", &list);
    } else if (result->kind == COEXEC_CLASSES || result->kind == COEXEC_SEGMENTS) {
        g_value_init(&list, GST_TYPE_LIST);
        for (size_t index = 0; index < result->class_count; index++)
            append(&list, gst_coexec_class_structure(self, result, &result->classes[index]));
        gst_structure_take_value(structure, "classes", &list);
    } else if (result->kind == COEXEC_KEYPOINTS) {
        GstStructure *points = gst_coexec_points_structure(result->points, result->point_count, item);
        gst_structure_set(structure, "keypoints", GST_TYPE_STRUCTURE, points, NULL);
        gst_structure_free(points);
    }
    gst_element_post_message(&self->element, gst_message_new_element(GST_OBJECT(self), structure));
}

void gst_coexec_post_skipped(GstCoExec *self, GstBuffer *buffer, const Item *item) {
    g_mutex_lock(&self->lock);
    Counts counts = self->counts;
    g_mutex_unlock(&self->lock);
    GST_OBJECT_LOCK(self);
    gboolean is_live = self->is_live;
    double proportion = self->proportion;
    GstClockTime earliest = self->earliest_time;
    GST_OBJECT_UNLOCK(self);
    gint64 jitter = 0;
    if (GST_CLOCK_TIME_IS_VALID(earliest) && GST_CLOCK_TIME_IS_VALID(item->running_time))
        jitter = GST_CLOCK_DIFF(item->running_time, earliest);
    GstMessage *message = gst_message_new_qos(GST_OBJECT(self), is_live, item->running_time, item->stream_time,
                                              GST_BUFFER_PTS(buffer), GST_BUFFER_DURATION(buffer));
    gst_message_set_qos_values(message, jitter, proportion, 1000000);
    gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, counts.classified, counts.unclassified);
    gst_element_post_message(&self->element, message);
}

/* Once a second at most: a device that fails, fails often. */
void gst_coexec_warn_of_failure(GstCoExec *self, const coexec_result *result) {
    gint64 now = g_get_monotonic_time();
    if (self->warned_at != 0 && now - self->warned_at < G_USEC_PER_SEC) return;
    self->warned_at = now;
    GST_ELEMENT_WARNING(self, STREAM, FAILED, ("%s", result->error != NULL ? result->error : "A frame failed."),
                        ("frame %" G_GINT64_FORMAT, result->sequence));
}

void gst_coexec_post_progress(GstElement *element, GstProgressType type, const char *text) {
    gst_element_post_message(element, gst_message_new_progress(GST_OBJECT(element), type, "open", text));
}
