/* Events both ways, and what flushing and activation do to the FIFO. Serialised events wait in the FIFO for their
 * turn. */
#include "element.h"

void gst_coexec_reset_qos(GstCoExec *self) {
    GST_OBJECT_LOCK(self);
    self->earliest_time = GST_CLOCK_TIME_NONE;
    self->proportion = 1;
    GST_OBJECT_UNLOCK(self);
}

static void start_task(GstCoExec *self) { gst_pad_start_task(self->srcpad, gst_coexec_loop, self, NULL); }

/* From the thread that seeks. The task is at rest when this returns; the streaming thread soon leaves. */
static gboolean flush_start(GstCoExec *self, GstEvent *event) {
    gst_coexec_begin_flush(self);
    gboolean is_taken = gst_pad_push_event(self->srcpad, event); /* wakes a push that waits below */
    gst_pad_pause_task(self->srcpad);
    return is_taken;
}

/* With the sink pad's stream lock. */
static gboolean flush_stop(GstCoExec *self, GstEvent *event) {
    gst_coexec_empty(self, TRUE);
    gst_segment_init(&self->segment, GST_FORMAT_UNDEFINED);
    gst_coexec_reset_qos(self);
    gst_coexec_resume(self);
    gboolean is_taken = gst_pad_push_event(self->srcpad, event);
    start_task(self);
    return is_taken;
}

static gboolean set_caps(GstCoExec *self, GstEvent *event) {
    GstCaps *caps;
    gst_event_parse_caps(event, &caps);
    if (gst_video_info_from_caps(&self->info, caps)) return TRUE;
    gst_video_info_init(&self->info);
    GST_WARNING_OBJECT(self, "no raw video: %" GST_PTR_FORMAT, caps);
    return FALSE;
}

/* What the next buffers need to know at once; the event itself leaves in its turn. */
static gboolean look_at(GstCoExec *self, GstEvent *event) {
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_CAPS: return set_caps(self, event);
    case GST_EVENT_STREAM_START:
        self->asks_whether_live = TRUE;
        gst_coexec_reset_qos(self);
        break;
    case GST_EVENT_SEGMENT:
        gst_event_copy_segment(event, &self->segment);
        gst_coexec_reset_qos(self);
        break;
    case GST_EVENT_EOS: {
        g_mutex_lock(&self->lock);
        self->saw_eos = TRUE;
        GstFlowReturn flow = self->flow;
        g_mutex_unlock(&self->lock);
        /* Upstream has sent all and will never hear of this otherwise. */
        if (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS) GST_ELEMENT_FLOW_ERROR(self, flow);
        break;
    }
    default: break;
    }
    return TRUE;
}

static GstFlowReturn flow_of(gboolean is_taken) { return is_taken ? GST_FLOW_OK : GST_FLOW_ERROR; }

/* A flow, not a boolean: upstream would take a refusal while flushing for an error. */
GstFlowReturn gst_coexec_sink_event(GstPad *pad, GstObject *parent, GstEvent *event) {
    GstCoExec *self = GST_COEXEC(parent);
    switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_FLUSH_START: return flow_of(flush_start(self, event));
    case GST_EVENT_FLUSH_STOP: return flow_of(flush_stop(self, event));
    default: break;
    }
    if (!GST_EVENT_IS_SERIALIZED(event)) return flow_of(gst_pad_event_default(pad, parent, event));
    if (!look_at(self, event)) {
        gst_event_unref(event);
        return GST_FLOW_NOT_NEGOTIATED;
    }
    return gst_coexec_enqueue(self, (Item){.object = GST_MINI_OBJECT(event)});
}

/* While frames come late at the sink, those that would too aren't looked at: twice the delay ahead, to catch up. */
static void take_qos(GstCoExec *self, GstEvent *event) {
    GstQOSType type;
    double proportion;
    GstClockTimeDiff difference;
    GstClockTime timestamp;
    gst_event_parse_qos(event, &type, &proportion, &difference, &timestamp);
    GST_OBJECT_LOCK(self);
    self->proportion = proportion;
    self->earliest_time = GST_CLOCK_TIME_NONE;
    if (GST_CLOCK_TIME_IS_VALID(timestamp) && difference > 0)
        self->earliest_time = timestamp + 2 * (GstClockTime)difference;
    GST_OBJECT_UNLOCK(self);
}

gboolean gst_coexec_src_event(GstPad *pad, GstObject *parent, GstEvent *event) {
    GstCoExec *self = GST_COEXEC(parent);
    if (GST_EVENT_TYPE(event) == GST_EVENT_QOS) take_qos(self, event);
    if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE) {
        g_mutex_lock(&self->lock);
        gboolean is_linked_anew = self->flow == GST_FLOW_NOT_LINKED && !self->is_flushing;
        if (is_linked_anew) self->flow = GST_FLOW_OK;
        g_mutex_unlock(&self->lock);
        if (is_linked_anew) start_task(self);
    }
    return gst_pad_event_default(pad, parent, event);
}

/* The base class activates source pads before sink pads, and deactivates them in that order too: the task has ended
 * when the FIFO is emptied. */
gboolean gst_coexec_activate_src(GstPad *pad, GstObject *parent, GstPadMode mode, gboolean is_active) {
    GstCoExec *self = GST_COEXEC(parent);
    if (mode != GST_PAD_MODE_PUSH || self->stream == NULL) return FALSE;
    if (is_active) {
        gst_coexec_resume(self);
        start_task(self);
        return TRUE;
    }
    gst_coexec_begin_flush(self);
    return gst_pad_stop_task(pad);
}

gboolean gst_coexec_activate_sink(GstPad *pad, GstObject *parent, GstPadMode mode, gboolean is_active) {
    GstCoExec *self = GST_COEXEC(parent);
    if (mode != GST_PAD_MODE_PUSH || self->stream == NULL) return FALSE;
    if (!is_active) gst_coexec_begin_flush(self);
    GST_PAD_STREAM_LOCK(pad); /* once the streaming thread has left */
    if (!is_active) gst_coexec_empty(self, FALSE);
    gst_video_info_init(&self->info);
    gst_segment_init(&self->segment, GST_FORMAT_UNDEFINED);
    gst_coexec_reset_qos(self);
    GST_PAD_STREAM_UNLOCK(pad);
    return TRUE;
}
