// The error messages of one demuxer or decoder, kept instead of printed. Owned by that demuxer or decoder; FFmpeg
// writes from its threads, under the C side's lock.

import CFFmpeg

/// Where one FFmpeg context's errors are collected.
final class FFmpegMessages {
    /// To be set as the context's `opaque`; valid as long as this object lives.
    let buffer: UnsafeMutablePointer<cffmpeg_messages>

    private static let collecting: Void = cffmpeg_collect_messages()

    init() {
        Self.collecting
        buffer = .allocate(capacity: 1)
        buffer.initialize(to: cffmpeg_messages())
    }

    deinit {
        cffmpeg_messages_release(buffer)
        buffer.deallocate()
    }

    /// Errors logged so far.
    var count: Int {
        cffmpeg_messages_lock(buffer)
        defer { cffmpeg_messages_unlock(buffer) }
        return Int(buffer.pointee.count)
    }

    /// From now on the first error counts, until this is called again: what follows one is often but its consequence.
    func keepFirst() {
        cffmpeg_messages_lock(buffer)
        (buffer.pointee.is_kept, buffer.pointee.keeps_one) = (0, 1)
        cffmpeg_messages_unlock(buffer)
    }

    /// The last error logged, or the first since `keepFirst`, or the words for `code` when there was none.
    func reason(for code: Int32) -> String {
        cffmpeg_messages_lock(buffer)
        defer { cffmpeg_messages_unlock(buffer) }
        guard buffer.pointee.count > 0 else { return ffmpegReason(code) }
        let text = withUnsafeBytes(of: &buffer.pointee.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let end = text.lastIndex { !$0.isWhitespace && $0 != "." }
        return end.map { String(text[...$0]) } ?? ffmpegReason(code)
    }
}
