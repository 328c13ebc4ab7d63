/* The stand-in's objects. A stream's fields are under its lock once it is open, but for those that never change. */
#ifndef COEXEC_FAKE_H
#define COEXEC_FAKE_H

#include <coexec.h>
#include <pthread.h>

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

void *run_lane(void *stream);
/* With the lock. */
int in_flight(const coexec_stream *stream);

#endif
