/* CoExec from C: a stream of pictures through a neural network on all units of this machine, results in order.
 *
 * A pool has the devices' lanes (threads bound to cores); a stream sends pictures through one model on a pool and gives
 * results back in the order of submission: classes, boxes, a map of classes, keypoints, or the outputs as they are.
 *
 *   coexec_stream *stream;
 *   coexec_stream_options options = { .struct_size = sizeof options, .model = "mobilenet_v1.tflite" };
 *   if (coexec_stream_open(NULL, &options, &stream, message, sizeof message) != COEXEC_OK) …
 *   coexec_submit(stream, &picture, -1);                      // one thread
 *   while (coexec_receive(stream, &result, -1) == COEXEC_OK) { …; coexec_result_clear(&result); }   // another
 *   coexec_close(stream);
 *
 * Threads    Every function may be called from any thread at any time, but for coexec_close and coexec_pool_close, which
 *            must be the last calls with their object. Several threads may submit to one stream (the order is that in
 *            which calls succeed) and receive from one (each result goes to one).
 * Callbacks  `release` comes on any thread: the library's, or inside a call of yours on this stream or on another one of
 *            its pool. `progress` and `is_interrupted` come while an open call runs. All must return soon, call nothing of
 *            the library, and take no lock that is held around calls of it.
 * Errors     Functions return a coexec_status. Nothing that a caller passes, and no model file, ends the process: a NULL
 *            where none may be is COEXEC_INVALID. (Pointers to anything else than what they say do end it.)
 *            Where there is a buffer for a message, it gets one line of UTF-8, cut to fit, always terminated; what other
 *            calls were refused for is coexec_refusal's to say.
 * Units      Times are nanoseconds of CLOCK_MONOTONIC. A timeout is a duration: 0 polls, negative waits for ever.
 * Structs    `struct_size` is set by the caller to sizeof the struct. Fields are only ever added at the end; a library
 *            reads and writes no more than struct_size, and takes what isn't there for zero. Zero is every default.
 * Process    Threads of the library block all signals. It must not be unloaded: dlclose keeps it. After fork, only
 *            exec may follow in the child. Where OpenCL is used for the first time, PoCL's number of workers is set in
 *            the environment: call coexec_pool_open before other threads use getenv, or set POCL_MAX_PTHREAD_COUNT.
 */
#ifndef COEXEC_H
#define COEXEC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__swift__)
#define COEXEC_NULLABLE _Nullable
#define COEXEC_NONNULL _Nonnull
#else
#define COEXEC_NULLABLE
#define COEXEC_NONNULL
#endif

/* major << 16 | minor. A change of major changes the soname. */
#define COEXEC_API_VERSION 0x00010000u

typedef struct coexec_pool coexec_pool;
typedef struct coexec_stream coexec_stream;

/* Fixed width in every struct and signature: enums have no fixed size in C. */
typedef int32_t coexec_status;
enum {
    COEXEC_OK = 0,
    COEXEC_TIMEOUT = 1,     /* nothing happened within the timeout; try again */
    COEXEC_END = 2,         /* receive: finished, and everything was received; submit: after coexec_finish */
    COEXEC_INTERRUPTED = 3, /* coexec_interrupt is on */
    COEXEC_DROPPED = 4,     /* of a result: not run, see coexec_result.drop */
    COEXEC_ERROR = 5,       /* of a result: no device could run it; of open: see the message */
    COEXEC_INVALID = 6,     /* an argument that can't be */
    COEXEC_UNAVAILABLE = 7  /* the system has no memory or thread to give */
};

typedef int32_t coexec_format;
enum {
    COEXEC_RGB = 0,  /* one plane, 3 bytes a pixel */
    COEXEC_BGR = 1,
    COEXEC_RGBX = 2, /* one plane, 4 bytes a pixel, the fourth is ignored */
    COEXEC_BGRX = 3,
    COEXEC_GRAY8 = 4,
    COEXEC_NV12 = 5, /* Y; U and V in turn, half width and height, rounded up */
    COEXEC_NV21 = 6,
    COEXEC_I420 = 7, /* Y; U; V */
    COEXEC_YUY2 = 8, /* one plane, Y0 U Y1 V */
    COEXEC_UYVY = 9, /* one plane, U Y0 V Y1 */
    COEXEC_I422 = 10, /* Y; U; V; chroma of half the width */
    COEXEC_I444 = 11,
    COEXEC_P010 = 12, /* as NV12, little-endian samples of 16 bits, of which the upper 10 count */
    COEXEC_I010 = 13, /* as I420, little-endian samples of 16 bits, of which the lower 10 count */
    COEXEC_GRAY16 = 14 /* little-endian */
};

typedef int32_t coexec_matrix;
enum {
    COEXEC_MATRIX_AUTO = 0, /* BT.709 from 1280 wide or 577 high, else BT.601 */
    COEXEC_BT601 = 1,
    COEXEC_BT709 = 2,
    COEXEC_BT2020 = 3
};
typedef int32_t coexec_range;
enum { COEXEC_RANGE_AUTO = 0 /* limited for YUV */, COEXEC_LIMITED = 1, COEXEC_FULL = 2 };

typedef int32_t coexec_admission;
enum {
    COEXEC_WAIT = 0,        /* submit waits for room: files */
    COEXEC_DROP_OLDEST = 1, /* the oldest picture that no lane has taken makes room: cameras */
    COEXEC_DROP_NEWEST = 2  /* the new picture is dropped */
};

typedef int32_t coexec_drop;
enum {
    COEXEC_NOT_DROPPED = 0,
    COEXEC_OVERFLOW = 1, /* no room */
    COEXEC_LATE = 2      /* past its deadline */
};

/* ---- Version ------------------------------------------------------------------------------------------------- */

/* COEXEC_API_VERSION of the library; a caller wants the same major, and at least its own minor. */
uint32_t coexec_version(void);

/* Why the calling thread's latest call that returned COEXEC_INVALID, COEXEC_UNAVAILABLE or COEXEC_ERROR did: one line of
 * UTF-8, as those with a message write it. Empty before the first; the next such call of the thread writes over it. */
const char *COEXEC_NONNULL coexec_refusal(void);

/* ---- Pools --------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t struct_size;
    uint32_t flags;                            /* COEXEC_… below */
    const char *COEXEC_NULLABLE devices;       /* "big,LITTLE,gpu"; NULL: all that share no core */
    const char *COEXEC_NULLABLE host_cpus;     /* for GPUs' host threads, "0-1"; NULL: chosen */
    const char *COEXEC_NULLABLE cache_folder;  /* NULL: $XDG_CACHE_HOME/coexec */
    /* A line about what is being measured; only while an open call runs, on its thread or the library's. */
    void (*COEXEC_NULLABLE progress)(void *COEXEC_NULLABLE user, const char *COEXEC_NONNULL line);
    /* Asked a few times a second meanwhile; not 0 gives up: the open call returns COEXEC_INTERRUPTED. */
    int32_t (*COEXEC_NULLABLE is_interrupted)(void *COEXEC_NULLABLE user);
    void *COEXEC_NULLABLE user;
} coexec_pool_options;
#define COEXEC_NO_TUNING 1u          /* measure nothing, read and write no file */
#define COEXEC_TUNE_WHILE_RUNNING 2u /* first result soon: open measures nothing, better ways come between pictures */

/* Finds the devices. Milliseconds, or a second where OpenCL is started. *pool is NULL unless COEXEC_OK.
 * options NULL: all defaults. message NULL where none is wanted. */
coexec_status coexec_pool_open(const coexec_pool_options *COEXEC_NULLABLE options,
                               coexec_pool *COEXEC_NULLABLE *COEXEC_NULLABLE pool,
                               char *COEXEC_NULLABLE message, size_t message_size);

/* Only when all its streams are closed (else COEXEC_INVALID, and nothing happens). NULL is fine. */
coexec_status coexec_pool_close(coexec_pool *COEXEC_NULLABLE pool);

/* ---- Streams ------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t struct_size;
    coexec_admission admission;
    const char *COEXEC_NULLABLE model;   /* path of an ONNX or TFLite file… */
    const char *COEXEC_NULLABLE builtin; /* …or name of a built-in network; one of the two */
    const char *COEXEC_NULLABLE labels;  /* path, one name a line; NULL: those packed with the model, or usual */
    const char *COEXEC_NULLABLE precision; /* "fp32", "big=int8,gpu=fp16"; NULL: as the model */
    const char *COEXEC_NULLABLE devices; /* some of the pool's, by name; NULL: all */
    const char *COEXEC_NULLABLE name;    /* in messages and traces */
    int32_t window;          /* most pictures submitted and not received; 0: two a lane, plus two */
    int32_t priority;        /* higher goes first where a lane has a choice; 0 is usual, −100…100 */
    int32_t weight;          /* share of lane time among streams of one priority; 0 counts as 1 */
    int32_t max_lanes;       /* most lanes that it keeps busy at once; 0: all */
    int64_t deadline;        /* a picture that can't be done this long after submit is dropped, not started; 0: none */

    /* What pictures become for the network, as `stream-demo run` takes it; NULL: as the model's file says, else as its
     * format's usual models want it. coexec_model tells what was taken. */
    const char *COEXEC_NULLABLE size;     /* "640x480": of a model that leaves it open, or is the same there */
    const char *COEXEC_NULLABLE channels; /* "rgb", "bgr", "grey" */
    const char *COEXEC_NULLABLE mean;     /* "123.675,116.28,103.53", of bytes */
    const char *COEXEC_NULLABLE scale;    /* "58.4,57.1,57.4": value = (byte - mean) / scale */
    const char *COEXEC_NULLABLE preset;   /* "imagenet", "zero-one", "minus-one-one", "bytes", "caffe" */
    const char *COEXEC_NULLABLE fit;      /* "stretch", "crop", "letterbox", "letterbox:114" */
    const char *COEXEC_NULLABLE resample; /* "area", "bilinear" */

    /* What results are made of the outputs. */
    const char *COEXEC_NULLABLE task;     /* "auto", "classify", "detect", "segment", "keypoints", "tensors" */
    const char *COEXEC_NULLABLE head;     /* path of a JSON file that says what the outputs are (docs/results.md) */
    float threshold;                      /* least probability of boxes and keypoints; 0: the makers' */
    int32_t top;                          /* most classes of a picture; 0: 5 */
} coexec_stream_options;

/* Reads the model, compiles it for each device, measures it once. May take ten seconds the first time, one later.
 * pool NULL: one of its own with default options, closed with the stream. The strings may go when it returns. */
coexec_status coexec_stream_open(coexec_pool *COEXEC_NULLABLE pool,
                                 const coexec_stream_options *COEXEC_NULLABLE options,
                                 coexec_stream *COEXEC_NULLABLE *COEXEC_NULLABLE stream,
                                 char *COEXEC_NULLABLE message, size_t message_size);

/* Drops what is in flight, waits for lanes that are at its pictures (not for one that hangs), frees all. Results that
 * were not cleared stay valid. NULL is fine. */
void coexec_close(coexec_stream *COEXEC_NULLABLE stream);

/* ---- In ------------------------------------------------------------------------------------------------------ */

typedef struct {
    uint32_t struct_size;
    coexec_format format;
    int32_t width, height; /* 1…16384; may change from one picture to the next */
    const uint8_t *COEXEC_NULLABLE planes[4];
    int32_t strides[4];    /* bytes from row to row, at least a row's; negative where the top row comes last in memory,
                            * which planes points to in any case */
    coexec_matrix matrix;  /* of YUV */
    coexec_range range;
    int32_t crop_x, crop_y, crop_width, crop_height; /* the part to look at; all 0: the whole picture */
    int64_t pts;           /* given back untouched */
    void *COEXEC_NULLABLE user; /* given back untouched, also of pictures that were dropped */
    /* NULL: the pixels are copied before submit returns. Else they must stay as they are until it is called, once for
     * each picture whose submit returned COEXEC_OK, and before its result is received. Only where a lane hangs with the
     * picture, or was slower with it than another device, it comes later. Never called for a picture whose submit
     * returned anything else: that stays the caller's. */
    void (*COEXEC_NULLABLE release)(void *COEXEC_NULLABLE user);
} coexec_picture;

/* Hands a picture in. With COEXEC_WAIT it waits for room, timeout at most: a thread that submits and never receives waits
 * for ever once the window is full. With the others it never waits.
 * OK (also where the picture is dropped: its place in the stream says so), TIMEOUT, INTERRUPTED, END, INVALID,
 * UNAVAILABLE. */
coexec_status coexec_submit(coexec_stream *COEXEC_NULLABLE stream, const coexec_picture *COEXEC_NULLABLE picture,
                            int64_t timeout);

/* No picture follows: receive returns COEXEC_END after the last. Harmless twice. */
coexec_status coexec_finish(coexec_stream *COEXEC_NULLABLE stream);

/* ---- Out ----------------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t rank;
    const int64_t *COEXEC_NULLABLE extents;
    const float *COEXEC_NULLABLE values; /* row-major */
    size_t count;
    const char *COEXEC_NULLABLE name;
} coexec_tensor;

typedef int32_t coexec_kind;
enum {
    COEXEC_TENSORS = 0,   /* nothing is made of the outputs */
    COEXEC_CLASSES = 1,   /* of the whole picture */
    COEXEC_BOXES = 2,
    COEXEC_SEGMENTS = 3,  /* a class for each pixel */
    COEXEC_KEYPOINTS = 4
};

typedef struct {
    int32_t index;
    float score;                         /* a probability where the result says so */
    const char *COEXEC_NULLABLE label;   /* lives as long as the stream */
} coexec_class;

typedef struct {
    float x, y;   /* pixels of the picture that was handed in (of its crop), from the top left; may be outside */
    float score;  /* from 0 to 1; negative where the network doesn't say */
} coexec_point;

typedef struct {
    float x, y, width, height; /* pixels, as those of points, but never outside */
    float score;               /* from 0 to 1 */
    int32_t index;             /* of its class */
    const char *COEXEC_NULLABLE label; /* lives as long as the stream */
    const coexec_point *COEXEC_NULLABLE points;
    size_t point_count;
} coexec_box;

typedef struct {
    int32_t width, height;                   /* of the map */
    const uint8_t *COEXEC_NULLABLE classes;  /* row by row, 255 for those beyond */
    int32_t x, y, area_width, area_height;   /* the part of the picture that the map shows, pixels */
} coexec_map;

typedef struct {
    uint32_t struct_size;
    coexec_status status;   /* OK, DROPPED or ERROR */
    int64_t sequence;       /* place in the stream, from 0, no gaps; goes on after a flush */
    int64_t pts;
    void *COEXEC_NULLABLE user;
    coexec_drop drop;
    int32_t device_index;   /* −1 where no device ran it */
    const char *COEXEC_NULLABLE device; /* lives as long as the stream */
    int64_t service;        /* on the lane */
    int64_t latency;        /* from submit until it could be received */
    const coexec_tensor *COEXEC_NULLABLE outputs; /* valid until coexec_result_clear */
    size_t output_count;
    const char *COEXEC_NULLABLE error;  /* valid until coexec_result_clear */
    void *COEXEC_NULLABLE owner;        /* the library's */

    /* What the outputs mean. All are valid until coexec_result_clear. */
    coexec_kind kind;
    int32_t are_probabilities;               /* of classes: whether scores are from 0 to 1 and add up to 1 at most */
    const coexec_class *COEXEC_NULLABLE classes; /* greatest first; of a map by share, the score */
    size_t class_count;
    const coexec_box *COEXEC_NULLABLE boxes; /* surest first */
    size_t box_count;
    const coexec_point *COEXEC_NULLABLE points;
    size_t point_count;
    coexec_map map;
} coexec_result;

/* The next result in order. OK: clear it. TIMEOUT, END, INTERRUPTED: there is nothing to clear. */
coexec_status coexec_receive(coexec_stream *COEXEC_NULLABLE stream, coexec_result *COEXEC_NULLABLE result,
                             int64_t timeout);
void coexec_result_clear(coexec_result *COEXEC_NULLABLE result);

/* A descriptor that polls as readable while coexec_receive(…, 0) would return something else than TIMEOUT. It is the
 * stream's own: don't read, don't close. For poll, epoll and main loops. −1 where the system has none to give. */
int32_t coexec_descriptor(coexec_stream *COEXEC_NULLABLE stream);

/* The k greatest values of an output, greatest first, lower index first where equal; NaN is none.
 * Returns how many were written; 0 for a result without outputs. */
int32_t coexec_top(const coexec_result *COEXEC_NULLABLE result, int32_t output, int32_t k,
                   coexec_class *COEXEC_NULLABLE classes);

/* ---- Control ------------------------------------------------------------------------------------------------- */

/* on ≠ 0: calls that wait return COEXEC_INTERRUPTED at once, also later ones, until it is switched off. */
void coexec_interrupt(coexec_stream *COEXEC_NULLABLE stream, int32_t on);

/* Forgets all that was submitted and not received: what no lane has taken is released before it returns, what lanes are
 * at is released when they are done; no result of either is delivered. Takes no device time; lanes stay open. The
 * stream goes on, also after coexec_finish. Returns how many were forgotten. */
int64_t coexec_flush(coexec_stream *COEXEC_NULLABLE stream);

/* A running stream's priority, weight, deadline, window, max_lanes and admission become those of options, also where they
 * are zero; the rest is ignored. */
coexec_status coexec_configure(coexec_stream *COEXEC_NULLABLE stream,
                               const coexec_stream_options *COEXEC_NULLABLE options);

/* ---- What happened ------------------------------------------------------------------------------------------- */

typedef struct {
    uint32_t struct_size;
    int32_t device_count;
    int64_t submitted, received, dropped, failed, in_flight;
    int64_t latency_p50, latency_p99; /* of the last 1,000 that succeeded */
    int64_t expected_latency;         /* of a picture submitted now: as the latest had, p99 */
    double rate;                      /* frames/s over the last second */
} coexec_stream_report;
typedef struct {
    uint32_t struct_size;
    int32_t lanes;
    const char *COEXEC_NULLABLE name;        /* lives as long as the stream */
    const char *COEXEC_NULLABLE description; /* "CPU 0-3", "OpenCL: …"; says "emulated" where it is */
    int64_t frames, failures, service_p50;
    double busy; /* share of the lanes' time since an earlier report, at least a second ago, of all streams; first 0 */
    int32_t is_set_aside, is_emulated;
} coexec_device_report;
coexec_status coexec_report(coexec_stream *COEXEC_NULLABLE stream, coexec_stream_report *COEXEC_NULLABLE report);
coexec_status coexec_report_device(coexec_stream *COEXEC_NULLABLE stream, int32_t device,
                                   coexec_device_report *COEXEC_NULLABLE report);

/* All devices and streams of a pool as one text: COEXEC_JSON, or COEXEC_PROMETHEUS for its text format, version 0.0.4.
 * Writes as much as fits, terminated; returns the whole length without the terminator, 0 where format is neither. */
typedef int32_t coexec_text_format;
enum { COEXEC_JSON = 0, COEXEC_PROMETHEUS = 1 };
size_t coexec_pool_report(coexec_pool *COEXEC_NULLABLE pool, coexec_text_format format, char *COEXEC_NULLABLE text,
                          size_t text_size);

typedef struct {
    uint32_t struct_size;
    int32_t width, height;                    /* of the picture that the network sees */
    int32_t outputs;
    int32_t classes;                          /* how many the model tells apart; 0 where that isn't known */
    coexec_kind kind;                         /* of results */
    const char *COEXEC_NULLABLE name;         /* these live as long as the stream */
    const char *COEXEC_NULLABLE pictures;     /* what pictures become, and by whose word */
    const char *COEXEC_NULLABLE results;      /* what was recognised in the outputs, and by what */
} coexec_model_info;
coexec_status coexec_model(coexec_stream *COEXEC_NULLABLE stream, coexec_model_info *COEXEC_NULLABLE info);

#ifdef __cplusplus
}
#endif
#endif
