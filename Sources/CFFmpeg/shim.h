// FFmpeg libraries: demuxing, decoding, scaling. Below them: macros that Swift can't import, and the collecting of
// FFmpeg's error messages, which needs a va_list.
#pragma once
#include <libavformat/avformat.h>
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <libavutil/display.h>
#include <libavutil/hwcontext.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <string.h>

static const int cffmpeg_error_eof = AVERROR_EOF;
static const int cffmpeg_error_again = AVERROR(EAGAIN);
static const int cffmpeg_error_exit = AVERROR_EXIT;
static const int cffmpeg_error_invalid = AVERROR_INVALIDDATA;
static const int64_t cffmpeg_no_pts = AV_NOPTS_VALUE;

/// The container's display matrix of a stream, nine numbers; NULL where it has none.
static inline const int32_t *cffmpeg_display_matrix(const AVStream *stream) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    const AVCodecParameters *parameters = stream->codecpar;
    const AVPacketSideData *found = av_packet_side_data_get(
        parameters->coded_side_data, parameters->nb_coded_side_data, AV_PKT_DATA_DISPLAYMATRIX);
    return found && found->size >= 9 * sizeof(int32_t) ? (const int32_t *)found->data : NULL;
#else
    size_t size = 0;
    const uint8_t *found = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return found && size >= 9 * sizeof(int32_t) ? (const int32_t *)found : NULL;
#endif
}

/// Whether the streams are parts of one picture, as in the HEIC files of phones.
static inline int cffmpeg_is_tiled(const AVFormatContext *context) {
#if LIBAVFORMAT_VERSION_MAJOR >= 61
    for (unsigned i = 0; i < context->nb_stream_groups; i++)
        if (context->stream_groups[i]->type == AV_STREAM_GROUP_PARAMS_TILE_GRID) return 1;
#else
    (void)context;
#endif
    return 0;
}

/// A picture in a decoder's hands: which of its contexts decodes it, one a thread, and a byte that the picture's frame
/// carries in `opaque_ref`, 1 once something in it was made up.
typedef struct cffmpeg_picture {
    const AVCodecContext *context;
    AVBufferRef *mark;
} cffmpeg_picture;

/// An error that one demuxer or decoder logged. Its address is that context's `opaque`.
typedef struct cffmpeg_messages {
    char busy;       // spin lock: frame-threaded decoders log from several threads
    char is_kept;    // whether the next error leaves `text` as it is
    char keeps_one;  // whether the next error, written to `text`, is then kept
    unsigned count;  // errors logged so far
    char text[256];
    AVBufferPool *marks;
    cffmpeg_picture pictures[16];
} cffmpeg_messages;

static inline void cffmpeg_messages_lock(cffmpeg_messages *messages) {
    while (__atomic_test_and_set(&messages->busy, __ATOMIC_ACQUIRE)) {}
}

static inline void cffmpeg_messages_unlock(cffmpeg_messages *messages) {
    __atomic_clear(&messages->busy, __ATOMIC_RELEASE);
}

static inline void cffmpeg_messages_release(cffmpeg_messages *messages) {
    for (int i = 0; i < 16; i++) av_buffer_unref(&messages->pictures[i].mark);
    av_buffer_pool_uninit(&messages->marks);
}

/// `get_buffer2` of decoders that mend what is damaged. With several frames in hand, FFmpeg 5 passes a frame on before its
/// own flags say that it was mended; the mark is the same in all references to the frame.
static inline int cffmpeg_get_marked_buffer(AVCodecContext *context, AVFrame *frame, int flags) {
    int code = avcodec_default_get_buffer2(context, frame, flags);
    if (code < 0) return code;
    cffmpeg_messages *messages = (cffmpeg_messages *)context->opaque;
    cffmpeg_messages_lock(messages);
    if (!messages->marks) messages->marks = av_buffer_pool_init(1, NULL);
    AVBufferRef *mark = messages->marks ? av_buffer_pool_get(messages->marks) : NULL;
    int place = 0;
    while (place < 15 && messages->pictures[place].context && messages->pictures[place].context != context) place++;
    cffmpeg_picture *picture = &messages->pictures[place];
    av_buffer_unref(&picture->mark);
    picture->context = context;
    if (mark) {
        __atomic_store_n(mark->data, 0, __ATOMIC_RELAXED);
        picture->mark = av_buffer_ref(mark);
    }
    cffmpeg_messages_unlock(messages);
    av_buffer_unref(&frame->opaque_ref);
    frame->opaque_ref = mark;
    if (mark) return code;
    av_frame_unref(frame);
    return AVERROR(ENOMEM);
}

/// Lets a decoder mark its frames: before it is opened, with its messages set.
static inline void cffmpeg_mark_frames(AVCodecContext *context) {
    context->get_buffer2 = cffmpeg_get_marked_buffer;
#if FF_API_THREAD_SAFE_CALLBACKS
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    context->thread_safe_callbacks = 1;
#pragma GCC diagnostic pop
#endif
}

/// Whether something in a frame was made up.
static inline int cffmpeg_is_mended(const AVFrame *frame) {
    if (frame->decode_error_flags || frame->flags & AV_FRAME_FLAG_CORRUPT) return 1;
    return frame->opaque_ref && __atomic_load_n(frame->opaque_ref->data, __ATOMIC_ACQUIRE);
}

/// Marks the picture that a decoder was at when it logged this; with the lock.
static inline void cffmpeg_mark_picture(
    cffmpeg_messages *messages, const AVCodecContext *decoder, const char *format) {
    // Decoders of MPEG and H.264 say so of each slice that they can't decode, and of each picture that they mended.
    if (strncmp(format, "error while decoding", 20) && strncmp(format, "concealing", 10)) return;
    for (int i = 0; decoder && i < 16; i++)
        if (messages->pictures[i].context == decoder && messages->pictures[i].mark)
            __atomic_store_n(messages->pictures[i].mark->data, 1, __ATOMIC_RELEASE);
}

/// Walks from the object that logged up to the context that the program made, or one of its threads' copies of that, and
/// returns its `opaque`, and that context where it is a decoder's.
static inline cffmpeg_messages *cffmpeg_messages_of(void *object, const AVCodecContext **decoder) {
    *decoder = NULL;
    while (object) {
        const AVClass *class = *(const AVClass **)object;
        if (!class) return NULL;
        if (!strcmp(class->class_name, "AVFormatContext"))
            return (cffmpeg_messages *)((AVFormatContext *)object)->opaque;
        if (!strcmp(class->class_name, "AVCodecContext")) {
            *decoder = (const AVCodecContext *)object;
            return (cffmpeg_messages *)(*decoder)->opaque;
        }
        if (!class->parent_log_context_offset) return NULL;
        object = *(void **)((char *)object + class->parent_log_context_offset);
    }
    return NULL;
}

/// Whether a warning tells of a loss: parts of a playlist that can't be opened, or that the server has no longer.
static inline int cffmpeg_is_loss(const char *format) {
    return !strncmp(format, "Failed to open segment", 22)
        || (!strncmp(format, "skipping ", 9) && strstr(format, "segments ahead"));
}

static inline void cffmpeg_log(void *object, int level, const char *format, va_list arguments) {
    // What was mended is told as information.
    if (level > AV_LOG_INFO) return;
    const AVCodecContext *decoder;
    cffmpeg_messages *messages = cffmpeg_messages_of(object, &decoder);
    if (!messages) return;
    cffmpeg_messages_lock(messages);
    cffmpeg_mark_picture(messages, decoder, format);
    if (level > AV_LOG_ERROR && !cffmpeg_is_loss(format)) {
        cffmpeg_messages_unlock(messages);
        return;
    }
    if (!messages->is_kept) {
        vsnprintf(messages->text, sizeof messages->text, format, arguments);
        messages->is_kept = messages->keeps_one;
    }
    messages->count++;
    cffmpeg_messages_unlock(messages);
}

/// From now on FFmpeg prints nothing: errors go to the context's messages, the rest is dropped. For the whole process.
static inline void cffmpeg_collect_messages(void) { av_log_set_callback(cffmpeg_log); }
