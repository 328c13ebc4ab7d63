/* The element's properties. Those that a stream is opened with may change up to READY, and have it opened anew; the
 * rest at any time. Any thread. */
#include "element.h"

/* Texts are a table: all are copied, NULL by default, and need another stream. */
static const struct {
    const char *name, *nick, *text, *usual;
    size_t offset;
} texts[] = {
    {"model", "Model", "Path of an ONNX or TFLite file", NULL, offsetof(Settings, model)},
    {"builtin", "Built-in network", "Name of a built-in network, in place of model", NULL, offsetof(Settings, builtin)},
    {"labels", "Labels", "Path of the classes' names, one a line; else those packed with the model", NULL,
     offsetof(Settings, labels)},
    {"devices", "Devices", "\"big,LITTLE,gpu\"; else all that share no core. The first element of a pool chooses the "
     "pool's, others some of them", NULL, offsetof(Settings, devices)},
    {"precision", "Precision", "\"fp32\", \"big=int8,gpu=fp16\"; else the model's", NULL,
     offsetof(Settings, precision)},
    {"pool", "Pool", "Elements with the same name here share devices and schedule", "default",
     offsetof(Settings, pool)},
    {"size", "Size", "\"640x480\": of a model that leaves it open", NULL, offsetof(Settings, size)},
    {"channels", "Channels", "\"rgb\", \"bgr\" or \"grey\"; else as the model's file says", NULL,
     offsetof(Settings, channels)},
    {"mean", "Mean", "\"123.675,116.28,103.53\", of bytes; else as the model's file says", NULL,
     offsetof(Settings, mean)},
    {"scale", "Scale", "\"58.4,57.1,57.4\": value = (byte - mean) / scale; else as the model's file says", NULL,
     offsetof(Settings, scale)},
    {"preset", "Preset", "\"imagenet\", \"zero-one\", \"minus-one-one\", \"bytes\" or \"caffe\", in place of mean and "
     "scale", NULL, offsetof(Settings, preset)},
    {"fit", "Fit", "\"stretch\", \"crop\", \"letterbox\" or \"letterbox:114\"", NULL, offsetof(Settings, fit)},
    {"resample", "Resample", "\"area\" or \"bilinear\"", NULL, offsetof(Settings, resample)},
    {"task", "Task", "\"auto\", \"classify\", \"detect\", \"segment\", \"keypoints\" or \"tensors\"", NULL,
     offsetof(Settings, task)},
    {"head", "Head", "Path of a JSON file that says what the outputs are", NULL, offsetof(Settings, head)},
};

enum {
    PROPERTY_WINDOW = G_N_ELEMENTS(texts) + 1, /* texts have 1… */
    PROPERTY_LEAKY,
    PROPERTY_UNCLASSIFIED,
    PROPERTY_DEADLINE,
    PROPERTY_PRIORITY,
    PROPERTY_WEIGHT,
    PROPERTY_MAX_LANES,
    PROPERTY_TUNING,
    PROPERTY_QOS,
    PROPERTY_TOP_K,
    PROPERTY_THRESHOLD,
    PROPERTY_META,
    PROPERTY_POST_MESSAGES,
    PROPERTY_REPORT
};

static char **text_of(Settings *settings, guint id) { return (char **)((char *)settings + texts[id - 1].offset); }
static gboolean is_text(guint id) { return id >= 1 && id <= G_N_ELEMENTS(texts); }

#define GST_TYPE_COEXEC_LEAKY (leaky_type())
static GType leaky_type(void) {
    static const GEnumValue values[] = {
        {LEAKY_AUTO, "Oldest where the source is live, else none", "auto"},
        {LEAKY_NO, "None: hold the source back", "no"},
        {LEAKY_OLDEST, "The oldest that no device has taken isn't looked at", "oldest"},
        {LEAKY_NEWEST, "The new one isn't looked at", "newest"},
        {0, NULL, NULL},
    };
    static gsize type;
    if (g_once_init_enter(&type)) g_once_init_leave(&type, g_enum_register_static("GstCoExecLeaky", values));
    return type;
}

static GType unclassified_type(void) {
    static const GEnumValue values[] = {
        {UNCLASSIFIED_PASS, "Pass on without a result", "pass"}, {UNCLASSIFIED_DROP, "Drop", "drop"}, {0, NULL, NULL}};
    static gsize type;
    if (g_once_init_enter(&type)) g_once_init_leave(&type, g_enum_register_static("GstCoExecUnclassified", values));
    return type;
}

static GType tuning_type(void) {
    static const GEnumValue values[] = {
        {TUNING_RUNNING, "Between frames, while it runs", "running"},
        {TUNING_FIRST, "When a model is opened for the first time: half a minute", "first"},
        {TUNING_NONE, "Measure nothing, read and write no file", "none"},
        {0, NULL, NULL},
    };
    static gsize type;
    if (g_once_init_enter(&type)) g_once_init_leave(&type, g_enum_register_static("GstCoExecTuning", values));
    return type;
}

static GType meta_type(void) {
    static const GFlagsValue values[] = {
        {META_ROI, "GstVideoRegionOfInterestMeta", "roi"},
#ifdef HAVE_ANALYTICS
        {META_ANALYTICS, "GstAnalyticsRelationMeta", "analytics"},
#endif
        {0, NULL, NULL}};
    static gsize type;
    if (g_once_init_enter(&type)) g_once_init_leave(&type, g_flags_register_static("GstCoExecMeta", values));
    return type;
}

/* All that was built in: whoever reads one kind doesn't see the other. */
#ifdef HAVE_ANALYTICS
#define USUAL_META ((MetaFlags)(META_ROI | META_ANALYTICS))
#else
#define USUAL_META META_ROI
#endif

void gst_coexec_settings_init(Settings *settings) {
    *settings = (Settings){.weight = 1, .top_k = 5, .qos = TRUE, .meta = USUAL_META};
    for (guint id = 1; is_text(id); id++) *text_of(settings, id) = g_strdup(texts[id - 1].usual);
}

void gst_coexec_settings_copy(GstCoExec *self, Settings *copy) {
    GST_OBJECT_LOCK(self);
    *copy = self->settings;
    for (guint id = 1; is_text(id); id++) *text_of(copy, id) = g_strdup(*text_of(&self->settings, id));
    GST_OBJECT_UNLOCK(self);
}

void gst_coexec_settings_clear(Settings *settings) {
    for (guint id = 1; is_text(id); id++) g_clear_pointer(text_of(settings, id), g_free);
}

static void set_text(Settings *settings, guint id, const GValue *value) {
    const char *text = g_value_get_string(value);
    g_free(*text_of(settings, id));
    *text_of(settings, id) = g_strdup(text != NULL && *text != '\0' ? text : texts[id - 1].usual);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec) {
    GstCoExec *self = GST_COEXEC(object);
    Settings *settings = &self->settings;
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROPERTY_WINDOW: settings->window = g_value_get_int(value); break;
    case PROPERTY_LEAKY: settings->leaky = (Leaky)g_value_get_enum(value); break;
    case PROPERTY_UNCLASSIFIED: settings->unclassified = (Unclassified)g_value_get_enum(value); break;
    case PROPERTY_DEADLINE: settings->deadline = g_value_get_uint64(value); break;
    case PROPERTY_PRIORITY: settings->priority = g_value_get_int(value); break;
    case PROPERTY_WEIGHT: settings->weight = g_value_get_int(value); break;
    case PROPERTY_MAX_LANES: settings->max_lanes = g_value_get_int(value); break;
    case PROPERTY_TUNING: settings->tuning = (Tuning)g_value_get_enum(value); break;
    case PROPERTY_QOS: settings->qos = g_value_get_boolean(value); break;
    case PROPERTY_TOP_K: settings->top_k = g_value_get_int(value); break;
    case PROPERTY_THRESHOLD: settings->threshold = g_value_get_float(value); break;
    case PROPERTY_META: settings->meta = (MetaFlags)g_value_get_flags(value); break;
    case PROPERTY_POST_MESSAGES: settings->post_messages = g_value_get_boolean(value); break;
    default:
        if (is_text(id))
            set_text(settings, id, value);
        else
            G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
    if (spec->flags & GST_PARAM_MUTABLE_READY) self->is_stale = TRUE;
    GST_OBJECT_UNLOCK(self);
    switch (id) {
    case PROPERTY_WINDOW:
    case PROPERTY_LEAKY:
    case PROPERTY_DEADLINE:
    case PROPERTY_PRIORITY:
    case PROPERTY_WEIGHT: gst_coexec_reconfigure(self);
    }
}

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec) {
    GstCoExec *self = GST_COEXEC(object);
    Settings *settings = &self->settings;
    if (id == PROPERTY_REPORT) return g_value_take_boxed(value, gst_coexec_report(self));
    GST_OBJECT_LOCK(self);
    switch (id) {
    case PROPERTY_WINDOW: g_value_set_int(value, settings->window); break;
    case PROPERTY_LEAKY: g_value_set_enum(value, (gint)settings->leaky); break;
    case PROPERTY_UNCLASSIFIED: g_value_set_enum(value, (gint)settings->unclassified); break;
    case PROPERTY_DEADLINE: g_value_set_uint64(value, settings->deadline); break;
    case PROPERTY_PRIORITY: g_value_set_int(value, settings->priority); break;
    case PROPERTY_WEIGHT: g_value_set_int(value, settings->weight); break;
    case PROPERTY_MAX_LANES: g_value_set_int(value, settings->max_lanes); break;
    case PROPERTY_TUNING: g_value_set_enum(value, (gint)settings->tuning); break;
    case PROPERTY_QOS: g_value_set_boolean(value, settings->qos); break;
    case PROPERTY_TOP_K: g_value_set_int(value, settings->top_k); break;
    case PROPERTY_THRESHOLD: g_value_set_float(value, settings->threshold); break;
    case PROPERTY_META: g_value_set_flags(value, settings->meta); break;
    case PROPERTY_POST_MESSAGES: g_value_set_boolean(value, settings->post_messages); break;
    default:
        if (is_text(id))
            g_value_set_string(value, *text_of(settings, id));
        else
            G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, spec);
    }
    GST_OBJECT_UNLOCK(self);
}

void gst_coexec_install_properties(GObjectClass *object_class) {
    const GParamFlags both = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
    const GParamFlags ready = both | GST_PARAM_MUTABLE_READY, playing = both | GST_PARAM_MUTABLE_PLAYING;
    object_class->set_property = set_property;
    object_class->get_property = get_property;
#define INSTALL(id, spec) g_object_class_install_property(object_class, id, spec)
    for (guint id = 1; is_text(id); id++)
        INSTALL(id, g_param_spec_string(texts[id - 1].name, texts[id - 1].nick, texts[id - 1].text,
                                        texts[id - 1].usual, ready));
    INSTALL(PROPERTY_WINDOW, g_param_spec_int("window", "Window", "Most frames at the devices or waiting for one; 0: "
                                              "two a lane, plus two", 0, 1024, 0, playing));
    INSTALL(PROPERTY_LEAKY, g_param_spec_enum("leaky", "Leaky", "What isn't looked at while the window is full",
                                              GST_TYPE_COEXEC_LEAKY, LEAKY_AUTO, playing));
    INSTALL(PROPERTY_UNCLASSIFIED, g_param_spec_enum("unclassified", "Unclassified", "Buffers without a result",
                                                     unclassified_type(), UNCLASSIFIED_PASS, playing));
    INSTALL(PROPERTY_DEADLINE, g_param_spec_uint64("deadline", "Deadline", "Frames that can't be done this long after "
                                                   "they came aren't looked at (ns); 0: none", 0, G_MAXINT64, 0,
                                                   playing));
    INSTALL(PROPERTY_PRIORITY, g_param_spec_int("priority", "Priority", "Higher goes first among the streams of a pool",
                                                -100, 100, 0, playing));
    INSTALL(PROPERTY_WEIGHT, g_param_spec_int("weight", "Weight", "Share of the devices' time among streams of one "
                                              "priority", 1, 1000, 1, playing));
    INSTALL(PROPERTY_MAX_LANES, g_param_spec_int("max-lanes", "Most lanes", "Most lanes that it keeps busy at once; 0: "
                                                 "all", 0, 1024, 0, ready));
    INSTALL(PROPERTY_TUNING, g_param_spec_enum("tuning", "Tuning", "When the ways of running a model are measured; the "
                                               "first element of a pool decides", tuning_type(), TUNING_RUNNING,
                                               ready));
    INSTALL(PROPERTY_QOS, g_param_spec_boolean("qos", "Quality of service", "Don't look at frames that come too late "
                                               "for the sink", TRUE, playing));
    INSTALL(PROPERTY_TOP_K, g_param_spec_int("top-k", "Top k", "Most classes of a frame", 1, 100, 5, ready));
    INSTALL(PROPERTY_THRESHOLD, g_param_spec_float("threshold", "Threshold", "Least probability of boxes and "
                                                   "keypoints; 0: the makers'", 0, 1, 0, ready));
    INSTALL(PROPERTY_META, g_param_spec_flags("meta", "Meta", "How results are attached to buffers", meta_type(),
                                              USUAL_META, playing));
    INSTALL(PROPERTY_POST_MESSAGES, g_param_spec_boolean("post-messages", "Post messages", "Post an element message "
                                                         "with each result", FALSE, playing));
    INSTALL(PROPERTY_REPORT, g_param_spec_boxed("report", "Report", "What happened since READY", GST_TYPE_STRUCTURE,
                                                G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
#undef INSTALL
}
