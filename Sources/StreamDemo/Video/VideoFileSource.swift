// Frames of a video file, a single picture, or a yuv4mpeg pipe, through FFmpeg. Belongs to the thread that pulls.

import CFFmpeg
import Glibc
import Kernels

/// Decodes anything that FFmpeg reads, at its own size, rotation marks ignored.
final class VideoFileSource: FrameSource {
    let expectedFrameCount: Int?

    private let name: String
    private let demuxer: Demuxer
    private let decoder: Decoder
    private let converter = PictureConverter()
    /// Kept open while the demuxer reads from it.
    private var pipe: Pipe?
    private var packet = av_packet_alloc()
    private var frame = av_frame_alloc()

    private enum State {
        case reading
        /// No more packets; the decoder gives the frames it holds back. Then comes the break, if there was one.
        case draining(break: String?)
        case ended
    }
    private var state = State.reading
    private var deliveredCount = 0
    private var firstTimestamp: Int64?
    /// Whether a packet at which decoding can start has been seen. Recordings joined midway begin with some that can't
    /// be decoded, which is no damage.
    private var sawKeyPacket = false
    /// Why no packet could be decoded, so far.
    private var startFailure: String?
    /// Time stamp of the packet that couldn't be decoded: its frame may still come out, damaged.
    private var damagedTimestamp: Int64?

    /// Opens a video or picture file.
    /// - Parameter decoderThreads: few, because the devices need the cores.
    /// - Throws: `VideoError` when it can't be read, or has no video stream that FFmpeg can decode.
    convenience init(path: String, decoderThreads: Int = 1) throws(VideoError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw VideoError(.unreadable, path, String(cString: strerror(errno)))
        }
        if status.st_mode & S_IFMT == S_IFREG && status.st_size == 0 { throw VideoError(.empty, path, "no bytes") }
        try self.init(demuxer: Demuxer(url: "file:" + path, name: path), threads: decoderThreads, name: path)
    }

    /// Reads a yuv4mpeg stream from a descriptor, which stays the caller's.
    /// - Throws: `VideoError` when it doesn't begin with a yuv4mpeg header.
    convenience init(yuv4mpegFrom fileDescriptor: Int32, name: String) throws(VideoError) {
        let pipe = Pipe(reopening: fileDescriptor)
        let demuxer = try Demuxer(url: "pipe:\(pipe.descriptor)", format: "yuv4mpegpipe", name: name)
        try self.init(demuxer: demuxer, threads: 1, name: name)
        self.pipe = pipe
    }

    private init(demuxer: Demuxer, threads: Int, name: String) throws(VideoError) {
        precondition(threads > 0)
        self.name = name
        self.demuxer = demuxer
        decoder = try Decoder(demuxer.parameters, timeBase: demuxer.timeBase, threads: threads, name: name)
        expectedFrameCount = demuxer.expectedFrameCount
    }

    deinit {
        av_packet_free(&packet)
        av_frame_free(&frame)
    }

    func next() throws(VideoError) -> VideoFrame? {
        while true {
            if case .ended = state { return nil }
            let code = decoder.receive(into: frame!)
            if code >= 0 {
                if let decoded = try takeFrame() { return decoded }
            } else if case .draining(let failure) = state {
                state = .ended
                if let failure = failure ?? lateFailure(code) { throw brokenOff(failure) }
            } else if code == cffmpeg_error_again {
                feedDecoder()
            } else {
                decodingFailed(code)
            }
        }
    }

    /// What is wrong with a stream that came to its end, and whose decoder then answered with `code`.
    private func lateFailure(_ code: Int32) -> String? {
        if code != cffmpeg_error_eof { return decoder.reason(for: code) }
        return deliveredCount > 0 ? nil : startFailure ?? "there is no frame in it"
    }

    private func brokenOff(_ reason: String) -> VideoError {
        VideoError(.brokenOff(afterFrames: deliveredCount), name, reason)
    }

    /// Converts the frame just received; nil if it is the damaged one.
    private func takeFrame() throws(VideoError) -> VideoFrame? {
        defer { av_frame_unref(frame) }
        let timestamp = frame!.pointee.best_effort_timestamp
        if let damagedTimestamp, timestamp == damagedTimestamp { return nil }
        if frame!.pointee.decode_error_flags != 0 {
            state = .ended
            throw brokenOff(decoder.reason(for: cffmpeg_error_invalid))
        }
        guard let image = converter.convert(frame!) else {
            state = .ended
            throw brokenOff("its pixel format can't be converted to RGB")
        }
        deliveredCount += 1
        return VideoFrame(image: image, presentationNanoseconds: nanoseconds(timestamp), fileName: nil)
    }

    private func nanoseconds(_ timestamp: Int64) -> Int? {
        guard timestamp != cffmpeg_no_pts else { return nil }
        let first = firstTimestamp ?? timestamp
        firstTimestamp = first
        return Int(av_rescale_q(timestamp &- first, demuxer.timeBase, AVRational(num: 1, den: 1_000_000_000)))
    }

    private func feedDecoder() {
        switch demuxer.read(into: packet!) {
        case .packet:
            defer { av_packet_unref(packet) }
            let code = decoder.send(packet)
            if packet!.pointee.flags & AV_PKT_FLAG_KEY != 0 { sawKeyPacket = true }
            if code < 0 { decodingFailed(code) }
        case .end: drain(after: nil)
        case .broken(let reason): drain(after: reason)
        }
    }

    private func decodingFailed(_ code: Int32) {
        let reason = decoder.reason(for: code)
        if sawKeyPacket {
            damagedTimestamp = packet!.pointee.pts == cffmpeg_no_pts ? nil : packet!.pointee.pts
            drain(after: reason)
        } else {
            startFailure = reason
        }
    }

    private func drain(after failure: String?) {
        state = .draining(break: failure)
        _ = decoder.send(nil)
    }
}
