// FFmpeg libraries: demuxing, decoding, scaling. Below them: macros that Swift can't import, and the collecting of
// FFmpeg's error messages, which needs a va_list.
#pragma once
#include <libavformat/avformat.h>
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
#include <string.h>

static const int cffmpeg_error_eof = AVERROR_EOF;
static const int cffmpeg_error_again = AVERROR(EAGAIN);
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

/// An error that one demuxer or decoder logged. Its address is that context's `opaque`.
typedef struct cffmpeg_messages {
    char busy;       // spin lock: frame-threaded decoders log from several threads
    char is_kept;    // whether the next error leaves `text` as it is
    char keeps_one;  // whether the next error, written to `text`, is then kept
    unsigned count;  // errors logged so far
    char text[256];
} cffmpeg_messages;

static inline void cffmpeg_messages_lock(cffmpeg_messages *messages) {
    while (__atomic_test_and_set(&messages->busy, __ATOMIC_ACQUIRE)) {}
}

static inline void cffmpeg_messages_unlock(cffmpeg_messages *messages) {
    __atomic_clear(&messages->busy, __ATOMIC_RELEASE);
}

/// Walks from the object that logged up to the context that the program made, and returns its `opaque`.
static inline cffmpeg_messages *cffmpeg_messages_of(void *object) {
    while (object) {
        const AVClass *class = *(const AVClass **)object;
        if (!class) return NULL;
        if (!strcmp(class->class_name, "AVFormatContext"))
            return (cffmpeg_messages *)((AVFormatContext *)object)->opaque;
        if (!strcmp(class->class_name, "AVCodecContext"))
            return (cffmpeg_messages *)((AVCodecContext *)object)->opaque;
        if (!class->parent_log_context_offset) return NULL;
        object = *(void **)((char *)object + class->parent_log_context_offset);
    }
    return NULL;
}

static inline void cffmpeg_log(void *object, int level, const char *format, va_list arguments) {
    if (level > AV_LOG_ERROR) return;
    cffmpeg_messages *messages = cffmpeg_messages_of(object);
    if (!messages) return;
    cffmpeg_messages_lock(messages);
    if (!messages->is_kept) {
        vsnprintf(messages->text, sizeof messages->text, format, arguments);
        messages->is_kept = messages->keeps_one;
    }
    messages->count++;
    cffmpeg_messages_unlock(messages);
}

/// From now on FFmpeg prints nothing: errors go to the context's messages, the rest is dropped. For the whole process.
static inline void cffmpeg_collect_messages(void) { av_log_set_callback(cffmpeg_log); }
