/* See harness.h. Also main: runs the case that is named, or lists all. */
#include "harness.h"

#include <string.h>

_Noreturn void skip(const char *reason) {
    printf("skipped: %s\n", reason);
    exit(77);
}

gboolean is_fake(void) {
    char *name = g_path_get_basename(g_getenv("COEXEC_LIBRARY") != NULL ? g_getenv("COEXEC_LIBRARY") : "");
    gboolean is_it = strncmp(name, "fake", 4) == 0; /* as Scripts/embed/test-element calls it */
    g_free(name);
    return is_it;
}

const char *detector(void) {
    const char *file = g_getenv("COEXEC_TEST_DETECTOR");
    if (file == NULL || *file == '\0') skip("no detector: COEXEC_DATA isn't set");
    return file;
}

double seconds_now(void) { return (double)g_get_monotonic_time() / G_USEC_PER_SEC; }

static void look_at_buffer(Run *run, GstBuffer *buffer) {
    gpointer state = NULL;
    int regions = 0;
    while (gst_buffer_iterate_meta_filtered(buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) regions++;
    g_mutex_lock(&run->lock);
    run->buffers++;
    run->with_result += regions > 0;
    run->regions += regions;
    if (GST_CLOCK_TIME_IS_VALID(run->last_pts) && GST_BUFFER_PTS(buffer) <= run->last_pts) run->disordered++;
    run->last_pts = GST_BUFFER_PTS(buffer);
    const GstVideoMeta *meta = gst_buffer_get_video_meta(buffer);
    if (meta != NULL && ((int)meta->width != run->width || (int)meta->height != run->height)) run->unlike_caps++;
    g_mutex_unlock(&run->lock);
}

static GstPadProbeReturn look(GstPad *pad, GstPadProbeInfo *info, gpointer user) {
    Run *run = user;
    (void)pad;
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
        look_at_buffer(run, GST_PAD_PROBE_INFO_BUFFER(info));
        return GST_PAD_PROBE_OK;
    }
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT(info);
    g_mutex_lock(&run->lock);
    if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) run->last_pts = GST_CLOCK_TIME_NONE;
    if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) {
        GstCaps *caps;
        gst_event_parse_caps(event, &caps);
        gst_structure_get_int(gst_caps_get_structure(caps, 0), "width", &run->width);
        gst_structure_get_int(gst_caps_get_structure(caps, 0), "height", &run->height);
    }
    g_mutex_unlock(&run->lock);
    return GST_PAD_PROBE_OK;
}

Run *run_new(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    Run *run = g_new0(Run, 1);
    GError *error = NULL;
    g_mutex_init(&run->lock);
    run->last_pts = GST_CLOCK_TIME_NONE;
    run->last_sequence = -1;
    run->pipeline = gst_parse_launch(text, &error);
    CHECK(error == NULL, "%s: %s", text, error->message);
    run->element = gst_bin_get_by_name(GST_BIN(run->pipeline), "c");
    run->bus = gst_element_get_bus(run->pipeline);
    GstPad *pad = gst_element_get_static_pad(run->element, "src");
    const GstPadProbeType events = GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM | GST_PAD_PROBE_TYPE_EVENT_FLUSH;
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER | events, look, run, NULL);
    gst_object_unref(pad);
    g_free(text);
    return run;
}

void run_play(Run *run) {
    if (gst_element_set_state(run->pipeline, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) return;
    run_until_end(run, 1);
    CHECK(FALSE, "does not play: %s", run->error);
}

void run_play_or_skip(Run *run, const char *reason) {
    if (gst_element_set_state(run->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE) skip(reason);
}

static gboolean take_message(Run *run, GstMessage *message) {
    switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_EOS: return TRUE;
    case GST_MESSAGE_ERROR: {
        GError *error;
        gst_message_parse_error(message, &error, NULL);
        if (run->error == NULL) run->error = g_strdup(error->message);
        g_error_free(error);
        return TRUE;
    }
    case GST_MESSAGE_WARNING: run->warnings++; return FALSE;
    case GST_MESSAGE_QOS: run->skipped++; return FALSE;
    case GST_MESSAGE_LATENCY: gst_bin_recalculate_latency(GST_BIN(run->pipeline)); return FALSE;
    case GST_MESSAGE_ELEMENT: {
        gint64 sequence;
        const GstStructure *structure = gst_message_get_structure(message);
        if (!gst_structure_has_name(structure, "coexec")) return FALSE;
        run->results++;
        gst_structure_get_int64(structure, "sequence", &sequence);
        run->disordered_results += sequence <= run->last_sequence;
        run->last_sequence = sequence;
        return FALSE;
    }
    default: return FALSE;
    }
}

gboolean run_until_end(Run *run, double seconds) {
    double end = seconds_now() + seconds;
    gboolean is_over = FALSE;
    while (!is_over && seconds_now() < end) {
        GstMessage *message = gst_bus_timed_pop(run->bus, (GstClockTime)((end - seconds_now()) * GST_SECOND));
        if (message == NULL) break;
        is_over = take_message(run, message);
        gst_message_unref(message);
    }
    CHECK(is_over, "no end after %.0f s; %d buffers", seconds, run->buffers);
    return run->error == NULL;
}

guint64 run_count(Run *run, const char *field) {
    GstStructure *report;
    guint64 count = 0;
    g_object_get(run->element, "report", &report, NULL);
    CHECK(gst_structure_get_uint64(report, field, &count), "no %s in the report", field);
    gst_structure_free(report);
    return count;
}

void run_free(Run *run) {
    double start = seconds_now();
    gst_element_set_state(run->pipeline, GST_STATE_NULL);
    double took = seconds_now() - start;
    CHECK(took < 1, "it took %.2f s to stop", took);
    CHECK(run->disordered == 0 && run->disordered_results == 0, "%d buffers, %d messages out of order", run->disordered,
          run->disordered_results);
    gst_object_unref(run->bus);
    gst_object_unref(run->element);
    gst_object_unref(run->pipeline);
    g_mutex_clear(&run->lock);
    g_free(run->error);
    g_free(run);
}

int main(int count, char **arguments) {
    static const Case *const tables[] = {flow_cases, flush_cases, live_cases, result_cases, analytics_cases};
    gst_init(&count, &arguments);
    int status = count == 2 ? 64 : 0;
    for (size_t table = 0; table < G_N_ELEMENTS(tables); table++)
        for (const Case *one = tables[table]; one->name != NULL; one++) {
            if (count != 2) puts(one->name);
            if (count != 2 || strcmp(arguments[1], one->name) != 0) continue;
            one->run();
            status = 0;
        }
    if (status == 64) fprintf(stderr, "there is no case %s\n", arguments[1]);
    gst_deinit(); /* the leaks tracer tells then */
    return status;
}
