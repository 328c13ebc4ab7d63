/* Queries: latency, allocation, drain, the pool as a context. Serialised ones wait in the FIFO for their turn, as a
 * queue's do: downstream answers for the caps that are in force there, and a drain has drained. */
#include "element.h"

/* Upstream's streaming thread. The query stays the caller's: the task must be done with it before this returns. */
static gboolean wait_for_turn(GstCoExec *self, GstQuery *query) {
    Item item = {.object = GST_MINI_OBJECT(query)};
    if (gst_coexec_enqueue(self, item) != GST_FLOW_OK) return FALSE;
    g_mutex_lock(&self->lock);
    while (self->answered_query != query &&
           (self->asked_query == query || (!self->is_flushing && self->flow == GST_FLOW_OK)))
        g_cond_wait(&self->drained, &self->lock);
    gboolean answer = self->answered_query == query && self->query_answer;
    if (self->answered_query != query)
        for (GList *link = self->fifo.head; link != NULL; link = link->next)
            if (((Item *)link->data)->object == item.object) {
                g_free(link->data);
                g_queue_delete_link(&self->fifo, link);
                break;
            }
    self->answered_query = NULL;
    g_mutex_unlock(&self->lock);
    return answer;
}

/* Buffers that the element keeps beside those of others. */
static guint held_buffers(GstCoExec *self) {
    g_mutex_lock(&self->lock);
    guint held = (guint)(self->window + self->lanes);
    g_mutex_unlock(&self->lock);
    return held;
}

/* Downstream's answer, with as many buffers more as wait here. GstVideoMeta is allowed where downstream does: buffers
 * pass on as they are. */
static void add_held_buffers(GstCoExec *self, GstQuery *query) {
    guint held = held_buffers(self), pools = gst_query_get_n_allocation_pools(query);
    for (guint index = 0; index < pools; index++) {
        GstBufferPool *pool;
        guint size, least, most;
        gst_query_parse_nth_allocation_pool(query, index, &pool, &size, &least, &most);
        gst_query_set_nth_allocation_pool(query, index, pool, size, least + held, most == 0 ? 0 : most + held);
        gst_clear_object(&pool);
    }
    GstCaps *caps;
    GstVideoInfo info;
    gst_query_parse_allocation(query, &caps, NULL);
    if (pools == 0 && caps != NULL && gst_video_info_from_caps(&info, caps))
        gst_query_add_allocation_pool(query, NULL, (guint)GST_VIDEO_INFO_SIZE(&info), held, 0);
}

gboolean gst_coexec_answer_serialized(GstCoExec *self, GstQuery *query) {
    gboolean is_answered = gst_pad_peer_query(self->srcpad, query);
    switch (GST_QUERY_TYPE(query)) {
    case GST_QUERY_ALLOCATION: add_held_buffers(self, query); return TRUE;
    case GST_QUERY_DRAIN: return TRUE; /* all that was before it has left */
    default: return is_answered;
    }
}

/* Frames wait for a result as long as the pool's present load makes them, but no longer than the FIFO has places. */
static gboolean answer_latency(GstCoExec *self, GstQuery *query) {
    if (!gst_pad_peer_query(self->sinkpad, query)) return FALSE;
    gboolean is_live;
    GstClockTime least, most, expected = gst_coexec_expected_latency(self);
    gst_query_parse_latency(query, &is_live, &least, &most);
    GstClockTime frame = GST_CLOCK_TIME_NONE;
    GstCaps *caps = gst_pad_get_current_caps(self->sinkpad);
    GstVideoInfo info;
    if (caps != NULL && gst_video_info_from_caps(&info, caps) && info.fps_n > 0)
        frame = gst_util_uint64_scale_int(GST_SECOND, info.fps_d, info.fps_n);
    gst_clear_caps(&caps);
    g_mutex_lock(&self->lock);
    self->told_latency = expected;
    GstClockTime held = GST_CLOCK_TIME_IS_VALID(frame) ? gst_coexec_capacity(self) * frame : GST_CLOCK_TIME_NONE;
    g_mutex_unlock(&self->lock);
    expected = MIN(expected, held);
    most = GST_CLOCK_TIME_IS_VALID(most) && GST_CLOCK_TIME_IS_VALID(held) ? most + held : GST_CLOCK_TIME_NONE;
    gst_query_set_latency(query, is_live, least + expected, most);
    return TRUE;
}

/* On the task, once a second: has the latency grown by a quarter, the pipeline asks for it anew. */
void gst_coexec_compare_latency(GstCoExec *self) {
    gint64 now = g_get_monotonic_time();
    if (now - self->compared_latency_at < G_USEC_PER_SEC) return;
    self->compared_latency_at = now;
    GstClockTime expected = gst_coexec_expected_latency(self);
    g_mutex_lock(&self->lock);
    gboolean has_grown = GST_CLOCK_TIME_IS_VALID(self->told_latency) && expected > self->told_latency / 4 * 5;
    if (has_grown) self->told_latency = GST_CLOCK_TIME_NONE; /* until it is asked for */
    g_mutex_unlock(&self->lock);
    if (has_grown) gst_element_post_message(&self->element, gst_message_new_latency(GST_OBJECT(self)));
}

/* Applications that use the library themselves may share the pool: its handle, valid until the element is in NULL. */
static gboolean answer_context(GstCoExec *self, GstQuery *query) {
    const char *type;
    if (!gst_query_parse_context_type(query, &type) || g_strcmp0(type, GST_COEXEC_POOL_CONTEXT) != 0) return FALSE;
    GST_OBJECT_LOCK(self);
    coexec_pool *pool = self->shared_pool != NULL ? shared_pool_handle(self->shared_pool) : self->given_pool;
    GST_OBJECT_UNLOCK(self);
    if (pool == NULL) return FALSE;
    GstContext *context = gst_context_new(GST_COEXEC_POOL_CONTEXT, TRUE);
    gst_structure_set(gst_context_writable_structure(context), "pool", G_TYPE_POINTER, pool, NULL);
    gst_query_set_context(query, context);
    gst_context_unref(context);
    return TRUE;
}

gboolean gst_coexec_sink_query(GstPad *pad, GstObject *parent, GstQuery *query) {
    GstCoExec *self = GST_COEXEC(parent);
    if (GST_QUERY_TYPE(query) == GST_QUERY_CONTEXT && answer_context(self, query)) return TRUE;
    /* Caps are serialised neither: the proxy answers. */
    if (GST_QUERY_IS_SERIALIZED(query)) return wait_for_turn(self, query);
    return gst_pad_query_default(pad, parent, query);
}

gboolean gst_coexec_src_query(GstPad *pad, GstObject *parent, GstQuery *query) {
    GstCoExec *self = GST_COEXEC(parent);
    if (GST_QUERY_TYPE(query) == GST_QUERY_CONTEXT && answer_context(self, query)) return TRUE;
    if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) return answer_latency(self, query);
    return gst_pad_query_default(pad, parent, query);
}
