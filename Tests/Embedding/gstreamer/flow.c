/* Buffers, caps and the end of a stream: order, nothing lost, in small pools too. */
#include "harness.h"

#include <gst/app/gstappsrc.h>

#define PICTURES "video/x-raw,format=%s,width=320,height=240,framerate=30/1"

static void order(void) {
    Run *run = run_new("videotestsrc num-buffers=200 ! video/x-raw,format=RGB,width=320,height=240 ! "
                       "coexec name=c builtin=squeezenet post-messages=true ! fakesink");
    run_play(run);
    CHECK(run_until_end(run, 25), "%s", run->error);
    CHECK(run->buffers == 200 && run->with_result == 200, "%d of 200 came, %d with a result", run->buffers,
          run->with_result);
    CHECK(run->results == 200, "%d messages", run->results);
    CHECK(run_count(run, "classified") == 200, "otherwise in the report");
    run_free(run);
}

static void formats(void) {
    static const char *const names[] = {"NV12", "I420", "YV12", "NV21", "YUY2", "UYVY", "RGB", "BGR", "RGBx", "BGRx",
                                        "RGBA", "BGRA", "GRAY8", "Y42B", "Y444", "P010_10LE", "I420_10LE", "GRAY16_LE"};
    for (size_t index = 0; index < G_N_ELEMENTS(names); index++) {
        Run *run = run_new("videotestsrc num-buffers=3 ! videoconvert ! video/x-raw,format=%s,width=321,height=243 ! "
                           "coexec name=c builtin=squeezenet ! fakesink", names[index]);
        run_play(run);
        CHECK(run_until_end(run, 10), "%s: %s", names[index], run->error);
        CHECK(run->with_result == 3, "%s: %d of 3 have a result", names[index], run->with_result);
        run_free(run);
    }
}

/* Pictures that an appsrc is given. */
static GstBuffer *picture(GstBufferPool *pool, GstCaps *caps, int index) {
    GstVideoInfo info;
    GstBuffer *buffer = NULL;
    gst_video_info_from_caps(&info, caps);
    if (pool != NULL)
        gst_buffer_pool_acquire_buffer(pool, &buffer, NULL);
    else
        buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    gst_buffer_memset(buffer, 0, (guint8)index, info.size);
    if (gst_buffer_get_video_meta(buffer) == NULL)
        gst_buffer_add_video_meta(buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info), (guint)info.width,
                                  (guint)info.height);
    GST_BUFFER_PTS(buffer) = (GstClockTime)index * 33 * GST_MSECOND;
    return buffer;
}

static void push(GstElement *source, GstCaps *caps, GstBuffer *buffer) {
    GstSample *sample = gst_sample_new(buffer, caps, NULL, NULL);
    gst_app_src_push_sample(GST_APP_SRC(source), sample);
    gst_sample_unref(sample);
    gst_buffer_unref(buffer);
}

static void caps_changes(void) {
    static const char *const all[] = {
        "video/x-raw,format=NV12,width=320,height=240,framerate=30/1",
        "video/x-raw,format=RGB,width=320,height=240,framerate=30/1",
        "video/x-raw,format=I420,width=641,height=359,framerate=30/1",
        "video/x-raw,format=YUY2,width=100,height=100,framerate=30/1",
        "video/x-raw,format=BGRx,width=1280,height=720,framerate=30/1",
        "video/x-raw,format=GRAY8,width=64,height=48,framerate=30/1"};
    Run *run = run_new("appsrc name=s format=time ! coexec name=c builtin=squeezenet ! fakesink");
    GstElement *source = gst_bin_get_by_name(GST_BIN(run->pipeline), "s");
    run_play(run);
    for (int index = 0; index < 60; index++) {
        GstCaps *caps = gst_caps_from_string(all[index / 10]);
        push(source, caps, picture(NULL, caps, index));
        gst_caps_unref(caps);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(source));
    CHECK(run_until_end(run, 25), "%s", run->error);
    CHECK(run->with_result == 60, "%d of 60", run->with_result);
    CHECK(run->unlike_caps == 0, "%d buffers came under others' caps", run->unlike_caps);
    gst_object_unref(source);
    run_free(run);
}

static void small_pool(void) {
    Run *run = run_new("appsrc name=s format=time ! coexec name=c builtin=squeezenet window=8 ! fakesink sync=false");
    GstElement *source = gst_bin_get_by_name(GST_BIN(run->pipeline), "s");
    GstCaps *caps = gst_caps_from_string("video/x-raw,format=NV12,width=320,height=240,framerate=30/1");
    GstVideoInfo info;
    gst_video_info_from_caps(&info, caps);
    GstBufferPool *pool = gst_video_buffer_pool_new();
    GstStructure *config = gst_buffer_pool_get_config(pool);
    gst_buffer_pool_config_set_params(config, caps, (guint)info.size, 4, 4);
    gst_buffer_pool_set_config(pool, config);
    gst_buffer_pool_set_active(pool, TRUE);
    run_play(run);
    for (int index = 0; index < 60; index++) push(source, caps, picture(pool, caps, index));
    gst_app_src_end_of_stream(GST_APP_SRC(source));
    CHECK(run_until_end(run, 25), "%s", run->error);
    CHECK(run->with_result == 60, "%d of 60", run->with_result);
    gst_buffer_pool_set_active(pool, FALSE);
    gst_object_unref(pool);
    gst_caps_unref(caps);
    gst_object_unref(source);
    run_free(run);
}

static void gaps(void) {
    Run *run = run_new("appsrc name=s format=time ! coexec name=c builtin=squeezenet unclassified=drop ! fakesink");
    GstElement *source = gst_bin_get_by_name(GST_BIN(run->pipeline), "s");
    GstCaps *caps = gst_caps_from_string("video/x-raw,format=NV12,width=320,height=240,framerate=30/1");
    run_play(run);
    for (int index = 0; index < 30; index++) {
        GstBuffer *buffer = picture(NULL, caps, index);
        if (index % 3 == 1) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_GAP);
        if (index % 3 == 2) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_CORRUPTED);
        push(source, caps, buffer);
    }
    gst_app_src_end_of_stream(GST_APP_SRC(source));
    CHECK(run_until_end(run, 25), "%s", run->error);
    CHECK(run->buffers == 20, "%d buffers, where gaps pass and corrupted ones don't", run->buffers);
    CHECK(run->with_result == 10, "%d were looked at", run->with_result);
    gst_caps_unref(caps);
    gst_object_unref(source);
    run_free(run);
}

static void end_drains(void) {
    for (int buffers = 1; buffers <= 50; buffers += 7) {
        Run *run = run_new("videotestsrc num-buffers=%d ! " PICTURES " ! coexec name=c builtin=squeezenet window=16 ! "
                           "fakesink sync=false", buffers, "NV12");
        run_play(run);
        CHECK(run_until_end(run, 20), "%s", run->error);
        CHECK(run->with_result == buffers, "%d of %d before the end", run->with_result, buffers);
        run_free(run);
    }
}

static GstPadProbeReturn drain(GstPad *pad, GstPadProbeInfo *info, gpointer user) {
    static int count;
    Run *run = user;
    (void)info;
    if (++count % 20 != 0) return GST_PAD_PROBE_OK;
    GstQuery *query = gst_query_new_drain();
    CHECK(gst_pad_peer_query(pad, query), "the drain was refused");
    gst_query_unref(query);
    g_mutex_lock(&run->lock);
    int left = run->buffers;
    g_mutex_unlock(&run->lock);
    CHECK(left == count - 1, "%d of %d have left when it is drained", left, count - 1);
    return GST_PAD_PROBE_OK;
}

static void drains(void) {
    Run *run = run_new("videotestsrc name=s num-buffers=100 ! coexec name=c builtin=squeezenet ! fakesink sync=false");
    GstElement *source = gst_bin_get_by_name(GST_BIN(run->pipeline), "s");
    GstPad *pad = gst_element_get_static_pad(source, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, drain, run, NULL);
    run_play(run);
    CHECK(run_until_end(run, 25), "%s", run->error);
    CHECK(run->with_result == 100, "%d of 100", run->with_result);
    gst_object_unref(pad);
    gst_object_unref(source);
    run_free(run);
}

/* What the element asks a source's pool for: the buffers that wait in it. */
static void allocation(void) {
    Run *run = run_new("appsrc name=s format=time ! coexec name=c builtin=squeezenet window=12 ! fakesink sync=false");
    GstElement *source = gst_bin_get_by_name(GST_BIN(run->pipeline), "s");
    GstCaps *caps = gst_caps_from_string("video/x-raw,format=NV12,width=320,height=240,framerate=30/1");
    run_play(run);
    push(source, caps, picture(NULL, caps, 0));
    GstPad *pad = gst_element_get_static_pad(run->element, "sink");
    GstQuery *query = gst_query_new_allocation(caps, TRUE);
    CHECK(gst_pad_query(pad, query), "no answer");
    guint size = 0, least = 0;
    CHECK(gst_query_get_n_allocation_pools(query) > 0, "no pool is proposed");
    gst_query_parse_nth_allocation_pool(query, 0, NULL, &size, &least, NULL);
    CHECK(size == 320 * 240 * 3 / 2 && least > 12, "%u buffers of %u bytes", least, size);
    gst_query_unref(query);
    gst_object_unref(pad);
    gst_app_src_end_of_stream(GST_APP_SRC(source));
    CHECK(run_until_end(run, 10), "%s", run->error);
    gst_caps_unref(caps);
    gst_object_unref(source);
    run_free(run);
}

const Case flow_cases[] = {{"order", order}, {"formats", formats}, {"caps-changes", caps_changes},
                           {"small-pool", small_pool}, {"gaps", gaps}, {"end-drains", end_drains}, {"drains", drains},
                           {"allocation", allocation}, {NULL, NULL}};
