/* The element `coexec`: its object, and what its files have of each other.
 *
 * Threads    Upstream's streaming thread enters by the sink pad (frames.c, events.c), hands pictures to the library and
 *            queues each buffer, event and serialised query. The source pad's task (task.c) takes the oldest, waits
 *            for its result, and pushes it. Between the two is one FIFO, under `lock`.
 * Locks      `lock`: the FIFO and what goes with it. `receiving`: who takes a result from the library. The object lock:
 *            settings, and that the stream isn't closed while it is asked or configured, which waits for nothing. None
 *            is held while another element or the application is called. The library calls back only to release frames
 *            (frames.c), which takes none. */
#ifndef GST_COEXEC_ELEMENT_H
#define GST_COEXEC_ELEMENT_H

#include <gst/gst.h>
#include <gst/video/video.h>

#include "library/library.h"

G_DECLARE_FINAL_TYPE(GstCoExec, gst_coexec, GST, COEXEC, GstElement)
GST_DEBUG_CATEGORY_EXTERN(gst_coexec_debug);
#define GST_CAT_DEFAULT gst_coexec_debug

typedef enum { LEAKY_AUTO, LEAKY_NO, LEAKY_OLDEST, LEAKY_NEWEST } Leaky;
typedef enum { UNCLASSIFIED_PASS, UNCLASSIFIED_DROP } Unclassified;
typedef enum { TUNING_RUNNING, TUNING_FIRST, TUNING_NONE } Tuning;
typedef enum { META_ROI = 1, META_ANALYTICS = 2 } MetaFlags;

/* The properties, as they were set. */
typedef struct {
    char *model, *builtin, *labels, *devices, *precision, *pool;
    char *size, *channels, *mean, *scale, *preset, *fit, *resample, *task, *head;
    int window, priority, weight, max_lanes, top_k;
    float threshold;
    guint64 deadline;
    Tuning tuning;
    Leaky leaky;
    Unclassified unclassified;
    MetaFlags meta;
    gboolean qos, post_messages;
} Settings;

/* What became of buffers since READY. */
typedef struct {
    guint64 classified, unclassified;                 /* all buffers; of the latter: */
    guint64 overflowed, late, failed, skipped;
} Counts;

typedef enum {
    FATE_SUBMITTED, /* a result will come */
    FATE_GAP,       /* there is nothing in it to look at */
    FATE_SKIPPED,   /* it would come too late for the sink */
    FATE_UNFIT      /* it is corrupted, or no frame */
} Fate;

/* One place in the FIFO. */
typedef struct {
    GstMiniObject *object;   /* a buffer, an event or a query; queries stay their sender's */
    Fate fate;               /* of buffers */
    int width, height;       /* of the buffer's frame */
    int crop_x, crop_y;      /* where the picture that was looked at begins in it */
    GstClockTime running_time, stream_time;
    coexec_result result;    /* of a submitted one; its status is −1 until it is there */
} Item;

struct _GstCoExec {
    GstElement element;
    GstPad *sinkpad, *srcpad;
    Settings settings; /* under the object lock */

    /* From NULL→READY to READY→NULL; constant between. */
    const CoExecLibrary *library;
    SharedPool *shared_pool; /* NULL where the application gave one */
    coexec_stream *stream;
    coexec_model_info model;
    int lanes, device_count;
    gboolean is_stale; /* settings have changed that need another stream; under the object lock */
    coexec_pool *given_pool; /* the application's, by context; under the object lock */

    /* Under `lock`. */
    GMutex lock;
    GCond filled, drained; /* the FIFO got an item; it lost one, or a query was answered */
    GQueue fifo;           /* of Item; the head stays until its result is there, since a flush may take it meanwhile */
    gboolean is_flushing, saw_eos;
    GstFlowReturn flow;    /* of the task's last push */
    GstQuery *asked_query, *answered_query; /* that the task is asking downstream; that it has asked */
    gboolean query_answer;
    int window;            /* resolved: never 0 */
    gboolean is_leaky;     /* resolved */
    Counts counts;
    GstClockTime told_latency; /* the last that downstream asked for */

    GMutex receiving; /* held by who receives a result, until the item has it; `lock` is taken inside */

    /* The sink pad's streaming thread. */
    GstVideoInfo info;
    GstSegment segment;
    gboolean asks_whether_live;

    /* Quality of service: under the object lock. */
    GstClockTime earliest_time;
    double proportion;
    gboolean is_live;

    /* The source pad's task. */
    gint64 warned_at, compared_latency_at; /* µs, monotonic */
    gboolean leaves_discontinuity;         /* buffers before the next were dropped */
};

/* session.c */
gboolean gst_coexec_open(GstCoExec *self);
void gst_coexec_close(GstCoExec *self);
void gst_coexec_reconfigure(GstCoExec *self);
GstStructure *gst_coexec_report(GstCoExec *self);
GstClockTime gst_coexec_expected_latency(GstCoExec *self);
#define GST_COEXEC_POOL_CONTEXT "coexec.pool"

/* properties.c */
void gst_coexec_install_properties(GObjectClass *object_class);
void gst_coexec_settings_init(Settings *settings);
void gst_coexec_settings_copy(GstCoExec *self, Settings *copy);
void gst_coexec_settings_clear(Settings *settings);

/* frames.c */
extern GstStaticPadTemplate gst_coexec_sink_template, gst_coexec_src_template;
GstFlowReturn gst_coexec_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer);

/* fifo.c */
/* How many buffers it holds; with `lock`. */
guint gst_coexec_capacity(const GstCoExec *self);
/* Waits until the FIFO may take a buffer. */
GstFlowReturn gst_coexec_wait_for_room(GstCoExec *self);
/* Puts an item at the end. What it refuses it frees, but for queries. */
GstFlowReturn gst_coexec_enqueue(GstCoExec *self, Item item);
/* Waits for an item, and leaves it where it is; NULL while flushing. */
Item *gst_coexec_wait_for_head(GstCoExec *self);
/* Takes the head off; its object and its result become the caller's. */
Item gst_coexec_take_head(GstCoExec *self);
/* Waits for the head's result, on the task. OK, INTERRUPTED or UNAVAILABLE. */
coexec_status gst_coexec_await_result(GstCoExec *self, Item *head);
/* Takes the results that are there, on the streaming thread. */
void gst_coexec_collect_results(GstCoExec *self);
/* Wakes and refuses all that wait in the FIFO or in the library, until it is resumed. */
void gst_coexec_begin_flush(GstCoExec *self);
/* Forgets all, when neither pad's thread runs; keeps sticky events on the source pad if asked. */
void gst_coexec_empty(GstCoExec *self, gboolean keeps_sticky_events);
void gst_coexec_resume(GstCoExec *self);

/* events.c */
GstFlowReturn gst_coexec_sink_event(GstPad *pad, GstObject *parent, GstEvent *event);
gboolean gst_coexec_src_event(GstPad *pad, GstObject *parent, GstEvent *event);
void gst_coexec_reset_qos(GstCoExec *self);
gboolean gst_coexec_activate_sink(GstPad *pad, GstObject *parent, GstPadMode mode, gboolean is_active);
gboolean gst_coexec_activate_src(GstPad *pad, GstObject *parent, GstPadMode mode, gboolean is_active);

/* queries.c */
gboolean gst_coexec_sink_query(GstPad *pad, GstObject *parent, GstQuery *query);
gboolean gst_coexec_src_query(GstPad *pad, GstObject *parent, GstQuery *query);
/* On the task: asks downstream, and adds what the element needs. */
gboolean gst_coexec_answer_serialized(GstCoExec *self, GstQuery *query);
void gst_coexec_compare_latency(GstCoExec *self);

/* task.c: the source pad's task. */
void gst_coexec_loop(gpointer self);

/* results/structures.c: a result as GstStructures, which metas and messages have in common. */
GstStructure *gst_coexec_class_structure(GstCoExec *self, const coexec_result *result, const coexec_class *found);
GstStructure *gst_coexec_box_structure(GstCoExec *self, const coexec_result *result, const coexec_box *box,
                                       const Item *item);
GstStructure *gst_coexec_points_structure(const coexec_point *points, size_t count, const Item *item);
GstStructure *gst_coexec_map_structure(const coexec_map *map, const Item *item);
GstStructure *gst_coexec_tensor_structure(const coexec_tensor *tensor);

/* results/meta.c, results/analytics.c: attach to a buffer that may be written. */
void gst_coexec_attach(GstCoExec *self, GstBuffer *buffer, const coexec_result *result, const Item *item,
                       MetaFlags flags);
void gst_coexec_attach_analytics(GstBuffer *buffer, const coexec_result *result, const Item *item);

/* results/messages.c */
void gst_coexec_post_result(GstCoExec *self, GstBuffer *buffer, const coexec_result *result, const Item *item);
void gst_coexec_post_skipped(GstCoExec *self, GstBuffer *buffer, const Item *item);
void gst_coexec_post_progress(GstElement *element, GstProgressType type, const char *text);
void gst_coexec_warn_of_failure(GstCoExec *self, const coexec_result *result);

/* draw/draw.c */
GType gst_coexec_draw_get_type(void);

#endif
