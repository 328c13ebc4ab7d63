/* A result's parts as GstStructures, which metas and messages have in common. Coordinates are the buffer's pixels.
 * Names of fields are those that DL Streamer's readers know, where they have one. On the task. */
#include "../element.h"

GstStructure *gst_coexec_class_structure(GstCoExec *self, const coexec_result *result, const coexec_class *found) {
    GstStructure *structure = gst_structure_new(
        "classification", "label_id", G_TYPE_INT, found->index, "confidence", G_TYPE_DOUBLE, (double)found->score,
        "probability", G_TYPE_BOOLEAN, result->are_probabilities != 0, "model_name", G_TYPE_STRING, self->model.name,
        "device", G_TYPE_STRING, result->device, "latency", G_TYPE_UINT64, (guint64)result->latency, NULL);
    if (found->label != NULL) gst_structure_set(structure, "label", G_TYPE_STRING, found->label, NULL);
    return structure;
}

static void add_points(GstStructure *structure, const coexec_point *points, size_t count, const Item *item) {
    static const char *const names[] = {"points_x", "points_y", "points_confidence"};
    for (int part = 0; part < 3; part++) {
        GValue list = G_VALUE_INIT, value = G_VALUE_INIT;
        gst_value_array_init(&list, (guint)count);
        g_value_init(&value, G_TYPE_DOUBLE);
        for (size_t index = 0; index < count; index++) {
            const coexec_point *point = &points[index];
            g_value_set_double(&value, part == 0   ? (double)point->x + item->crop_x
                                       : part == 1 ? (double)point->y + item->crop_y
                                                   : (double)point->score);
            gst_value_array_append_value(&list, &value);
        }
        gst_structure_take_value(structure, names[part], &list);
    }
}

GstStructure *gst_coexec_box_structure(GstCoExec *self, const coexec_result *result, const coexec_box *box,
                                       const Item *item) {
    GstStructure *structure = gst_structure_new(
        "detection", "label_id", G_TYPE_INT, box->index, "confidence", G_TYPE_DOUBLE, (double)box->score, "x",
        G_TYPE_DOUBLE, (double)box->x + item->crop_x, "y", G_TYPE_DOUBLE, (double)box->y + item->crop_y, "width",
        G_TYPE_DOUBLE, (double)box->width, "height", G_TYPE_DOUBLE, (double)box->height, "model_name", G_TYPE_STRING,
        self->model.name, "device", G_TYPE_STRING, result->device, "latency", G_TYPE_UINT64, (guint64)result->latency,
        NULL);
    if (box->label != NULL) gst_structure_set(structure, "label", G_TYPE_STRING, box->label, NULL);
    if (box->point_count > 0) add_points(structure, box->points, box->point_count, item);
    return structure;
}

GstStructure *gst_coexec_points_structure(const coexec_point *points, size_t count, const Item *item) {
    GstStructure *structure = gst_structure_new_empty("keypoints");
    add_points(structure, points, count, item);
    return structure;
}

static void set_bytes(GstStructure *structure, const char *name, const void *bytes, size_t count) {
    GBytes *copy = g_bytes_new(bytes, count);
    gst_structure_set(structure, name, G_TYPE_BYTES, copy, NULL);
    g_bytes_unref(copy);
}

GstStructure *gst_coexec_map_structure(const coexec_map *map, const Item *item) {
    GstStructure *structure = gst_structure_new(
        "segmentation", "width", G_TYPE_INT, map->width, "height", G_TYPE_INT, map->height, "x", G_TYPE_INT,
        map->x + item->crop_x, "y", G_TYPE_INT, map->y + item->crop_y, "area-width", G_TYPE_INT, map->area_width,
        "area-height", G_TYPE_INT, map->area_height, NULL);
    set_bytes(structure, "classes", map->classes, (size_t)map->width * (size_t)map->height);
    return structure;
}

GstStructure *gst_coexec_tensor_structure(const coexec_tensor *tensor) {
    GstStructure *structure = gst_structure_new("tensor", "name", G_TYPE_STRING, tensor->name, NULL);
    GValue extents = G_VALUE_INIT, value = G_VALUE_INIT;
    gst_value_array_init(&extents, tensor->rank);
    g_value_init(&value, G_TYPE_INT64);
    for (uint32_t axis = 0; axis < tensor->rank; axis++) {
        g_value_set_int64(&value, tensor->extents[axis]);
        gst_value_array_append_value(&extents, &value);
    }
    gst_structure_take_value(structure, "extents", &extents);
    set_bytes(structure, "float32", tensor->values, tensor->count * sizeof(float));
    return structure;
}
