// Takes the packets of one video stream out of a container. Owned by a `VideoFileSource`, on that source's thread.
//
// Files are untrusted. The bytes are opened here, by us, and the container is recognised by its content alone; FFmpeg
// is then told to open nothing more, so no playlist or reference in a file can reach another file or the network.

import CFFmpeg
import Kernels

/// An opened file or pipe.
private final class ByteStream {
    var context: UnsafeMutablePointer<AVIOContext>?
    private let patience: Patience

    /// - Parameter url: `file:` and a path, or `pipe:` and a descriptor, which stays the caller's.
    init(url: String, name: String, _ options: SourceOptions) throws(VideoError) {
        patience = Patience(options.cancellation)
        var choices: OpaquePointer?
        av_dict_set(&choices, "protocol_whitelist", "file,pipe", 0)
        defer { av_dict_free(&choices) }
        // Asked before each read, and once a millisecond while a non-blocking pipe has nothing.
        var stop = patience.callback
        let code = avio_open2(&context, url, AVIO_FLAG_READ, &stop, &choices)
        guard code >= 0 else { throw VideoError(.unreadable, name, ffmpegReason(code)) }
    }

    deinit { avio_closep(&context) }

    /// Whether the last byte was read.
    var isAtEnd: Bool { context!.pointee.eof_reached != 0 }

    /// Nothing came, so far.
    var isEmpty: Bool { context!.pointee.bytes_read == 0 }

    /// Whether what comes next is a text, which is read by that.
    func next(is text: StaticString) -> Bool {
        var read = [UInt8](repeating: 0, count: text.utf8CodeUnitCount)
        let count = avio_read(context, &read, Int32(read.count))
        return count == read.count && text.withUTF8Buffer { $0.elementsEqual(read) }
    }
}

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
    private let bytes: ByteStream
    private let messages: FFmpegMessages
    private let streamIndex: Int
    private var packetCount = 0
    /// Where the last packet ends in the file.
    private var packetsEnd: Int64 = 0
    /// Where the last packet begins in the file.
    private var packetStart: Int64 = -1
    private var errorsBeforeRead = 0
    /// Places where a transport stream's counters jump.
    private(set) var gapCount = 0
    /// A packet behind a gap, read already.
    private var isHoldingPacket = false
    /// Errors logged while reading ahead at the start, where the end of a short file may already show.
    private let errorsAhead: Int

    /// Formats that name other files or hosts, or that show text as pictures.
    private static let refusedFormats: Set<String> = [
        "sdp", "imf", "rtsp", "rtp", "image2", "webm_dash_manifest", "tty", "vobsub", "lavfi",
    ]
    private static let playlists: Set<String> = ["hls", "applehttp", "dash", "concat", "concatf"]
    /// Beyond this a picture is taken for an attack on memory: 8192 × 8192.
    static let pixelLimit: Int64 = 1 << 26

    /// - Parameters:
    ///   - url: `file:` and a path, or `pipe:` and a descriptor.
    ///   - format: FFmpeg's name of the container; nil: recognise it.
    ///   - name: what errors call the input. By its extension, a file whose first bytes FFmpeg doesn't recognise is
    ///     still taken for a picture.
    init(url: String, format: String? = nil, name: String, _ options: SourceOptions) throws(VideoError) {
        let messages = FFmpegMessages()
        let bytes = try ByteStream(url: url, name: name, options)
        self.bytes = bytes
        self.messages = messages
        let (input, pictureCodec) = try Self.recognise(bytes, format: format, name: name)
        let formatName = String(cString: input.pointee.name)

        var opened = avformat_alloc_context()
        if let pictureCodec {
            // The whole file is one picture; a parser would look for where the next one begins.
            opened!.pointee.video_codec_id = pictureCodec
            opened!.pointee.flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN
        }
        opened!.pointee.pb = bytes.context
        opened!.pointee.opaque = UnsafeMutableRawPointer(messages.buffer)
        var choices: OpaquePointer?
        // No protocol has this name: everything that the demuxer itself tries to open fails.
        av_dict_set(&choices, "protocol_whitelist", "none", 0)
        defer { av_dict_free(&choices) }
        var code = avformat_open_input(&opened, "", input, &choices)
        guard code >= 0 else {
            throw bytes.isEmpty
                ? VideoError(.empty, name, "no bytes")
                : VideoError(.notVideo, name, format == nil ? messages.reason(for: code) : Self.noYuv4mpeg)
        }
        let errorsInHeader = messages.count
        code = Self.findStreams(opened!)
        errorsAhead = messages.count - errorsInHeader
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
            throw code < 0
                ? VideoError(.notVideo, name, messages.reason(for: code))
                : VideoError(.noVideoStream, name, "\(formatName) with \(count) other streams")
        }
        for index in 0..<Int(opened!.pointee.nb_streams) where index != Int(best) {
            opened!.pointee.streams[index]!.pointee.discard = AVDISCARD_ALL
        }
        streamIndex = Int(best)
        context = opened
    }

    deinit { avformat_close_input(&context) }

    private static let noYuv4mpeg = """
        its yuv4mpeg header is missing or damaged; other formats are read by their file's name, or sent through \
        ffmpeg -i FILE -f yuv4mpegpipe -
        """

    private static let isPlaylist = "it is a playlist; name a video that it lists"

    /// Finds the container's format from the first bytes, which stay to be read.
    /// - Returns: with the codec, where only the name says that it is a picture.
    private static func recognise(_ bytes: ByteStream, format: String?, name: String) throws(VideoError)
        -> (input: UnsafePointer<AVInputFormat>, picture: AVCodecID?)
    {
        if let format { return (av_find_input_format(format)!, nil) }
        var found: UnsafePointer<AVInputFormat>?
        // Without the file's name: FFmpeg would judge by its extension, and take `%d` in it for a series of files.
        let code = av_probe_input_buffer2(bytes.context, &found, "", nil, 0, 0)
        guard code >= 0, let found else {
            if bytes.isEmpty { throw VideoError(.empty, name, "no bytes") }
            if isPictureName(name), let image = av_guess_format("image2", nil, nil) {
                let codec = av_guess_codec(image, nil, name, nil, AVMEDIA_TYPE_VIDEO)
                return (av_find_input_format("image2pipe")!, codec)
            }
            // FFmpeg 7 knows these by their name alone, which it isn't told.
            if bytes.next(is: "#EXTM3U") { throw VideoError(.refused, name, isPlaylist) }
            throw VideoError(.notVideo, name, ffmpegReason(code))
        }
        let names = String(cString: found.pointee.name).split(separator: ",").map(String.init)
        if names.contains(where: playlists.contains) {
            throw VideoError(.refused, name, isPlaylist)
        }
        if let refused = names.first(where: refusedFormats.contains) {
            throw VideoError(.refused, name, "FFmpeg takes it for the format '\(refused)', which names other inputs")
        }
        return (found, nil)
    }

    /// Reads ahead until the streams are known, with the pixel limit for the decoders that this starts.
    private static func findStreams(_ context: UnsafeMutablePointer<AVFormatContext>) -> Int32 {
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
        errorsBeforeRead = messages.count
        while true {
            let code = av_read_frame(context, packet)
            if code == cffmpeg_error_again { continue }
            guard code >= 0 else { return ending(code) }
            guard Int(packet.pointee.stream_index) == streamIndex else {
                av_packet_unref(packet)
                continue
            }
            // MPEG-TS marks what follows a lost transport packet or a joint; whether it hurts, its decoder says.
            let isMarked = packet.pointee.flags & AV_PKT_FLAG_CORRUPT != 0
            let isCut = isMarked && formatName != "mpegts"
            if isMarked && !isCut && packetCount > 0 { gapCount += 1 }
            packetCount += 1
            packetStart = packet.pointee.pos
            packetsEnd = max(packetsEnd, packet.pointee.pos &+ Int64(packet.pointee.size))
            if isCut {
                av_packet_unref(packet)
                let reason = "a packet is cut short"
                return bytes.isAtEnd ? .broken(reason) : .damaged(reason)
            }
            // Matroska's demuxer looks for the next cluster by itself, and only logs what it skipped.
            if formatName.hasPrefix("matroska"), packetCount > 1, messages.count > errorsBeforeRead {
                isHoldingPacket = true
                return .damaged(messages.reason(for: cffmpeg_error_invalid))
            }
            return .packet
        }
    }

    /// Tells a real end from a break, which many demuxers report as an end too.
    private func ending(_ code: Int32) -> Packet {
        let input = bytes.context!
        if input.pointee.error < 0 && input.pointee.error != cffmpeg_error_eof {
            return .broken(ffmpegReason(input.pointee.error))
        }
        if code != cffmpeg_error_eof { return .broken(messages.reason(for: code)) }
        if isMov {
            let known = Int(avformat_index_get_entries_count(stream))
            return packetCount < known ? .broken("the file ends before its last \(known - packetCount) packets") : .end
        }
        if formatName == "yuv4mpegpipe" {
            return avio_tell(input) > packetsEnd ? .broken("the last frame is cut short") : .end
        }
        // These only log what they can't read, and end.
        let onlyLogs = formatName.hasPrefix("matroska") || formatName == "gif"
        if onlyLogs, messages.count > errorsBeforeRead || errorsAhead > 0 {
            return .broken(messages.reason(for: code))
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
