// Takes the packets of one video stream out of a container. Owned by a `VideoFileSource`, on that source's thread.

import CFFmpeg
import Kernels
import System

/// Reads one container's video packets in file order.
final class Demuxer {
    enum Packet {
        case packet
        case end
        /// Something was lost here; what follows can be read.
        case damaged(String)
        /// The container is cut short or damaged here, and nothing follows.
        case broken(String)
    }

    private var context: UnsafeMutablePointer<AVFormatContext>?
    /// nil where the format opened its input itself.
    private let bytes: ByteStream?
    private let patience: Patience
    private let messages: FFmpegMessages
    private let streamIndex: Int
    private var packetCount = 0
    /// Where the last packet ends in the file.
    private var packetsEnd: Int64 = 0
    /// Where the last packet begins in the file.
    private var packetStart: Int64 = -1
    private var errorsBeforeRead = 0
    private var lastLoss: String?
    /// Places where a transport stream's counters jump.
    private(set) var gapCount = 0
    /// A packet behind a gap, read already.
    private var isHoldingPacket = false
    /// Errors logged while reading ahead at the start, where the end of a short file may already show.
    private let errorsAhead: Int

    /// Beyond this a picture is taken for an attack on memory: 8192 × 8192.
    static let pixelLimit: Int64 = 1 << 26

    /// Whether frames come when they come: `LiveSource` says how that is told.
    let isLive: Bool
    /// When the last packet came, as `monotonicNanoseconds`; kept for what is live.
    private(set) var arrivalNanoseconds = 0
    private var backlog: OpeningBacklog
    /// What a camera doesn't do as it was asked.
    let cameraNote: String?
    private let isCamera: Bool
    /// Whether a server keeps what comes for a while: the parts of a playlist.
    let isKept: Bool
    /// A playlist's parts come one by one, and a part may last ten seconds.
    private let leastPatienceNanoseconds: Int
    /// Reading ahead takes some seconds where streams say little of themselves.
    private static let analysisNanoseconds = 10_000_000_000
    /// But what comes meanwhile is old when it can be read: of what may be live, less is read ahead.
    private static let liveAnalysisMicroseconds: Int64 = 1_000_000

    /// - Parameter name: what errors call the input.
    init(_ place: InputPlace, name: String, _ options: SourceOptions) throws(VideoError) {
        let messages = FFmpegMessages()
        let patience = Patience(
            options.cancellation, limitNanoseconds: place.isRemote ? options.timeoutNanoseconds : nil)
        patience.restart()
        let plan = try InputPlan(place, name: name, options, patience)
        let bytes = plan.bytes
        (self.bytes, self.messages, self.patience, isCamera) = (bytes, messages, patience, plan.isCamera)
        let formatName = String(cString: plan.format.pointee.name)

        var opened = avformat_alloc_context()
        if let pictureCodec = plan.picture {
            // The whole file is one picture; a parser would look for where the next one begins.
            opened!.pointee.video_codec_id = pictureCodec
            opened!.pointee.flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN
        }
        // Else it would wait for a picture where nobody asks whether to go on.
        if plan.isCamera { opened!.pointee.flags |= AVFMT_FLAG_NONBLOCK }
        opened!.pointee.pb = bytes?.context
        opened!.pointee.opaque = UnsafeMutableRawPointer(messages.buffer)
        opened!.pointee.interrupt_callback = patience.callback
        let choices = ByteStream.Dictionary(plan.options)
        patience.restart()
        var code = avformat_open_input(&opened, plan.url, plan.format, &choices.entries)
        guard code >= 0 else {
            if let reason = patience.reason { throw VideoError(.unreadable, name, reason) }
            guard let bytes else {
                throw VideoError(.unreadable, name, plan.reason(code) ?? messages.reason(for: code))
            }
            throw bytes.isEmpty
                ? VideoError(.empty, name, "no bytes")
                : VideoError(
                    .notVideo, name, formatName == "yuv4mpegpipe" ? Self.noYuv4mpeg : messages.reason(for: code))
        }
        let isPlaylist = formatName.hasPrefix("hls")
        let hasLength = !isPlaylist && bytes?.hasLength == true
        if place.isRemote, !isPlaylist, !hasLength {
            opened!.pointee.max_analyze_duration = Self.liveAnalysisMicroseconds
        }
        let errorsInHeader = messages.count
        patience.restart(atLeast: Self.analysisNanoseconds)
        backlog = OpeningBacklog(since: monotonicNanoseconds())
        code = Self.findStreams(opened!)
        // What a playlist lacks at its beginning is told before its first packet.
        errorsAhead = isPlaylist ? 0 : messages.count - errorsInHeader
        let best = av_find_best_stream(opened, AVMEDIA_TYPE_VIDEO, -1, -1, nil, 0)
        let isCover =
            best >= 0 && opened!.pointee.streams[Int(best)]!.pointee.disposition & AV_DISPOSITION_ATTACHED_PIC != 0
        if cffmpeg_is_tiled(opened) != 0 {
            avformat_close_input(&opened)
            throw VideoError(.unsupportedCodec, name, "is a picture made of tiles (HEIC), which can't be read yet")
        }
        guard code >= 0, best >= 0, !isCover else {
            let count = opened!.pointee.nb_streams
            avformat_close_input(&opened)
            if let reason = patience.reason { throw VideoError(.unreadable, name, reason) }
            throw code < 0
                ? VideoError(.notVideo, name, messages.reason(for: code))
                : VideoError(.noVideoStream, name, "\(formatName) with \(count) other streams")
        }
        for index in 0..<Int(opened!.pointee.nb_streams) where index != Int(best) {
            opened!.pointee.streams[index]!.pointee.discard = AVDISCARD_ALL
        }
        streamIndex = Int(best)
        context = opened
        (isKept, leastPatienceNanoseconds) = (isPlaylist, isPlaylist ? 30_000_000_000 : 0)
        isLive = place.isRemote && opened!.pointee.duration <= 0 && !hasLength
        let stream = opened!.pointee.streams[Int(best)]!.pointee
        cameraNote =
            plan.isCamera
            ? CameraDevices.note(stream.codecpar.pointee, rate: stream.avg_frame_rate, options, name: name) : nil
    }

    deinit { avformat_close_input(&context) }

    private static let noYuv4mpeg = """
        its yuv4mpeg header is missing or damaged; other formats are read by their file's name, or sent through \
        ffmpeg -i FILE -f yuv4mpegpipe -
        """

    /// Reads ahead until the streams are known, with the pixel limit for the decoders that this starts.
    static func findStreams(_ context: UnsafeMutablePointer<AVFormatContext>) -> Int32 {
        let count = Int(context.pointee.nb_streams)
        guard count > 0 else { return avformat_find_stream_info(context, nil) }
        return withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: count) { options in
            options.initialize(repeating: nil)
            for index in options.indices { av_dict_set_int(&options[index], "max_pixels", pixelLimit, 0) }
            defer { for index in options.indices { av_dict_free(&options[index]) } }
            return avformat_find_stream_info(context, options.baseAddress)
        }
    }

    private var stream: UnsafeMutablePointer<AVStream> { context!.pointee.streams[streamIndex]! }

    /// The stream's coding parameters; valid as long as the demuxer lives.
    var parameters: UnsafePointer<AVCodecParameters> { UnsafePointer(stream.pointee.codecpar) }
    var timeBase: AVRational { stream.pointee.time_base }

    private var formatName: String { String(cString: context!.pointee.iformat.pointee.name) }
    private var isMov: Bool { formatName.hasPrefix("mov,") }

    /// The container's own count, or its duration times its frame rate.
    var expectedFrameCount: Int? {
        let stream = stream.pointee
        if stream.nb_frames > 0 { return Int(stream.nb_frames) }
        let duration =
            stream.duration != cffmpeg_no_pts
            ? Double(stream.duration) * av_q2d(stream.time_base)
            : Double(context!.pointee.duration) / Double(AV_TIME_BASE)
        let rate = stream.avg_frame_rate
        guard duration > 0, duration < 1e9, rate.num > 0, rate.den > 0 else { return nil }
        return Int((duration * av_q2d(rate)).rounded())
    }

    /// When a frame was taken, by the clock on the wall, in nanoseconds since 1970: a camera's stamps are of that
    /// clock, and an RTSP server says what it was at a stamp of 0. nil where nothing says so.
    func wallNanoseconds(at timestamp: Int64) -> Int? {
        let nanoseconds = Int(av_rescale_q(timestamp, timeBase, AVRational(num: 1, den: 1_000_000_000)))
        if isCamera { return nanoseconds }
        let start = context!.pointee.start_time_realtime
        guard isLive, start != cffmpeg_no_pts, start > 0 else { return nil }
        // What a server says may be anything.
        return Int(start) &* 1000 &+ nanoseconds
    }

    /// How the container says that the stream's pictures are turned.
    var orientation: ImageOrientation? { cffmpeg_display_matrix(stream).map { ImageOrientation(displayMatrix: $0) } }

    /// Reads the stream's next packet. The corresponding C function is `av_read_frame`.
    /// - Parameter packet: the one of the last call, emptied unless that gave `.damaged`; filled if the result is
    ///   `.packet`.
    func read(into packet: UnsafeMutablePointer<AVPacket>) -> Packet {
        if isHoldingPacket {
            isHoldingPacket = false
            return .packet
        }
        errorsBeforeRead = isKept && packetCount == 0 ? 0 : messages.count
        patience.restart(atLeast: leastPatienceNanoseconds)
        let asked = monotonicNanoseconds()
        while true {
            let code = av_read_frame(context, packet)
            if code == cffmpeg_error_again {
                guard waitsForCamera() else { return .broken(patience.reason ?? ffmpegReason(cffmpeg_error_exit)) }
                continue
            }
            guard code >= 0 else { return ending(code) }
            guard Int(packet.pointee.stream_index) == streamIndex else {
                av_packet_unref(packet)
                // Its sound may go on.
                if let reason = patience.reason { return .broken(reason) }
                continue
            }
            if isLive {
                arrivalNanoseconds = backlog.arrival(
                    of: packet.pointee.pts, timeBase: timeBase, askedAt: asked, readAt: monotonicNanoseconds())
            }
            // MPEG-TS, of which most playlists' parts are, marks what follows a lost transport packet or a joint;
            // whether it hurts, its decoder says.
            let isMarked = packet.pointee.flags & AV_PKT_FLAG_CORRUPT != 0
            let isCut = isMarked && formatName != "mpegts" && !isKept
            if isMarked && !isCut && packetCount > 0 { gapCount += 1 }
            packetCount += 1
            packetStart = packet.pointee.pos
            packetsEnd = max(packetsEnd, packet.pointee.pos &+ Int64(packet.pointee.size))
            if isCut {
                av_packet_unref(packet)
                let reason = "a packet is cut short"
                return bytes?.isAtEnd == true ? .broken(reason) : .damaged(reason)
            }
            // Matroska's demuxer looks for the next cluster by itself, and that of playlists for the next part: they
            // only log what they skipped.
            let mayHaveSkipped = formatName.hasPrefix("matroska") && packetCount > 1 || isKept
            if mayHaveSkipped, let loss = newLoss() {
                isHoldingPacket = true
                return .damaged(loss)
            }
            return .packet
        }
    }

    /// What was logged in this read, once: FFmpeg may try more than once to open a part of a playlist.
    private func newLoss() -> String? {
        guard messages.count > errorsBeforeRead else { return nil }
        let loss = messages.reason(for: cffmpeg_error_invalid)
        defer { lastLoss = loss }
        return isKept && loss == lastLoss ? nil : loss
    }

    /// Gives a camera that has no picture yet some time for it.
    /// - Returns: whether to ask it again.
    private func waitsForCamera() -> Bool {
        if isCamera { sleep(untilNanoseconds: monotonicNanoseconds() + 1_000_000) }
        return !patience.isOver
    }

    /// Tells a real end from a break, which many demuxers report as an end too.
    private func ending(_ code: Int32) -> Packet {
        if let reason = patience.reason { return .broken(reason) }
        guard let bytes, let input = bytes.context else {
            return code == cffmpeg_error_eof ? .end : .broken(messages.reason(for: code))
        }
        if let failure = bytes.failure { return .broken(ffmpegReason(failure)) }
        if code != cffmpeg_error_eof { return .broken(messages.reason(for: code)) }
        if isMov {
            let known = Int(avformat_index_get_entries_count(stream))
            return packetCount < known ? .broken("the file ends before its last \(known - packetCount) packets") : .end
        }
        if formatName == "yuv4mpegpipe" {
            return avio_tell(input) > packetsEnd ? .broken("the last frame is cut short") : .end
        }
        // These only log what they can't read, and end.
        let onlyLogs = formatName.hasPrefix("matroska") || formatName == "gif" || isKept
        if onlyLogs, let reason = newLoss() ?? (errorsAhead > 0 ? messages.reason(for: code) : nil) {
            return .broken(reason)
        }
        if formatName == "mpegts", packetStart >= 0 {
            // A transport packet has 188 bytes, in some files with 4 before or 16 behind it.
            let rest = avio_tell(input) - packetStart
            let isWhole = rest % 188 == 0 || rest % 192 == 0 || rest % 204 == 0 || rest % 204 == 16
            return isWhole ? .end : .broken("the last transport packet is cut short")
        }
        return .end
    }
}
