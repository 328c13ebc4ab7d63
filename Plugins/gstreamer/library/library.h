/* libcoexec.so.1 as the element sees it: loaded when the first element opens, never unloaded; and its pools, which
 * elements share by name. Any thread. */
#ifndef GST_COEXEC_LIBRARY_H
#define GST_COEXEC_LIBRARY_H

#include <coexec.h>
#include <gst/gst.h>

/* The functions that the element calls. */
#define COEXEC_FUNCTIONS(F) \
    F(version) F(pool_open) F(pool_close) F(stream_open) F(close) F(model) F(submit) F(receive) F(result_clear) \
    F(interrupt) F(flush) F(configure) F(report) F(report_device) F(refusal)

typedef struct {
#define COEXEC_POINTER(name) __typeof__(coexec_##name) *name;
    COEXEC_FUNCTIONS(COEXEC_POINTER)
#undef COEXEC_POINTER
} CoExecLibrary;

/* $COEXEC_LIBRARY, else libcoexec.so.1 where the system looks for libraries. NULL, and why in *message, where there is
 * none that fits; tried anew with each call. */
const CoExecLibrary *coexec_library(char **message);

/* A pool that all elements with the same name for it use. */
typedef struct SharedPool SharedPool;

/* Told of what is being measured while `element` opens a stream. */
typedef void (*OpeningProgress)(GstElement *element, const char *line);

/* Opens the pool where nobody has it, with `devices` and flags of coexec_pool_options. NULL, and why in *message, where
 * that fails. Waits while another element opens a stream on it: a pool measures for one at a time. */
SharedPool *shared_pool_take(const CoExecLibrary *library, const char *name, const char *devices, uint32_t flags,
                             GstElement *element, OpeningProgress progress, char **message);
/* The element has opened its stream: others may. */
void shared_pool_opened(SharedPool *pool);
/* Closes the pool with its last user, whose stream must be closed. */
void shared_pool_give_back(SharedPool *pool, const CoExecLibrary *library);

coexec_pool *shared_pool_handle(const SharedPool *pool);
/* The devices that it was opened with; NULL: all. */
const char *shared_pool_devices(const SharedPool *pool);

#endif
