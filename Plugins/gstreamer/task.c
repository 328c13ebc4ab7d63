/* Results out: the source pad's task takes the FIFO's head, waits for its result where one comes, and pushes it on. */
#include "element.h"

static void pause_task(GstCoExec *self) {
    GST_DEBUG_OBJECT(self, "the task rests");
    gst_pad_pause_task(self->srcpad);
}

/* Downstream takes no more. At its end the task goes on, without buffers, to what another segment brings. */
static void take_flow(GstCoExec *self, GstFlowReturn flow) {
    g_mutex_lock(&self->lock);
    self->flow = flow;
    gboolean saw_eos = self->saw_eos;
    g_cond_broadcast(&self->drained);
    g_mutex_unlock(&self->lock);
    if (flow == GST_FLOW_OK || flow == GST_FLOW_EOS) return;
    if (saw_eos && (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS)) {
        GST_ELEMENT_FLOW_ERROR(self, flow); /* upstream has sent all and would not say it */
        gst_pad_push_event(self->srcpad, gst_event_new_eos());
    }
    pause_task(self);
}

static void fail(GstCoExec *self) {
    GST_ELEMENT_ERROR(self, STREAM, FAILED, ("No device is left that can run the model."), (NULL));
    gst_pad_push_event(self->srcpad, gst_event_new_eos());
    take_flow(self, GST_FLOW_ERROR);
}

/* What became of a buffer; result NULL: none was asked for. */
static void count(GstCoExec *self, Fate fate, const coexec_result *result) {
    g_mutex_lock(&self->lock);
    Counts *counts = &self->counts;
    if (result != NULL && result->status == COEXEC_OK) {
        counts->classified++;
    } else {
        counts->unclassified++;
        if (result == NULL)
            counts->skipped += fate == FATE_SKIPPED;
        else if (result->status != COEXEC_DROPPED)
            counts->failed++;
        else if (result->drop == COEXEC_LATE)
            counts->late++;
        else
            counts->overflowed++;
    }
    g_mutex_unlock(&self->lock);
}

/* Whether a buffer goes on, which it then may do with metas. */
static gboolean finish_buffer(GstCoExec *self, GstBuffer **buffer, const Item *item, const coexec_result *result) {
    GST_OBJECT_LOCK(self);
    MetaFlags meta = self->settings.meta;
    gboolean posts = self->settings.post_messages, drops = self->settings.unclassified == UNCLASSIFIED_DROP;
    GST_OBJECT_UNLOCK(self);
    count(self, item->fate, result);
    if (result != NULL && result->status == COEXEC_OK) {
        *buffer = gst_buffer_make_writable(*buffer); /* shares its memory */
        gst_coexec_attach(self, *buffer, result, item, meta);
        if (posts) gst_coexec_post_result(self, *buffer, result, item);
        return TRUE;
    }
    if (result != NULL && result->status == COEXEC_ERROR) gst_coexec_warn_of_failure(self, result);
    if (item->fate == FATE_SKIPPED || (result != NULL && result->status == COEXEC_DROPPED))
        gst_coexec_post_skipped(self, *buffer, item);
    return item->fate == FATE_GAP || !drops;
}

static void push_buffer(GstCoExec *self, Item item, const coexec_result *result) {
    GstBuffer *buffer = GST_BUFFER(item.object);
    gboolean goes_on = finish_buffer(self, &buffer, &item, result);
    g_mutex_lock(&self->lock);
    gboolean has_ended = self->flow == GST_FLOW_EOS;
    g_mutex_unlock(&self->lock);
    if (!goes_on || has_ended) {
        self->leaves_discontinuity = TRUE;
        gst_buffer_unref(buffer);
        return;
    }
    if (self->leaves_discontinuity) {
        self->leaves_discontinuity = FALSE;
        buffer = gst_buffer_make_writable(buffer);
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    }
    GstFlowReturn flow = gst_pad_push(self->srcpad, buffer);
    if (flow != GST_FLOW_OK) take_flow(self, flow);
}

static void next_buffer(GstCoExec *self, Item *head) {
    Item item;
    if (head->fate != FATE_SUBMITTED) {
        push_buffer(self, gst_coexec_take_head(self), NULL);
        return;
    }
    switch (gst_coexec_await_result(self, head)) {
    case COEXEC_OK:
        item = gst_coexec_take_head(self);
        push_buffer(self, item, &item.result);
        self->library->result_clear(&item.result);
        gst_coexec_compare_latency(self);
        break;
    case COEXEC_INTERRUPTED: break; /* a flush, which the task sees when it waits for the next */
    default: fail(self);
    }
}

static void next_event(GstCoExec *self) {
    GstEvent *event = GST_EVENT(gst_coexec_take_head(self).object);
    if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT || GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) {
        g_mutex_lock(&self->lock);
        if (self->flow == GST_FLOW_EOS) self->flow = GST_FLOW_OK;
        g_mutex_unlock(&self->lock);
    }
    gst_pad_push_event(self->srcpad, event);
}

static void next_query(GstCoExec *self, GstQuery *query) {
    gboolean answer = gst_coexec_answer_serialized(self, query);
    gst_coexec_take_head(self);
    g_mutex_lock(&self->lock);
    self->asked_query = NULL;
    self->answered_query = query;
    self->query_answer = answer;
    g_cond_broadcast(&self->drained);
    g_mutex_unlock(&self->lock);
}

void gst_coexec_loop(gpointer data) {
    GstCoExec *self = data;
    Item *head = gst_coexec_wait_for_head(self);
    if (head == NULL)
        pause_task(self);
    else if (GST_IS_BUFFER(head->object))
        next_buffer(self, head);
    else if (GST_IS_EVENT(head->object))
        next_event(self);
    else
        next_query(self, GST_QUERY(head->object));
}
