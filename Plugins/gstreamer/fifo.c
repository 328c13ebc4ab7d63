/* The queue between the sink pad's streaming thread and the source pad's task: buffers, events and serialised queries
 * in the order in which they came. Under `lock`. */
#include "element.h"

/* Buffers beyond those at the devices: what isn't looked at waits for what is. A source that can't be held back brings
 * more meanwhile: half a second at 60 frames/s. */
enum { SPARE_BUFFERS = 8, SPARE_BUFFERS_OF_LEAKY = 24 };

guint gst_coexec_capacity(const GstCoExec *self) {
    return (guint)(self->window + (self->is_leaky ? SPARE_BUFFERS_OF_LEAKY : SPARE_BUFFERS));
}

/* How the stream ends for those who come now. */
static GstFlowReturn refusal(GstCoExec *self) { return self->is_flushing ? GST_FLOW_FLUSHING : self->flow; }

GstFlowReturn gst_coexec_wait_for_room(GstCoExec *self) {
    g_mutex_lock(&self->lock);
    while (refusal(self) == GST_FLOW_OK && g_queue_get_length(&self->fifo) >= gst_coexec_capacity(self))
        g_cond_wait(&self->drained, &self->lock);
    GstFlowReturn flow = refusal(self);
    g_mutex_unlock(&self->lock);
    return flow;
}

GstFlowReturn gst_coexec_enqueue(GstCoExec *self, Item item) {
    g_mutex_lock(&self->lock);
    GstFlowReturn flow = refusal(self);
    /* After the end downstream, buffers may still follow in another segment. */
    if (flow == GST_FLOW_EOS && !GST_IS_BUFFER(item.object)) flow = GST_FLOW_OK;
    if (flow == GST_FLOW_OK) {
        Item *copy = g_new(Item, 1);
        *copy = item;
        g_queue_push_tail(&self->fifo, copy);
        g_cond_signal(&self->filled);
    }
    g_mutex_unlock(&self->lock);
    if (flow != GST_FLOW_OK && !GST_IS_QUERY(item.object)) gst_mini_object_unref(item.object);
    return flow;
}

Item *gst_coexec_wait_for_head(GstCoExec *self) {
    g_mutex_lock(&self->lock);
    while (!self->is_flushing && g_queue_is_empty(&self->fifo)) g_cond_wait(&self->filled, &self->lock);
    Item *head = self->is_flushing ? NULL : g_queue_peek_head(&self->fifo);
    if (head != NULL && GST_IS_QUERY(head->object)) self->asked_query = GST_QUERY(head->object);
    g_mutex_unlock(&self->lock);
    return head;
}

Item gst_coexec_take_head(GstCoExec *self) {
    g_mutex_lock(&self->lock);
    Item *head = g_queue_pop_head(&self->fifo);
    g_cond_broadcast(&self->drained);
    g_mutex_unlock(&self->lock);
    Item item = *head;
    g_free(head);
    return item;
}

/* The oldest item that a result will come for. Nobody but who receives takes it away. */
static Item *oldest_without_result(GstCoExec *self) {
    Item *found = NULL;
    g_mutex_lock(&self->lock);
    for (GList *link = self->fifo.head; link != NULL && found == NULL; link = link->next) {
        Item *item = link->data;
        if (GST_IS_BUFFER(item->object) && item->fate == FATE_SUBMITTED && item->result.status < 0) found = item;
    }
    g_mutex_unlock(&self->lock);
    return found;
}

static coexec_status receive(GstCoExec *self, Item *item, int64_t timeout) {
    coexec_result result = {.struct_size = sizeof result};
    coexec_status status = self->library->receive(self->stream, &result, timeout);
    if (status != COEXEC_OK) return status;
    g_mutex_lock(&self->lock);
    item->result = result;
    g_mutex_unlock(&self->lock);
    return COEXEC_OK;
}

coexec_status gst_coexec_await_result(GstCoExec *self, Item *head) {
    g_mutex_lock(&self->receiving);
    coexec_status status = head->result.status < 0 ? receive(self, head, -1) : COEXEC_OK;
    g_mutex_unlock(&self->receiving);
    return status;
}

/* While the task waits below for a sink's clock, results that nobody takes would fill the window, and live frames be
 * dropped before idle devices. */
void gst_coexec_collect_results(GstCoExec *self) {
    if (!g_mutex_trylock(&self->receiving)) return; /* the task waits for the next one itself */
    Item *item;
    while ((item = oldest_without_result(self)) != NULL && receive(self, item, 0) == COEXEC_OK) continue;
    g_mutex_unlock(&self->receiving);
}

void gst_coexec_begin_flush(GstCoExec *self) {
    g_mutex_lock(&self->lock);
    self->is_flushing = TRUE;
    g_cond_broadcast(&self->filled);
    g_cond_broadcast(&self->drained);
    g_mutex_unlock(&self->lock);
    self->library->interrupt(self->stream, 1);
}

void gst_coexec_empty(GstCoExec *self, gboolean keeps_sticky_events) {
    /* Frames go back to their pools, and lanes turn to what comes next, before buffers are let go. */
    self->library->flush(self->stream);
    g_mutex_lock(&self->lock);
    GQueue items = self->fifo;
    g_queue_init(&self->fifo);
    g_mutex_unlock(&self->lock);
    for (Item *item; (item = g_queue_pop_head(&items)) != NULL; g_free(item)) {
        if (GST_IS_QUERY(item->object)) continue;
        if (keeps_sticky_events && GST_IS_EVENT(item->object) && GST_EVENT_IS_STICKY(item->object) &&
            GST_EVENT_TYPE(item->object) != GST_EVENT_SEGMENT && GST_EVENT_TYPE(item->object) != GST_EVENT_EOS)
            gst_pad_store_sticky_event(self->srcpad, GST_EVENT(item->object));
        if (GST_IS_BUFFER(item->object) && item->result.status >= 0) self->library->result_clear(&item->result);
        gst_mini_object_unref(item->object);
    }
}

void gst_coexec_resume(GstCoExec *self) {
    g_mutex_lock(&self->lock);
    self->is_flushing = FALSE;
    self->saw_eos = FALSE;
    self->flow = GST_FLOW_OK;
    g_mutex_unlock(&self->lock);
    self->leaves_discontinuity = FALSE;
    self->library->interrupt(self->stream, 0);
}
