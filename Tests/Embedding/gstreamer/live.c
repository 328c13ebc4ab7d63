/* Where there is more to look at than there is time: live sources, sinks that lag, deadlines, latency. */
#include "harness.h"

#define SIZE "video/x-raw,format=NV12,width=640,height=360,framerate=60/1"

/* All buffers pass in real time, whatever the devices can do: 2 s of 60 frames/s. */
static void leaky(void) {
    static const char *const kinds[] = {"auto", "oldest", "newest"};
    for (size_t index = 0; index < G_N_ELEMENTS(kinds); index++) {
        Run *run = run_new("videotestsrc is-live=true num-buffers=120 ! " SIZE " ! "
                           "coexec name=c builtin=resnet50 window=4 leaky=%s ! fakesink sync=false", kinds[index]);
        run_play(run);
        double start = seconds_now();
        CHECK(run_until_end(run, 20), "%s", run->error);
        double took = seconds_now() - start;
        guint64 dropped = run_count(run, "dropped");
        printf("%s: %d buffers in %.2f s, %d looked at, %d dropped\n", kinds[index], run->buffers, took,
               run->with_result, (int)dropped);
        CHECK(run->buffers == 120, "%d of 120 passed", run->buffers);
        CHECK(took < 4, "they took %.2f s instead of 2", took);
        CHECK(run->with_result + (int)dropped == 120, "%d looked at, %d dropped", run->with_result, (int)dropped);
        CHECK(run->skipped == (int)dropped, "%d messages", run->skipped);
        CHECK(!is_fake() || (dropped > 20 && run->with_result > 20), "%d dropped", (int)dropped);
        run_free(run);
    }
}

/* The sink shows everything 200 ms later: frames wait in the element, but none need be left out. */
static void late_sink(void) {
    Run *run = run_new("videotestsrc is-live=true num-buffers=60 ! video/x-raw,format=NV12,width=320,height=240,"
                       "framerate=30/1 ! coexec name=c builtin=squeezenet window=4 ! "
                       "fakesink sync=true ts-offset=%d", 200 * 1000 * 1000);
    run_play(run);
    CHECK(run_until_end(run, 20), "%s", run->error);
    printf("%d of 60 looked at\n", run->with_result);
    CHECK(run->buffers == 60, "%d of 60 passed", run->buffers);
    CHECK(run->with_result >= (is_fake() ? 60 : 30), "%d of 60 looked at", run->with_result);
    run_free(run);
}

static void leaky_drop(void) {
    Run *run = run_new("videotestsrc is-live=true num-buffers=60 ! " SIZE " ! coexec name=c builtin=resnet50 window=4 "
                       "unclassified=drop ! fakesink sync=false");
    run_play(run);
    CHECK(run_until_end(run, 20), "%s", run->error);
    CHECK(run->buffers == run->with_result, "%d passed without a result", run->buffers - run->with_result);
    CHECK(run->buffers == (int)run_count(run, "classified"), "otherwise in the report");
    run_free(run);
}

/* Not live, but shown in time: what comes too late isn't looked at, and the sink catches up. */
static void quality_of_service(void) {
    Run *run = run_new("videotestsrc num-buffers=120 ! " SIZE " ! coexec name=c builtin=resnet50 ! "
                       "fakesink sync=true qos=true");
    run_play(run);
    double start = seconds_now();
    CHECK(run_until_end(run, 25), "%s", run->error);
    double took = seconds_now() - start;
    printf("%d looked at, %d skipped in %.2f s\n", run->with_result, (int)run_count(run, "skipped"), took);
    CHECK(run->buffers == 120, "%d of 120", run->buffers);
    CHECK(took < 5, "2 s of video took %.2f", took);
    CHECK(run->skipped == (int)run_count(run, "skipped"), "%d messages", run->skipped);
    CHECK(!is_fake() || run_count(run, "skipped") > 10, "few were skipped");
    run_free(run);
}

static void deadline(void) {
    Run *run = run_new("videotestsrc num-buffers=60 ! " SIZE " ! "
                       "coexec name=c builtin=resnet50 window=32 deadline=%d ! fakesink sync=false", 200 * 1000 * 1000);
    run_play(run);
    CHECK(run_until_end(run, 25), "%s", run->error);
    CHECK(run->with_result + (int)run_count(run, "late") == 60, "%d and %d late", run->with_result,
          (int)run_count(run, "late"));
    CHECK(run_count(run, "late") > 0 || !is_fake(), "none was late");
    run_free(run);
}

static void latency(void) {
    Run *run = run_new("videotestsrc is-live=true num-buffers=60 ! " SIZE " ! coexec name=c builtin=squeezenet ! "
                       "fakesink sync=true");
    run_play(run);
    g_usleep(300000);
    GstQuery *query = gst_query_new_latency();
    gboolean is_live = FALSE;
    GstClockTime least = 0, most = 0;
    CHECK(gst_element_query(run->pipeline, query), "no answer");
    gst_query_parse_latency(query, &is_live, &least, &most);
    printf("latency %.1f ms\n", (double)least / GST_MSECOND);
    CHECK(is_live && least > 0 && most > least, "live %d, %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, is_live, least,
          most);
    gst_query_unref(query);
    CHECK(run_until_end(run, 20), "%s", run->error);
    run_free(run);
}

const Case live_cases[] = {{"leaky", leaky}, {"late-sink", late_sink}, {"leaky-drop", leaky_drop}, {"qos", quality_of_service},
                           {"deadline", deadline}, {"latency", latency}, {NULL, NULL}};
