/* A stand-in for libcoexec.so.1 that needs no model and no device, for quick tests of what stands on the C interface:
 * two lanes a stream that read a picture's first row, sleep, and make up a result. Order, window, admission, flush,
 * interrupt, deadlines and the release of pictures are as coexec.h says. Scripts/embed/test-element builds it.
 *
 * builtin "squeezenet" classifies, "resnet50" in 20 times the time; "faulty" fails with each third picture, "lost" has
 * no device left after 20. Any model file that can be read finds two faces. $COEXEC_FAKE_SERVICE_MS is a picture's time
 * on a lane (3).
 *
 * Here: pools, streams, reports. lanes.c: what runs. */
#include "fake.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;

static coexec_status fail(char *message, size_t size, const char *text) {
    if (message != NULL && size > 0) snprintf(message, size, "%s", text);
    return COEXEC_ERROR;
}

/* ---- Pools ---- */

uint32_t coexec_version(void) { return COEXEC_API_VERSION; }

coexec_status coexec_pool_open(const coexec_pool_options *options, coexec_pool **pool, char *message, size_t size) {
    *pool = NULL;
    if (options != NULL && options->devices != NULL && strstr(options->devices, "none") != NULL)
        return fail(message, size, "no device is called none");
    *pool = calloc(1, sizeof **pool);
    if (options != NULL) (*pool)->options = *options;
    return COEXEC_OK;
}

coexec_status coexec_pool_close(coexec_pool *pool) {
    if (pool == NULL) return COEXEC_OK;
    pthread_mutex_lock(&pools_lock);
    int is_used = pool->streams > 0;
    pthread_mutex_unlock(&pools_lock);
    if (is_used) return COEXEC_INVALID;
    free(pool);
    return COEXEC_OK;
}

size_t coexec_pool_report(coexec_pool *pool, coexec_text_format format, char *text, size_t size) {
    (void)format;
    return (size_t)snprintf(text, size, "{\"streams\":%d}", pool->streams);
}

/* ---- Streams ---- */

static void set_options(coexec_stream *stream, const coexec_stream_options *options) {
    stream->window = options->window > 0 ? options->window : 2 * LANES + 2;
    stream->admission = options->admission;
    stream->deadline = options->deadline;
}

coexec_status coexec_stream_open(coexec_pool *pool, const coexec_stream_options *options, coexec_stream **result,
                                 char *message, size_t size) {
    *result = NULL;
    const char *builtin = options->builtin;
    if (options->model != NULL && access(options->model, R_OK) != 0)
        return fail(message, size, "the model file can't be read");
    if (builtin != NULL && strstr(" squeezenet resnet50 faulty lost ", builtin) == NULL)
        return fail(message, size, "no built-in network has that name");
    coexec_stream *stream = calloc(1, sizeof *stream);
    const char *service = getenv("COEXEC_FAKE_SERVICE_MS");
    stream->service = (service != NULL ? atoi(service) : 3) * INT64_C(1000000);
    if (builtin != NULL && strcmp(builtin, "resnet50") == 0) stream->service *= 20;
    stream->is_detector = options->model != NULL;
    stream->is_faulty = builtin != NULL && strcmp(builtin, "faulty") == 0;
    stream->is_lost = builtin != NULL && strcmp(builtin, "lost") == 0;
    stream->top = options->top > 0 ? options->top : 5;
    stream->tail = &stream->head;
    set_options(stream, options);
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->changed, NULL);
    stream->owns_pool = pool == NULL;
    if (pool == NULL) coexec_pool_open(NULL, &pool, NULL, 0);
    stream->pool = pool;
    if (pool->options.progress != NULL) pool->options.progress(pool->options.user, "measuring");
    pthread_mutex_lock(&pools_lock);
    pool->streams++;
    pthread_mutex_unlock(&pools_lock);
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int lane = 0; lane < LANES; lane++) pthread_create(&stream->lanes[lane], NULL, run_lane, stream);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *result = stream;
    return COEXEC_OK;
}

void coexec_close(coexec_stream *stream) {
    if (stream == NULL) return;
    coexec_flush(stream);
    pthread_mutex_lock(&stream->lock);
    stream->is_closing = 1;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    for (int lane = 0; lane < LANES; lane++) pthread_join(stream->lanes[lane], NULL);
    pthread_mutex_lock(&pools_lock);
    stream->pool->streams--;
    pthread_mutex_unlock(&pools_lock);
    if (stream->owns_pool) coexec_pool_close(stream->pool);
    pthread_mutex_destroy(&stream->lock);
    pthread_cond_destroy(&stream->changed);
    free(stream);
}

coexec_status coexec_configure(coexec_stream *stream, const coexec_stream_options *options) {
    pthread_mutex_lock(&stream->lock);
    set_options(stream, options);
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    return COEXEC_OK;
}

void coexec_interrupt(coexec_stream *stream, int32_t on) {
    pthread_mutex_lock(&stream->lock);
    stream->is_interrupted = on != 0;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
}

/* ---- What happened ---- */

coexec_status coexec_report(coexec_stream *stream, coexec_stream_report *report) {
    pthread_mutex_lock(&stream->lock);
    int64_t waiting = in_flight(stream);
    *report = (coexec_stream_report){
        .struct_size = report->struct_size, .device_count = 1, .submitted = stream->submitted,
        .received = stream->received, .dropped = stream->dropped, .failed = stream->failed, .in_flight = waiting,
        .latency_p50 = stream->service, .latency_p99 = stream->service,
        .expected_latency = stream->service * (waiting / LANES + 1)};
    pthread_mutex_unlock(&stream->lock);
    return COEXEC_OK;
}

coexec_status coexec_report_device(coexec_stream *stream, int32_t device, coexec_device_report *report) {
    if (device != 0) return COEXEC_INVALID;
    *report = (coexec_device_report){.struct_size = report->struct_size, .lanes = LANES, .name = "fake",
                                     .description = "a stand-in", .frames = stream->received};
    return COEXEC_OK;
}

coexec_status coexec_model(coexec_stream *stream, coexec_model_info *info) {
    *info = (coexec_model_info){
        .struct_size = info->struct_size, .width = 64, .height = 64, .outputs = 1, .classes = 1000,
        .kind = stream->is_detector ? COEXEC_BOXES : COEXEC_CLASSES, .name = "fake", .pictures = "as they are",
        .results = "made up"};
    return COEXEC_OK;
}

const char *coexec_refusal(void) { return "the fake says no"; }
