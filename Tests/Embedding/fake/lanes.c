/* Pictures in, lanes, results out. A slot is in the stream's list from submit until it is received or forgotten;
 * whoever releases its picture has marked it RUNNING, so that nobody else does and it can't be received before. */
#define _GNU_SOURCE
#include "fake.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

int in_flight(const coexec_stream *stream) {
    int count = 0;
    for (Slot *slot = stream->head; slot != NULL; slot = slot->next)
        count += slot->state != DONE || slot->result.status != COEXEC_DROPPED;
    return count;
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
    static const coexec_box boxes[] = {{10, 10, 40, 30, 0.9f, 0, "face", points, 2},
                                       {60, 20, 20, 20, 0.7f, 0, "face", NULL, 0}};
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

void *run_lane(void *argument) {
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

/* ---- In and out ---- */

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
    if (stream->is_finished) status = COEXEC_END;
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

