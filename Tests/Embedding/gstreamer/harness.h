/* What the element's tests have in common: a pipeline from text, with what leaves the element named `c` counted and
 * checked. A failed check says so and ends the program with 1; a case that can't run here ends it with 77. */
#ifndef COEXEC_HARNESS_H
#define COEXEC_HARNESS_H

#include <gst/gst.h>
#include <gst/video/video.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition, ...)                                        \
    do {                                                             \
        if (!(condition)) {                                          \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                            \
            fputc('\n', stderr);                                     \
            exit(1);                                                 \
        }                                                            \
    } while (0)

typedef struct {
    GstElement *pipeline, *element;
    GstBus *bus;
    /* Of what left the element; under the lock. */
    GMutex lock;
    int buffers, with_result, regions, disordered, unlike_caps;
    GstClockTime last_pts;
    int width, height; /* of the caps in force */
    /* Of the bus, as far as it was read. */
    int results, disordered_results, skipped, warnings;
    gint64 last_sequence;
    char *error;
} Run;

/* A pipeline in NULL, whose element under test is called `c`. printf's arguments. */
Run *run_new(const char *format, ...) G_GNUC_PRINTF(1, 2);
/* To PLAYING, or PAUSED; skips the case where the model isn't there and that was foreseen. */
void run_play(Run *run);
void run_play_or_skip(Run *run, const char *reason);
/* Reads the bus until the end of the stream, an error (then FALSE) or the time is over (then the program ends). */
gboolean run_until_end(Run *run, double seconds);
/* The element's report's field. */
guint64 run_count(Run *run, const char *field);
void run_free(Run *run); /* to NULL, within a second */

_Noreturn void skip(const char *reason);
/* The library is Tests/Embedding/fake, whose devices take as long as they are told. */
gboolean is_fake(void);
/* A detector's file, or the case is skipped. */
const char *detector(void);
double seconds_now(void);

typedef struct {
    const char *name;
    void (*run)(void);
} Case;
extern const Case flow_cases[], flush_cases[], live_cases[], result_cases[], analytics_cases[]; /* end with a name of NULL */

#endif
