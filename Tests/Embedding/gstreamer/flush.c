/* Seeks, stops and errors at any moment. */
#include "harness.h"

#include <dirent.h>

#define ENDLESS "videotestsrc pattern=ball ! video/x-raw,format=NV12,width=320,height=240,framerate=30/1 ! "

static void seeks(void) {
    Run *run = run_new(ENDLESS "coexec name=c builtin=squeezenet ! fakesink sync=false");
    run_play(run);
    gst_element_get_state(run->pipeline, NULL, NULL, 10 * GST_SECOND);
    int with_buffers = 0;
    for (int seek = 0; seek < 100; seek++) {
        g_mutex_lock(&run->lock);
        int before = run->buffers;
        g_mutex_unlock(&run->lock);
        gboolean is_done = gst_element_seek_simple(run->pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                                   (gint64)(seek % 10) * GST_SECOND);
        CHECK(is_done, "seek %d was refused", seek);
        g_usleep(20000);
        g_mutex_lock(&run->lock);
        with_buffers += run->buffers > before;
        g_mutex_unlock(&run->lock);
    }
    printf("%d buffers; some after %d of 100 seeks\n", run->buffers, with_buffers);
    CHECK(with_buffers >= (is_fake() ? 80 : 10), "buffers came after %d of 100 seeks", with_buffers);
    CHECK(run->with_result == run->buffers, "%d of %d have a result", run->with_result, run->buffers);
    run_free(run);
}

static void stops(void) {
    for (int round = 0; round < 10; round++) {
        Run *run = run_new(ENDLESS "coexec name=c builtin=squeezenet ! fakesink sync=%s", round % 2 ? "true" : "false");
        run_play(run);
        g_usleep((gulong)(round * 15000));
        run_free(run); /* checks the time */
    }
}

static int entries(const char *path) {
    int count = 0;
    DIR *folder = opendir(path);
    while (readdir(folder) != NULL) count++;
    closedir(folder);
    return count;
}

static void cycles(void) {
    Run *run = run_new(ENDLESS "coexec name=c builtin=squeezenet ! fakesink sync=false");
    int threads = 0, files = 0;
    for (int round = 0; round < 20; round++) {
        run_play(run);
        gst_element_get_state(run->pipeline, NULL, NULL, 10 * GST_SECOND);
        g_usleep(20000);
        gst_element_set_state(run->pipeline, round % 2 ? GST_STATE_READY : GST_STATE_NULL);
        g_mutex_lock(&run->lock);
        run->last_pts = GST_CLOCK_TIME_NONE;
        g_mutex_unlock(&run->lock);
        if (round % 2) continue;
        /* GLib keeps idle threads of its pool for a while. */
        if (round == 4) threads = entries("/proc/self/task"), files = entries("/proc/self/fd");
    }
    gst_element_set_state(run->pipeline, GST_STATE_NULL);
    int last_threads = entries("/proc/self/task"), last_files = entries("/proc/self/fd");
    CHECK(last_threads <= threads + 2, "%d threads after 20 rounds, %d after 4", last_threads, threads);
    CHECK(last_files <= files, "%d descriptors after 20 rounds, %d after 4", last_files, files);
    run_free(run);
}

/* What may change at any time, changes while it plays. */
static void settings(void) {
    Run *run = run_new("videotestsrc num-buffers=300 ! video/x-raw,format=NV12,width=320,height=240 ! "
                       "coexec name=c builtin=squeezenet leaky=no ! fakesink sync=false");
    run_play(run);
    for (int round = 0; round < 200; round++) {
        g_object_set(run->element, "window", round % 9, "priority", round % 5, "weight", 1 + round % 3, "post-messages",
                     round % 2, "meta", 1, "deadline", (guint64)(round % 2) * 60 * GST_SECOND, NULL);
        run_count(run, "classified");
        GstQuery *query = gst_query_new_latency();
        gst_element_query(run->pipeline, query);
        gst_query_unref(query);
        g_usleep(1000);
    }
    CHECK(run_until_end(run, 25), "%s", run->error);
    CHECK(run->with_result == 300, "%d of 300", run->with_result);
    run_free(run);
}

static void error_below(void) {
    Run *run = run_new(ENDLESS "coexec name=c builtin=squeezenet ! identity error-after=20 ! fakesink");
    run_play(run);
    CHECK(!run_until_end(run, 20), "the error below wasn't told");
    run_free(run);
}

/* The last buffers are at the devices when downstream fails: upstream is through, and wouldn't hear of it. */
static void error_after_end(void) {
    Run *run = run_new("videotestsrc num-buffers=8 ! coexec name=c builtin=squeezenet window=16 ! "
                       "identity error-after=8 ! fakesink sync=false");
    run_play(run);
    CHECK(!run_until_end(run, 20), "the error below wasn't told");
    run_free(run);
}

static void end_below(void) {
    Run *run = run_new(ENDLESS "coexec name=c builtin=squeezenet ! identity eos-after=20 ! fakesink");
    run_play(run);
    CHECK(run_until_end(run, 20), "%s", run->error);
    run_free(run);
}

static void no_model(void) {
    static const char *const settings[] = {"", "builtin=no-such-network", "model=/no/such/file.onnx",
                                           "builtin=squeezenet model=/no/such/file.onnx",
                                           "builtin=squeezenet devices=none"};
    for (size_t index = 0; index < G_N_ELEMENTS(settings); index++) {
        Run *run = run_new("videotestsrc ! coexec name=c %s ! fakesink", settings[index]);
        CHECK(gst_element_set_state(run->pipeline, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE, "'%s' plays",
              settings[index]);
        CHECK(!run_until_end(run, 5), "no error for '%s'", settings[index]);
        printf("%s: %s\n", settings[index], run->error);
        run_free(run);
    }
}

const Case flush_cases[] = {{"seeks", seeks}, {"stops", stops}, {"cycles", cycles}, {"settings", settings},
                            {"error-below", error_below}, {"error-after-end", error_after_end},
                            {"end-below", end_below}, {"no-model", no_model}, {NULL, NULL}};
