/* Opens and closes the element's stream, and asks it how it fares. Opening and closing happen on the thread that
 * changes the element's state; the rest on any. */
#include "element.h"

static coexec_stream_options stream_options(const Settings *settings, gboolean is_live) {
    coexec_stream_options options = {
        .struct_size = sizeof options,
        .admission = COEXEC_WAIT,
        .model = settings->model,
        .builtin = settings->builtin,
        .labels = settings->labels,
        .precision = settings->precision,
        .window = settings->window,
        .priority = settings->priority,
        .weight = settings->weight,
        .max_lanes = settings->max_lanes,
        .deadline = (int64_t)settings->deadline,
        .size = settings->size,
        .channels = settings->channels,
        .mean = settings->mean,
        .scale = settings->scale,
        .preset = settings->preset,
        .fit = settings->fit,
        .resample = settings->resample,
        .task = settings->task,
        .head = settings->head,
        .threshold = settings->threshold,
        .top = settings->top_k,
    };
    if (settings->leaky == LEAKY_OLDEST || (settings->leaky == LEAKY_AUTO && is_live))
        options.admission = COEXEC_DROP_OLDEST;
    else if (settings->leaky == LEAKY_NEWEST)
        options.admission = COEXEC_DROP_NEWEST;
    return options;
}

/* What the stream's window and admission are to the FIFO. */
static void resolve(GstCoExec *self, const coexec_stream_options *options) {
    g_mutex_lock(&self->lock);
    self->window = options->window > 0 ? options->window : 2 * self->lanes + 2;
    self->is_leaky = options->admission != COEXEC_WAIT;
    g_cond_broadcast(&self->drained);
    g_mutex_unlock(&self->lock);
}

/* The application's pool: the one it has given, or gives now that it is asked. */
static coexec_pool *given_pool(GstCoExec *self) {
    GST_OBJECT_LOCK(self);
    coexec_pool *pool = self->given_pool;
    GST_OBJECT_UNLOCK(self);
    if (pool != NULL) return pool;
    gst_element_post_message(&self->element, gst_message_new_need_context(GST_OBJECT(self), GST_COEXEC_POOL_CONTEXT));
    GST_OBJECT_LOCK(self);
    pool = self->given_pool;
    GST_OBJECT_UNLOCK(self);
    return pool;
}

static void measured(GstElement *element, const char *line) {
    gst_coexec_post_progress(element, GST_PROGRESS_TYPE_CONTINUE, line);
}

static gboolean open_stream(GstCoExec *self, const Settings *settings, char **message) {
    coexec_stream_options options = stream_options(settings, FALSE);
    coexec_pool *pool = given_pool(self);
    if (pool == NULL) {
        static const uint32_t flags[] = {
            [TUNING_RUNNING] = COEXEC_TUNE_WHILE_RUNNING, [TUNING_FIRST] = 0, [TUNING_NONE] = COEXEC_NO_TUNING};
        self->shared_pool = shared_pool_take(self->library, settings->pool, settings->devices, flags[settings->tuning],
                                             &self->element, measured, message);
        if (self->shared_pool == NULL) return FALSE;
        pool = shared_pool_handle(self->shared_pool);
        /* Whoever asks for other devices than those of the first takes some of the pool's. */
        if (g_strcmp0(settings->devices, shared_pool_devices(self->shared_pool)) != 0)
            options.devices = settings->devices;
    } else {
        options.devices = settings->devices;
    }
    char *name = gst_object_get_path_string(GST_OBJECT(self));
    options.name = name;
    char text[1024] = "";
    coexec_status status = self->library->stream_open(pool, &options, &self->stream, text, sizeof text);
    g_free(name);
    if (self->shared_pool != NULL) shared_pool_opened(self->shared_pool);
    if (status == COEXEC_OK) return TRUE;
    self->stream = NULL;
    *message = g_strdup(*text != '\0' ? text : "the stream does not open");
    if (self->shared_pool != NULL) shared_pool_give_back(self->shared_pool, self->library);
    self->shared_pool = NULL;
    return FALSE;
}

static void look_around(GstCoExec *self, const Settings *settings) {
    coexec_stream_report report = {.struct_size = sizeof report};
    if (self->library->report(self->stream, &report) == COEXEC_OK) self->device_count = report.device_count;
    self->lanes = 0;
    for (int device = 0; device < self->device_count; device++) {
        coexec_device_report device_report = {.struct_size = sizeof device_report};
        if (self->library->report_device(self->stream, device, &device_report) == COEXEC_OK)
            self->lanes += device_report.lanes;
    }
    self->model = (coexec_model_info){.struct_size = sizeof self->model};
    self->library->model(self->stream, &self->model);
    GST_INFO_OBJECT(self, "%s on %d lanes of %d devices; %s; %s", self->model.name, self->lanes, self->device_count,
                    self->model.pictures, self->model.results);
    GST_OBJECT_LOCK(self);
    self->is_live = FALSE; /* what the stream was opened with */
    GST_OBJECT_UNLOCK(self);
    coexec_stream_options options = stream_options(settings, FALSE);
    resolve(self, &options);
    g_mutex_lock(&self->lock);
    self->counts = (Counts){0};
    g_mutex_unlock(&self->lock);
}

gboolean gst_coexec_open(GstCoExec *self) {
    Settings settings;
    char *message = NULL;
    gst_coexec_settings_copy(self, &settings);
    gst_coexec_post_progress(&self->element, GST_PROGRESS_TYPE_START, "Opening the devices and the model");
    gboolean is_open = FALSE;
    if ((settings.model == NULL) == (settings.builtin == NULL)) {
        GST_ELEMENT_ERROR(self, RESOURCE, SETTINGS, ("Either model or builtin must be set."),
                          ("model is a file, builtin the name of a built-in network"));
    } else if ((self->library = coexec_library(&message)) == NULL) {
        GST_ELEMENT_ERROR(self, LIBRARY, INIT, ("%s", message), (NULL));
    } else if (!open_stream(self, &settings, &message)) {
        GST_ELEMENT_ERROR(self, LIBRARY, INIT, ("%s", message), (NULL));
    } else {
        is_open = TRUE;
        look_around(self, &settings);
    }
    if (is_open)
        gst_coexec_post_progress(&self->element, GST_PROGRESS_TYPE_COMPLETE, "Open");
    else
        gst_coexec_post_progress(&self->element, GST_PROGRESS_TYPE_ERROR, "Not open");
    g_free(message);
    gst_coexec_settings_clear(&settings);
    return is_open;
}

void gst_coexec_close(GstCoExec *self) {
    if (self->stream == NULL) return;
    coexec_stream *stream = self->stream;
    GST_OBJECT_LOCK(self); /* the report reads it on any thread */
    self->stream = NULL;
    GST_OBJECT_UNLOCK(self);
    self->library->close(stream);
    if (self->shared_pool != NULL) shared_pool_give_back(self->shared_pool, self->library);
    self->shared_pool = NULL;
}

/* Settings of a running stream have changed, or it has turned out to be live. */
void gst_coexec_reconfigure(GstCoExec *self) {
    Settings settings;
    gst_coexec_settings_copy(self, &settings);
    GST_OBJECT_LOCK(self);
    coexec_stream_options options = stream_options(&settings, self->is_live);
    if (self->stream != NULL && self->library->configure(self->stream, &options) != COEXEC_OK)
        GST_WARNING_OBJECT(self, "the stream does not take these settings: %s", self->library->refusal());
    GST_OBJECT_UNLOCK(self);
    resolve(self, &options);
    gst_coexec_settings_clear(&settings);
}

GstClockTime gst_coexec_expected_latency(GstCoExec *self) {
    coexec_stream_report report = {.struct_size = sizeof report};
    GST_OBJECT_LOCK(self);
    gboolean is_open = self->stream != NULL && self->library->report(self->stream, &report) == COEXEC_OK;
    GST_OBJECT_UNLOCK(self);
    return is_open && report.expected_latency > 0 ? (GstClockTime)report.expected_latency : 0;
}

/* The property `report`. */
GstStructure *gst_coexec_report(GstCoExec *self) {
    g_mutex_lock(&self->lock);
    Counts counts = self->counts;
    g_mutex_unlock(&self->lock);
    coexec_stream_report report = {.struct_size = sizeof report};
    GValue devices = G_VALUE_INIT;
    g_value_init(&devices, GST_TYPE_LIST);

    GST_OBJECT_LOCK(self); /* so that the stream isn't closed meanwhile; the library waits for nothing here */
    if (self->stream != NULL) self->library->report(self->stream, &report);
    for (int index = 0; self->stream != NULL && index < report.device_count; index++) {
        coexec_device_report device = {.struct_size = sizeof device};
        if (self->library->report_device(self->stream, index, &device) != COEXEC_OK) continue;
        GValue value = G_VALUE_INIT;
        g_value_init(&value, GST_TYPE_STRUCTURE);
        g_value_take_boxed(
            &value, gst_structure_new("device", "name", G_TYPE_STRING, device.name, "description", G_TYPE_STRING,
                                      device.description, "lanes", G_TYPE_INT, device.lanes, "frames", G_TYPE_INT64,
                                      device.frames, "failures", G_TYPE_INT64, device.failures, "service",
                                      G_TYPE_UINT64, (guint64)device.service_p50, "busy", G_TYPE_DOUBLE, device.busy,
                                      "set-aside", G_TYPE_BOOLEAN, device.is_set_aside != 0, "emulated",
                                      G_TYPE_BOOLEAN, device.is_emulated != 0, NULL));
        gst_value_list_append_and_take_value(&devices, &value);
    }
    GST_OBJECT_UNLOCK(self);

    GstStructure *structure = gst_structure_new(
        "report", "classified", G_TYPE_UINT64, counts.classified, "unclassified", G_TYPE_UINT64, counts.unclassified,
        "dropped", G_TYPE_UINT64, counts.overflowed, "late", G_TYPE_UINT64, counts.late, "failed", G_TYPE_UINT64,
        counts.failed, "skipped", G_TYPE_UINT64, counts.skipped, "in-flight", G_TYPE_INT64, report.in_flight,
        "latency", G_TYPE_UINT64, (guint64)report.latency_p50, "latency-p99", G_TYPE_UINT64,
        (guint64)report.latency_p99, "expected-latency", G_TYPE_UINT64, (guint64)report.expected_latency, "rate",
        G_TYPE_DOUBLE, report.rate, NULL);
    gst_structure_take_value(structure, "devices", &devices);
    return structure;
}
