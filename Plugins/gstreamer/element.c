/* The element's class, life and states; and the plugin. */
#include "element.h"

#define PACKAGE "coexec" /* GST_PLUGIN_DEFINE's */

GST_DEBUG_CATEGORY(gst_coexec_debug);
G_DEFINE_TYPE(GstCoExec, gst_coexec, GST_TYPE_ELEMENT)

/* What was set since the stream was opened, and it can't change, opens another. */
static gboolean open_anew_if_stale(GstCoExec *self) {
    GST_OBJECT_LOCK(self);
    gboolean is_stale = self->is_stale;
    self->is_stale = FALSE;
    GST_OBJECT_UNLOCK(self);
    if (!is_stale && self->stream != NULL) return TRUE;
    gst_coexec_close(self);
    return gst_coexec_open(self);
}

static GstStateChangeReturn change_state(GstElement *element, GstStateChange transition) {
    GstCoExec *self = GST_COEXEC(element);
    if (transition == GST_STATE_CHANGE_NULL_TO_READY || transition == GST_STATE_CHANGE_READY_TO_PAUSED)
        if (!open_anew_if_stale(self)) return GST_STATE_CHANGE_FAILURE;
    GstStateChangeReturn result = GST_ELEMENT_CLASS(gst_coexec_parent_class)->change_state(element, transition);
    if (transition == GST_STATE_CHANGE_READY_TO_NULL) gst_coexec_close(self);
    return result;
}

/* An application's own pool, for the next stream. It keeps it until the element is in NULL. */
static void set_context(GstElement *element, GstContext *context) {
    GstCoExec *self = GST_COEXEC(element);
    gpointer pool = NULL;
    if (gst_context_has_context_type(context, GST_COEXEC_POOL_CONTEXT) &&
        gst_structure_get(gst_context_get_structure(context), "pool", G_TYPE_POINTER, &pool, NULL)) {
        GST_OBJECT_LOCK(self);
        self->given_pool = pool;
        GST_OBJECT_UNLOCK(self);
    }
    GST_ELEMENT_CLASS(gst_coexec_parent_class)->set_context(element, context);
}

static void finalize(GObject *object) {
    GstCoExec *self = GST_COEXEC(object);
    gst_coexec_settings_clear(&self->settings);
    g_mutex_clear(&self->lock);
    g_mutex_clear(&self->receiving);
    g_cond_clear(&self->filled);
    g_cond_clear(&self->drained);
    G_OBJECT_CLASS(gst_coexec_parent_class)->finalize(object);
}

static void gst_coexec_class_init(GstCoExecClass *class) {
    GstElementClass *element_class = GST_ELEMENT_CLASS(class);
    G_OBJECT_CLASS(class)->finalize = finalize;
    gst_coexec_install_properties(G_OBJECT_CLASS(class));
    element_class->change_state = change_state;
    element_class->set_context = set_context;
    gst_element_class_add_static_pad_template(element_class, &gst_coexec_sink_template);
    gst_element_class_add_static_pad_template(element_class, &gst_coexec_src_template);
    gst_element_class_set_static_metadata(element_class, "CoExec", "Filter/Analyzer/Video",
                                          "Runs a neural network on all compute units at once, results in order",
                                          "CoExec");
}

static void gst_coexec_init(GstCoExec *self) {
    gst_coexec_settings_init(&self->settings);
    g_mutex_init(&self->lock);
    g_mutex_init(&self->receiving);
    g_cond_init(&self->filled);
    g_cond_init(&self->drained);
    g_queue_init(&self->fifo);
    self->told_latency = GST_CLOCK_TIME_NONE;
    gst_video_info_init(&self->info);
    gst_segment_init(&self->segment, GST_FORMAT_UNDEFINED);
    gst_coexec_reset_qos(self);

    self->sinkpad = gst_pad_new_from_static_template(&gst_coexec_sink_template, "sink");
    gst_pad_set_chain_function(self->sinkpad, gst_coexec_chain);
    gst_pad_set_event_full_function(self->sinkpad, gst_coexec_sink_event);
    gst_pad_set_query_function(self->sinkpad, gst_coexec_sink_query);
    gst_pad_set_activatemode_function(self->sinkpad, gst_coexec_activate_sink);
    GST_PAD_SET_PROXY_CAPS(self->sinkpad);
    gst_element_add_pad(&self->element, self->sinkpad);

    self->srcpad = gst_pad_new_from_static_template(&gst_coexec_src_template, "src");
    gst_pad_set_event_function(self->srcpad, gst_coexec_src_event);
    gst_pad_set_query_function(self->srcpad, gst_coexec_src_query);
    gst_pad_set_activatemode_function(self->srcpad, gst_coexec_activate_src);
    GST_PAD_SET_PROXY_CAPS(self->srcpad);
    gst_element_add_pad(&self->element, self->srcpad);
}

static gboolean plugin_init(GstPlugin *plugin) {
    GST_DEBUG_CATEGORY_INIT(gst_coexec_debug, "coexec", 0, "CoExec");
    return gst_element_register(plugin, "coexec", GST_RANK_NONE, gst_coexec_get_type()) &&
           gst_element_register(plugin, "coexecdraw", GST_RANK_NONE, gst_coexec_draw_get_type());
}

/* "Apache 2.0" is the word that GStreamer knows for our licence. */
GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, coexec, "Neural networks on all compute units at once",
                  plugin_init, "1.0", "Apache 2.0", "CoExec", "CoExec")
