/* What is attached and told: classes, boxes, failures, the pool that elements share. */
#include "harness.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>

/* Has the models that the other cases need measured, so that they find the fastest ways at once. */
static void warm_up(void) {
    static const char *const names[] = {"squeezenet", "resnet50"};
    for (size_t index = 0; index < G_N_ELEMENTS(names); index++) {
        Run *run = run_new("videotestsrc num-buffers=8 ! coexec name=c tuning=first builtin=%s ! fakesink", names[index]);
        run_play(run);
        CHECK(run_until_end(run, 60), "%s", run->error);
        run_free(run);
    }
    const char *file = g_getenv("COEXEC_TEST_DETECTOR");
    if (file == NULL) return;
    Run *run = run_new("videotestsrc num-buffers=8 ! coexec name=c tuning=first model=\"%s\" ! fakesink", file);
    run_play(run);
    CHECK(run_until_end(run, 60), "%s", run->error);
    run_free(run);
}

static GstPadProbeReturn look_at_classes(GstPad *pad, GstPadProbeInfo *info, gpointer user) {
    int *count = user;
    (void)pad;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    GstVideoRegionOfInterestMeta *region = gst_buffer_get_video_region_of_interest_meta_id(buffer, -1);
    CHECK(region != NULL, "no region");
    CHECK(region->roi_type == g_quark_from_string("coexec"), "it is of %s", g_quark_to_string(region->roi_type));
    CHECK(region->x == 0 && region->y == 0 && region->w == 320 && region->h == 240, "%u×%u", region->w, region->h);
    CHECK(g_list_length(region->params) == 3, "%u classes", g_list_length(region->params));
    double last = INFINITY;
    for (GList *link = region->params; link != NULL; link = link->next) {
        double confidence = 0;
        int index = -1;
        guint64 latency = 0;
        const GstStructure *found = link->data;
        CHECK(gst_structure_has_name(found, "classification"), "it is %s", gst_structure_get_name(found));
        CHECK(gst_structure_get(found, "confidence", G_TYPE_DOUBLE, &confidence, "label_id", G_TYPE_INT, &index,
                                "latency", G_TYPE_UINT64, &latency, NULL), "fields are missing");
        CHECK(confidence <= last && index >= 0 && latency > 0, "%d: %f", index, confidence);
        CHECK(gst_structure_has_field(found, "model_name") && gst_structure_has_field(found, "device"), "no names");
        last = confidence;
    }
    ++*count;
    return GST_PAD_PROBE_OK;
}

static void probe(Run *run, GstPadProbeCallback look, void *user) {
    GstPad *pad = gst_element_get_static_pad(run->element, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, look, user, NULL);
    gst_object_unref(pad);
}

static void classes(void) {
    int count = 0;
    Run *run = run_new("videotestsrc num-buffers=10 ! video/x-raw,width=320,height=240 ! "
                       "coexec name=c builtin=squeezenet top-k=3 meta=roi ! fakesink");
    probe(run, look_at_classes, &count);
    run_play(run);
    CHECK(run_until_end(run, 20), "%s", run->error);
    CHECK(count == 10, "%d of 10", count);
    run_free(run);
}

static GstPadProbeReturn look_at_boxes(GstPad *pad, GstPadProbeInfo *info, gpointer user) {
    int *count = user;
    (void)pad;
    gpointer state = NULL;
    GstMeta *meta;
    while ((meta = gst_buffer_iterate_meta_filtered(GST_PAD_PROBE_INFO_BUFFER(info), &state,
                                                    GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) != NULL) {
        GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;
        GstStructure *found = gst_video_region_of_interest_meta_get_param(region, "detection");
        double confidence = 0, x = 0, width = 0;
        CHECK(found != NULL, "no detection");
        CHECK(gst_structure_get(found, "confidence", G_TYPE_DOUBLE, &confidence, "x", G_TYPE_DOUBLE, &x, "width",
                                G_TYPE_DOUBLE, &width, NULL), "fields are missing");
        CHECK(confidence > 0 && confidence <= 1, "%f", confidence);
        CHECK(fabs(x - region->x) <= 1 && fabs(width - region->w) <= 1, "%f, %u", x, region->x);
        ++*count;
    }
    return GST_PAD_PROBE_OK;
}

static void boxes(void) {
    int count = 0;
    const char *picture = g_getenv("COEXEC_TEST_PICTURE");
    char *source = picture != NULL
                       ? g_strdup_printf("filesrc location=\"%s\" ! decodebin ! videoconvert ! imagefreeze", picture)
                       : g_strdup("videotestsrc");
    Run *run = run_new("%s num-buffers=5 ! coexec name=c model=\"%s\" channels=bgr preset=bytes meta=roi "
                       "post-messages=true ! coexecdraw ! fakesink", source, detector());
    g_free(source);
    probe(run, look_at_boxes, &count);
    run_play(run);
    CHECK(run_until_end(run, 20), "%s", run->error);
    CHECK(run->results == 5, "%d messages", run->results);
    printf("%d boxes in 5 pictures\n", count);
    CHECK(count > 0 || picture == NULL, "no box");
    run_free(run);
}

static void failures(void) {
    Run *run = run_new("videotestsrc num-buffers=90 ! coexec name=c builtin=faulty ! fakesink sync=false");
    run_play_or_skip(run, "only the stand-in has lanes that fail");
    CHECK(run_until_end(run, 20), "%s", run->error);
    CHECK(run->buffers == 90 && run->with_result == 60, "%d, %d with a result", run->buffers, run->with_result);
    CHECK(run->warnings == 1, "%d warnings within a second", run->warnings);
    CHECK(run_count(run, "failed") == 30, "otherwise in the report");
    run_free(run);
}

static void devices_lost(void) {
    Run *run = run_new("videotestsrc ! coexec name=c builtin=lost ! fakesink sync=false");
    run_play_or_skip(run, "only the stand-in loses its devices");
    CHECK(!run_until_end(run, 20), "no error");
    run_free(run);
}

static gpointer pool_of(GstElement *element) {
    GstPad *pad = gst_element_get_static_pad(element, "src");
    GstQuery *query = gst_query_new_context("coexec.pool");
    GstContext *context = NULL;
    gpointer pool = NULL;
    CHECK(gst_pad_query(pad, query), "the pool isn't told");
    gst_query_parse_context(query, &context);
    gst_structure_get(gst_context_get_structure(context), "pool", G_TYPE_POINTER, &pool, NULL);
    gst_query_unref(query);
    gst_object_unref(pad);
    return pool;
}

static void shared_pool(void) {
    Run *run = run_new("videotestsrc num-buffers=60 ! tee name=t ! queue ! coexec name=c builtin=squeezenet ! fakesink "
                       "t. ! queue ! coexec name=d builtin=squeezenet priority=1 ! fakesink "
                       "t. ! queue ! coexec name=e builtin=squeezenet pool=other ! fakesink");
    GstElement *second = gst_bin_get_by_name(GST_BIN(run->pipeline), "d");
    GstElement *third = gst_bin_get_by_name(GST_BIN(run->pipeline), "e");
    CHECK(gst_element_set_state(run->pipeline, GST_STATE_PAUSED) != GST_STATE_CHANGE_FAILURE, "does not play");
    CHECK(pool_of(run->element) == pool_of(second), "the pool isn't shared");
    CHECK(pool_of(run->element) != pool_of(third), "a pool of another name is shared");
    gst_element_set_state(run->pipeline, GST_STATE_PLAYING);
    CHECK(run_until_end(run, 25), "%s", run->error);
    CHECK(run->with_result == 60, "%d of 60", run->with_result);
    gst_object_unref(second);
    gst_object_unref(third);
    run_free(run);
}

/* A pool that the application has opened itself. */
static void given_pool(void) {
    void *library = dlopen(g_getenv("COEXEC_LIBRARY"), RTLD_NOW);
    CHECK(library != NULL, "%s", dlerror());
    int32_t (*open)(const void *, void **, char *, size_t);
    int32_t (*close)(void *);
    *(void **)&open = dlsym(library, "coexec_pool_open");
    *(void **)&close = dlsym(library, "coexec_pool_close");
    void *pool = NULL;
    CHECK(open(NULL, &pool, NULL, 0) == 0, "no pool");
    GstContext *context = gst_context_new("coexec.pool", TRUE);
    gst_structure_set(gst_context_writable_structure(context), "pool", G_TYPE_POINTER, pool, NULL);
    Run *run = run_new("videotestsrc num-buffers=20 ! coexec name=c builtin=squeezenet ! fakesink sync=false");
    gst_element_set_context(run->pipeline, context);
    gst_context_unref(context);
    run_play(run);
    CHECK(pool_of(run->element) == pool, "it is another pool");
    CHECK(run_until_end(run, 20), "%s", run->error);
    CHECK(close(pool) != 0, "the pool closes while it is used");
    run_free(run);
    CHECK(close(pool) == 0, "the pool doesn't close");
}

const Case result_cases[] = {{"warm-up", warm_up}, {"classes", classes}, {"boxes", boxes}, {"failures", failures},
                             {"devices-lost", devices_lost}, {"shared-pool", shared_pool}, {"given-pool", given_pool},
                             {NULL, NULL}};
