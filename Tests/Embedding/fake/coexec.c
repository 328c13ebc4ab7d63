/* A stand-in for libcoexec.so.1 that needs no model and no device, for quick tests of what stands on the C interface:
 * two lanes a stream that read a picture's first row, sleep, and make up a result. Order, window, admission, flush,
 * interrupt, deadlines and the release of pictures are as coexec.h says.
 *
 *   gcc -shared -fPIC -I Sources/CCoExec/include Tests/Embedding/fake/coexec.c -o libcoexec.so.1 -lpthread
 *
 * builtin "squeezenet" classifies, "resnet50" in 20 times the time, "faulty" fails with each third picture, "lost" has no device left after 20;
 * any model file that can be read finds two faces. $COEXEC_FAKE_SERVICE_MS is a picture's time on a lane (3). */
#define _GNU_SOURCE
#include <coexec.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LANES = 2 };
typedef enum { WAITING, RUNNING, DONE } State;

typedef struct Slot {
    struct Slot *next;
    State state;
    int is_forgotten; /* by a flush while a lane was at it: the lane frees it */
    coexec_picture picture;
    coexec_result result;
    int64_t submitted_at;
} Slot;

struct coexec_pool {
    coexec_pool_options options;
    int streams;
};

struct coexec_stream {
    coexec_pool *pool;
    int owns_pool, is_detector, is_faulty, is_lost, is_interrupted, is_finished, is_closing, window, top;
    coexec_admission admission;
    int64_t deadline, service, sequence, submitted, received, dropped, failed;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    Slot *head, **tail; /* in order; those with lanes too */
    pthread_t lanes[LANES];
};

static pthread_mutex_t pools_lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

/* 0 where the time is over. */
static int wait_until(coexec_stream *stream, int64_t end) {
    if (end < 0) return pthread_cond_wait(&stream->changed, &stream->lock) == 0;
    struct timespec time = {end / 1000000000, end % 1000000000};
    return pthread_cond_clockwait(&stream->changed, &stream->lock, CLOCK_MONOTONIC, &time) == 0;
}

static void release(const coexec_picture *picture) {
    if (picture->release != NULL) picture->release(picture->user);
}

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

/* ---- Lanes ---- */

static Slot *oldest_waiting(coexec_stream *stream) {
    Slot *slot = stream->head;
    while (slot != NULL && slot->state != WAITING) slot = slot->next;
    return slot;
}

static void drop(coexec_stream *stream, Slot *slot, coexec_drop reason) {
    slot->state = DONE;
    slot->result.status = COEXEC_DROPPED;
    slot->result.drop = reason;
    slot->result.device_index = -1;
    stream->dropped++;
}

/* Reads what was lent, so that a checker sees whether it is still there. */
static void compute(coexec_stream *stream, Slot *slot) {
    static const coexec_point points[] = {{20, 20, 0.5f}, {30, 20, 0.5f}};
    static const coexec_box boxes[] = {{10, 10, 40, 30, 0.9f, 0, "face", points, 2}, {60, 20, 20, 20, 0.7f, 0, "face", NULL, 0}};
    const coexec_picture *picture = &slot->picture;
    coexec_result *result = &slot->result;
    uint32_t sum = 0;
    for (int32_t x = 0; x < picture->width; x++) sum = sum * 31 + picture->planes[0][x];
    if (stream->is_faulty && result->sequence % 3 == 2) {
        result->status = COEXEC_ERROR;
        result->error = "the lane was made to fail";
        return;
    }
    if (stream->is_detector) {
        result->kind = COEXEC_BOXES;
        result->boxes = boxes;
        result->box_count = 2;
        return;
    }
    coexec_class *classes = calloc((size_t)stream->top, sizeof *classes);
    for (int rank = 0; rank < stream->top; rank++)
        classes[rank] = (coexec_class){(int32_t)((sum + (uint32_t)rank) % 1000), 0.5f / (float)(rank + 1), "thing"};
    result->kind = COEXEC_CLASSES;
    result->are_probabilities = 1;
    result->owner = classes;
    result->classes = classes;
    result->class_count = (size_t)stream->top;
}

static void *run_lane(void *argument) {
    coexec_stream *stream = argument;
    pthread_mutex_lock(&stream->lock);
    while (!stream->is_closing) {
        Slot *slot = oldest_waiting(stream);
        if (slot == NULL) {
            pthread_cond_wait(&stream->changed, &stream->lock);
            continue;
        }
        if (stream->deadline > 0 && now() + stream->service > slot->submitted_at + stream->deadline) {
            slot->state = RUNNING;
            pthread_mutex_unlock(&stream->lock);
            release(&slot->picture);
            pthread_mutex_lock(&stream->lock);
            drop(stream, slot, COEXEC_LATE);
        } else {
            slot->state = RUNNING;
            pthread_mutex_unlock(&stream->lock);
            usleep((useconds_t)(stream->service / 1000));
            slot->result.device_index = 0;
            slot->result.device = "fake";
            slot->result.service = stream->service;
            compute(stream, slot);
            release(&slot->picture);
            pthread_mutex_lock(&stream->lock);
            slot->result.latency = now() - slot->submitted_at;
            slot->state = DONE;
        }
        if (slot->is_forgotten) {
            free(slot->result.owner);
            free(slot);
        }
        pthread_cond_broadcast(&stream->changed);
    }
    pthread_mutex_unlock(&stream->lock);
    return NULL;
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

/* ---- In and out ---- */

static int in_flight(const coexec_stream *stream) {
    int count = 0;
    for (Slot *slot = stream->head; slot != NULL; slot = slot->next)
        count += slot->state != DONE || slot->result.status != COEXEC_DROPPED;
    return count;
}

coexec_status coexec_submit(coexec_stream *stream, const coexec_picture *picture, int64_t timeout) {
    if (picture->width < 1 || picture->height < 1 || picture->planes[0] == NULL || picture->release == NULL)
        return COEXEC_INVALID; /* copies aren't made here */
    int64_t start = now();
    Slot *victim = NULL;
    coexec_status status = COEXEC_OK;
    pthread_mutex_lock(&stream->lock);
    while (stream->admission == COEXEC_WAIT && in_flight(stream) >= stream->window && !stream->is_interrupted &&
           status == COEXEC_OK)
        if (!wait_until(stream, timeout < 0 ? -1 : start + timeout)) status = COEXEC_TIMEOUT;
    if (stream->is_interrupted) status = COEXEC_INTERRUPTED;
    if (stream->is_finished) status = COEXEC_INVALID;
    if (stream->is_lost && stream->submitted >= 20) status = COEXEC_UNAVAILABLE;
    if (status != COEXEC_OK) {
        pthread_mutex_unlock(&stream->lock);
        return status;
    }
    Slot *slot = calloc(1, sizeof *slot);
    slot->picture = *picture;
    slot->submitted_at = start;
    slot->result = (coexec_result){.status = COEXEC_OK, .sequence = stream->sequence++, .pts = picture->pts,
                                   .user = picture->user};
    stream->submitted++;
    int is_full = in_flight(stream) >= stream->window;
    *stream->tail = slot;
    stream->tail = &slot->next;
    if (is_full) {
        victim = stream->admission == COEXEC_DROP_OLDEST ? oldest_waiting(stream) : slot;
        victim->state = RUNNING; /* released below, before it can be received */
    }
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    if (victim == NULL) return COEXEC_OK;
    release(&victim->picture);
    pthread_mutex_lock(&stream->lock);
    drop(stream, victim, COEXEC_OVERFLOW);
    if (victim->is_forgotten) free(victim);
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    return COEXEC_OK;
}

coexec_status coexec_finish(coexec_stream *stream) {
    pthread_mutex_lock(&stream->lock);
    stream->is_finished = 1;
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    return COEXEC_OK;
}

coexec_status coexec_receive(coexec_stream *stream, coexec_result *result, int64_t timeout) {
    int64_t start = now();
    coexec_status status = COEXEC_OK;
    pthread_mutex_lock(&stream->lock);
    while (status == COEXEC_OK && !(stream->head != NULL && stream->head->state == DONE)) {
        if (stream->is_interrupted)
            status = COEXEC_INTERRUPTED;
        else if (stream->head == NULL && stream->is_finished)
            status = COEXEC_END;
        else if (!wait_until(stream, timeout < 0 ? -1 : start + timeout))
            status = COEXEC_TIMEOUT;
    }
    if (stream->is_interrupted) status = COEXEC_INTERRUPTED;
    Slot *slot = status == COEXEC_OK ? stream->head : NULL;
    if (slot != NULL) {
        stream->head = slot->next;
        if (stream->head == NULL) stream->tail = &stream->head;
        stream->received++;
        stream->failed += slot->result.status == COEXEC_ERROR;
        pthread_cond_broadcast(&stream->changed);
    }
    pthread_mutex_unlock(&stream->lock);
    if (slot == NULL) return status;
    uint32_t size = result->struct_size;
    memcpy(result, &slot->result, size < sizeof *result ? size : sizeof *result);
    result->struct_size = size;
    free(slot);
    return COEXEC_OK;
}

void coexec_result_clear(coexec_result *result) {
    free(result->owner);
    *result = (coexec_result){.struct_size = result->struct_size};
}

int32_t coexec_descriptor(coexec_stream *stream) {
    (void)stream;
    return -1;
}

int32_t coexec_top(const coexec_result *result, int32_t output, int32_t k, coexec_class *classes) {
    (void)result, (void)output, (void)k, (void)classes;
    return 0;
}

int64_t coexec_flush(coexec_stream *stream) {
    pthread_mutex_lock(&stream->lock);
    Slot *slots = stream->head, *unreleased = NULL;
    int64_t count = 0;
    stream->head = NULL;
    stream->tail = &stream->head;
    stream->is_finished = 0;
    for (Slot *slot = slots, *next; slot != NULL; slot = next, count++) {
        next = slot->next;
        if (slot->state == RUNNING) {
            slot->is_forgotten = 1;
        } else if (slot->state == WAITING) {
            slot->next = unreleased;
            unreleased = slot;
        } else {
            free(slot->result.owner);
            free(slot);
        }
    }
    pthread_cond_broadcast(&stream->changed);
    pthread_mutex_unlock(&stream->lock);
    for (Slot *next; unreleased != NULL; unreleased = next) {
        next = unreleased->next;
        release(&unreleased->picture);
        free(unreleased);
    }
    return count;
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
