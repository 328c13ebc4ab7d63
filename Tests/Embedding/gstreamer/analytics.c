/* GstAnalyticsRelationMeta, where the element and this were built with it: what is read from it is what regions say. */
#include "harness.h"

#ifdef HAVE_ANALYTICS
#include <gst/analytics/analytics.h>

typedef struct {
    int classes, objects;
} Found;

static void look_at(GstAnalyticsRelationMeta *meta, Found *found) {
    gpointer state = NULL;
    GstAnalyticsMtd mtd;
    while (gst_analytics_relation_meta_iterate(meta, &state, 0, &mtd)) {
        GstAnalyticsMtdType type = gst_analytics_mtd_get_mtd_type(&mtd);
        if (type == gst_analytics_cls_mtd_get_mtd_type()) {
            gsize count = gst_analytics_cls_mtd_get_length(&mtd);
            CHECK(count == 3, "%d classes", (int)count);
            for (gsize index = 0; index < count; index++) {
                gfloat level = gst_analytics_cls_mtd_get_level(&mtd, index);
                CHECK(gst_analytics_cls_mtd_get_quark(&mtd, index) != 0, "a class without a name");
                CHECK(index == 0 || level <= gst_analytics_cls_mtd_get_level(&mtd, index - 1), "not greatest first");
            }
            found->classes++;
        } else if (type == gst_analytics_od_mtd_get_mtd_type()) {
            gint x, y, width, height;
            gfloat level;
            CHECK(gst_analytics_od_mtd_get_location(&mtd, &x, &y, &width, &height, &level), "no place");
            CHECK(x >= 0 && y >= 0 && width >= 0 && height >= 0 && x + width <= 320 && y + height <= 240, "%d, %d: %d×%d", x,
                  y, width, height);
            CHECK(level > 0 && level <= 1 && gst_analytics_od_mtd_get_obj_type(&mtd) != 0, "%f", level);
            found->objects++;
        } else {
            CHECK(FALSE, "it is %s", gst_analytics_mtd_type_get_name(type));
        }
    }
}

static GstPadProbeReturn look(GstPad *pad, GstPadProbeInfo *info, gpointer found) {
    (void)pad;
    GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    GstAnalyticsRelationMeta *meta = gst_buffer_get_analytics_relation_meta(buffer);
    CHECK(meta != NULL, "no meta");
    CHECK(gst_buffer_get_video_region_of_interest_meta_id(buffer, -1) == NULL, "a region that nobody wants");
    look_at(meta, found);
    return GST_PAD_PROBE_OK;
}

static Found run_with(const char *model) {
    Found found = {0, 0};
    Run *run = run_new("videotestsrc num-buffers=10 ! video/x-raw,width=320,height=240 ! "
                       "coexec name=c %s top-k=3 meta=analytics ! fakesink", model);
    GstPad *pad = gst_element_get_static_pad(run->element, "src");
    gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, look, &found, NULL);
    gst_object_unref(pad);
    run_play(run);
    CHECK(run_until_end(run, 20), "%s", run->error);
    run_free(run);
    return found;
}

static void classes(void) {
    Found found = run_with("builtin=squeezenet");
    CHECK(found.classes == 10 && found.objects == 0, "%d, %d", found.classes, found.objects);
}

static void objects(void) {
    char *model = g_strdup_printf("model=\"%s\"", detector());
    Found found = run_with(model);
    g_free(model);
    CHECK(found.classes == 0, "%d", found.classes);
    CHECK(found.objects == 20 || !is_fake(), "%d", found.objects); /* the stand-in finds two in each picture */
}
#else
static void classes(void) { skip("GStreamer has no analytics here"); }
static void objects(void) { skip("GStreamer has no analytics here"); }
#endif

const Case analytics_cases[] = {{"analytics-classes", classes}, {"analytics-objects", objects}, {NULL, NULL}};
