/* Buffers in: maps each, lends its planes to the library, and queues it. On the sink pad's streaming thread, but for
 * `release`, which the library calls on any. */
#include "element.h"

#define FORMATS "{ NV12, I420, YV12, NV21, YUY2, UYVY, RGB, BGR, RGBx, BGRx, RGBA, BGRA, GRAY8, Y42B, Y444, " \
                "P010_10LE, I420_10LE, GRAY16_LE }"
#define CAPS "video/x-raw, format = (string) " FORMATS ", width = (int) [ 1, 16384 ], height = (int) [ 1, 16384 ], " \
             "framerate = (fraction) [ 0, max ]"

GstStaticPadTemplate gst_coexec_sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(CAPS));
GstStaticPadTemplate gst_coexec_src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(CAPS));

/* The library's name of a format, and how many planes it has. −1 for those that the caps don't allow. */
static coexec_format format_of(GstVideoFormat format, int *planes) {
    *planes = 1;
    switch (format) {
    case GST_VIDEO_FORMAT_NV12: *planes = 2; return COEXEC_NV12;
    case GST_VIDEO_FORMAT_NV21: *planes = 2; return COEXEC_NV21;
    case GST_VIDEO_FORMAT_P010_10LE: *planes = 2; return COEXEC_P010;
    case GST_VIDEO_FORMAT_I420:
    case GST_VIDEO_FORMAT_YV12: *planes = 3; return COEXEC_I420; /* V before U: planes are told by component */
    case GST_VIDEO_FORMAT_Y42B: *planes = 3; return COEXEC_I422;
    case GST_VIDEO_FORMAT_Y444: *planes = 3; return COEXEC_I444;
    case GST_VIDEO_FORMAT_I420_10LE: *planes = 3; return COEXEC_I010;
    case GST_VIDEO_FORMAT_YUY2: return COEXEC_YUY2;
    case GST_VIDEO_FORMAT_UYVY: return COEXEC_UYVY;
    case GST_VIDEO_FORMAT_RGB: return COEXEC_RGB;
    case GST_VIDEO_FORMAT_BGR: return COEXEC_BGR;
    case GST_VIDEO_FORMAT_RGBx:
    case GST_VIDEO_FORMAT_RGBA: return COEXEC_RGBX;
    case GST_VIDEO_FORMAT_BGRx:
    case GST_VIDEO_FORMAT_BGRA: return COEXEC_BGRX;
    case GST_VIDEO_FORMAT_GRAY8: return COEXEC_GRAY8;
    case GST_VIDEO_FORMAT_GRAY16_LE: return COEXEC_GRAY16;
    default: return -1;
    }
}

static void set_colours(coexec_picture *picture, const GstVideoColorimetry *colours) {
    switch (colours->matrix) {
    case GST_VIDEO_COLOR_MATRIX_BT601: picture->matrix = COEXEC_BT601; break;
    case GST_VIDEO_COLOR_MATRIX_BT709: picture->matrix = COEXEC_BT709; break;
    case GST_VIDEO_COLOR_MATRIX_BT2020: picture->matrix = COEXEC_BT2020; break;
    default: picture->matrix = COEXEC_MATRIX_AUTO;
    }
    switch (colours->range) {
    case GST_VIDEO_COLOR_RANGE_16_235: picture->range = COEXEC_LIMITED; break;
    case GST_VIDEO_COLOR_RANGE_0_255: picture->range = COEXEC_FULL; break;
    default: picture->range = COEXEC_RANGE_AUTO;
    }
}

static void release(void *user) {
    GstVideoFrame *frame = user;
    gst_video_frame_unmap(frame);
    g_free(frame);
}

/* Lends a buffer's frame to the library, which may wait for room. */
static GstFlowReturn submit(GstCoExec *self, GstBuffer *buffer, Item *item) {
    GstVideoFrame *frame = g_new0(GstVideoFrame, 1);
    if (!gst_video_frame_map(frame, &self->info, buffer, GST_MAP_READ)) {
        GST_WARNING_OBJECT(self, "a buffer that is no frame of its caps: %" GST_PTR_FORMAT, buffer);
        g_free(frame);
        item->fate = FATE_UNFIT;
        return GST_FLOW_OK;
    }
    int planes;
    coexec_picture picture = {
        .struct_size = sizeof picture,
        .format = format_of(GST_VIDEO_FRAME_FORMAT(frame), &planes),
        .width = GST_VIDEO_FRAME_WIDTH(frame),
        .height = GST_VIDEO_FRAME_HEIGHT(frame),
        .pts = (int64_t)GST_BUFFER_PTS(buffer),
        .user = frame,
        .release = release,
    };
    for (int plane = 0; plane < planes; plane++) {
        int index = planes == 3 ? (int)GST_VIDEO_FRAME_COMP_PLANE(frame, plane) : plane;
        picture.planes[plane] = GST_VIDEO_FRAME_PLANE_DATA(frame, index);
        picture.strides[plane] = GST_VIDEO_FRAME_PLANE_STRIDE(frame, index);
    }
    set_colours(&picture, &frame->info.colorimetry);
    const GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta(buffer);
    if (crop != NULL) {
        picture.crop_x = item->crop_x = (int)crop->x;
        picture.crop_y = item->crop_y = (int)crop->y;
        picture.crop_width = (int)crop->width;
        picture.crop_height = (int)crop->height;
    }
    item->width = picture.width;
    item->height = picture.height;

    gst_coexec_collect_results(self);
    coexec_status status = self->library->submit(self->stream, &picture, -1);
    if (status == COEXEC_OK) return GST_FLOW_OK;
    release(frame);
    if (status == COEXEC_INTERRUPTED) return GST_FLOW_FLUSHING;
    if (status == COEXEC_UNAVAILABLE) {
        GST_ELEMENT_ERROR(self, STREAM, FAILED, ("No picture can be handed in."), ("%s", self->library->refusal()));
        return GST_FLOW_ERROR;
    }
    GST_WARNING_OBJECT(self, "the library doesn't take %" GST_PTR_FORMAT ": %s", buffer,
                       status == COEXEC_END ? "the stream is over" : self->library->refusal());
    item->fate = FATE_UNFIT;
    return GST_FLOW_OK;
}

/* A live source can't be held back: by default the oldest frames make room there. */
static void ask_whether_live(GstCoExec *self) {
    GstQuery *query = gst_query_new_latency();
    gboolean is_live = FALSE;
    if (gst_pad_peer_query(self->sinkpad, query)) gst_query_parse_latency(query, &is_live, NULL, NULL);
    gst_query_unref(query);
    GST_OBJECT_LOCK(self);
    gboolean is_news = is_live != self->is_live;
    self->is_live = is_live;
    GST_OBJECT_UNLOCK(self);
    if (is_news) gst_coexec_reconfigure(self);
}

static gboolean comes_too_late(GstCoExec *self, GstClockTime running_time) {
    GST_OBJECT_LOCK(self);
    gboolean is_late = self->settings.qos && GST_CLOCK_TIME_IS_VALID(running_time) &&
                       GST_CLOCK_TIME_IS_VALID(self->earliest_time) && running_time <= self->earliest_time;
    GST_OBJECT_UNLOCK(self);
    return is_late;
}

GstFlowReturn gst_coexec_chain(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
    GstCoExec *self = GST_COEXEC(parent);
    (void)pad;
    if (self->asks_whether_live) {
        self->asks_whether_live = FALSE;
        ask_whether_live(self);
    }
    GstFlowReturn flow = gst_coexec_wait_for_room(self);
    if (flow == GST_FLOW_OK && GST_VIDEO_INFO_FORMAT(&self->info) == GST_VIDEO_FORMAT_UNKNOWN)
        flow = GST_FLOW_NOT_NEGOTIATED;
    Item item = {
        .object = GST_MINI_OBJECT(buffer),
        .running_time = GST_CLOCK_TIME_NONE,
        .stream_time = GST_CLOCK_TIME_NONE,
        .fate = FATE_SUBMITTED,
        .result = {.status = -1},
    };
    if (self->segment.format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID(buffer)) {
        item.running_time = gst_segment_to_running_time(&self->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
        item.stream_time = gst_segment_to_stream_time(&self->segment, GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    }
    if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP))
        item.fate = FATE_GAP;
    else if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED))
        item.fate = FATE_UNFIT;
    else if (comes_too_late(self, item.running_time))
        item.fate = FATE_SKIPPED;
    else if (flow == GST_FLOW_OK)
        flow = submit(self, buffer, &item);
    if (flow != GST_FLOW_OK) {
        gst_buffer_unref(buffer);
        return flow;
    }
    return gst_coexec_enqueue(self, item);
}
