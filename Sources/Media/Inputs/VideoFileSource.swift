// Frames of a video file, a single picture, a yuv4mpeg pipe, a URL or a camera, through FFmpeg. Belongs to the thread
// that pulls.

import CFFmpeg
import Glibc
import Kernels
import System

/// Decodes anything that FFmpeg reads, at its own size, turned upright. A frame that its decoder can't decode, or marks
/// as mended, is an error in its place.
package final class VideoFileSource: FrameSource {
    package let expectedFrameCount: Int?

    private let name: String
    private let demuxer: Demuxer
    private let decoder: Decoder
    private let converter = PictureConverter()
    private var packet = av_packet_alloc()
    private var frame = av_frame_alloc()

    private enum State {
        case reading
        /// No more packets; the decoder gives the frames it holds back. Then comes the break, if there was one.
        case draining(break: String?)
        case ended(break: String?)
        case finished
    }
    private var state = State.reading
    /// Place of the next frame, damaged ones counted.
    private var position = 0
    private var hasGivenFrame = false
    private var firstTimestamp: Int64?
    /// A decoded frame in `frame` that wasn't given yet.
    private var isHoldingFrame = false
    private var damage = DamageLog()
    private var lateFailures = LateFailures()
    /// Errors that the decoder had logged when the last failure was told.
    private var toldErrorCount = 0
    /// As many failures before the first frame are taken for a stream of which nothing can be decoded.
    private static let failureLimit = 250
    /// 36 years, in nanoseconds; a stamp beyond says nothing.
    private static let greatestTime = 1 << 60
    /// Behind a frame, no more failures than these wait for the next one, which may never come.
    private static let damageLimit = 1000
    /// Whether a packet at which decoding can start has been seen. Recordings joined midway begin with some that can't
    /// be decoded, which is no damage.
    private var sawKeyPacket = false
    /// Why no packet could be decoded, so far.
    private var startFailure: String?
    private var sawPacket = false
    /// Packets of a stream without time stamps are numbered instead, so that its frames can be told apart; nil for a
    /// stream with time stamps.
    private var packetNumber: Int64?
    /// Of the last packet, or its number.
    private var packetTimestamp: Int64?
    /// As the last packet itself says.
    private var tagOrientation: ImageOrientation?
    private var dynamicRangeNote: String?

    package var isLive: Bool { demuxer.isLive }
    package var isKept: Bool { demuxer.isKept }
    package var decoding: Decoding {
        Decoding(name: decoder.title, threadsNanoseconds: decoder.threadsNanoseconds)
    }
    /// When the frames of a live input were taken.
    private var moments: FrameMoments

    package var notes: [String] {
        let places = demuxer.gapCount == 1 ? "1 place" : "\(demuxer.gapCount) places"
        let gaps = "\(name): its transport packets jump in \(places): it was joined there, or frames are missing"
        return (demuxer.gapCount > 0 ? [gaps] : [])
            + [dynamicRangeNote, demuxer.cameraNote, moments.note].compactMap(\.self)
    }

    /// Opens a video or picture file.
    /// - Parameter decoderThreads: of the decoder, where its codec works on several frames at once.
    /// - Throws: `VideoError` when it can't be read, or has no video stream that FFmpeg can decode.
    convenience init(
        path: String, decoderThreads: Int = 1, _ options: SourceOptions = SourceOptions()
    ) throws(VideoError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw VideoError(.unreadable, path, String(cString: strerror(errno)))
        }
        if status.st_mode & S_IFMT == S_IFREG && status.st_size == 0 { throw VideoError(.empty, path, "no bytes") }
        try self.init(
            demuxer: Demuxer(.file(path: path), name: path, options), threads: decoderThreads, name: path, options)
    }

    /// Reads a yuv4mpeg stream from a descriptor, which stays the caller's.
    /// - Throws: `VideoError` when it doesn't begin with a yuv4mpeg header.
    convenience init(
        yuv4mpegFrom fileDescriptor: Int32, name: String, _ options: SourceOptions = SourceOptions()
    ) throws(VideoError) {
        let demuxer = try Demuxer(.yuv4mpeg(descriptor: fileDescriptor), name: name, options)
        try self.init(demuxer: demuxer, threads: 1, name: name, options)
    }

    /// Opens a URL or a camera, once.
    /// - Throws: `VideoError` when it doesn't answer in time, or has no video stream that FFmpeg can decode.
    convenience init(_ place: InputPlace, name: String, _ options: SourceOptions) throws(VideoError) {
        let demuxer = try Demuxer(place, name: name, options)
        try self.init(demuxer: demuxer, threads: Media.decoderThreads, name: name, options)
    }

    private init(demuxer: Demuxer, threads: Int, name: String, _ options: SourceOptions) throws(VideoError) {
        precondition(threads > 0)
        self.name = name
        self.demuxer = demuxer
        moments = FrameMoments(name: name)
        decoder = try Decoder(
            demuxer.parameters, timeBase: demuxer.timeBase, choice: options.decoder, threads: threads,
            isLive: demuxer.isLive, name: name)
        expectedFrameCount = demuxer.expectedFrameCount
    }

    deinit {
        av_packet_free(&packet)
        av_frame_free(&frame)
    }

    package func next() throws(VideoError) -> VideoFrame? {
        while true {
            if isHoldingFrame { return try giveFrame() }
            if hasGivenFrame, damage.count > Self.damageLimit, let due = damage.takeDue(before: nil) {
                throw damagedFrame(due.reason, at: due.timestamp)
            }
            if case .ended(let failure) = state { return try end(failure) }
            if case .finished = state { return nil }
            let code = decoder.receive(into: frame!)
            if code >= 0 {
                isHoldingFrame = true
            } else if code == cffmpeg_error_again {
                feedDecoder()
            } else if code == cffmpeg_error_eof {
                if case .draining(let failure) = state { state = .ended(break: failure) } else { drain(after: nil) }
            } else {
                decodingFailed(code)
            }
        }
    }

    // MARK: Out

    /// The frame just received, or first the damage before it.
    private func giveFrame() throws(VideoError) -> VideoFrame {
        // The best guess is missing for a frame in whose packet something was wrong.
        let timestamps = [frame!.pointee.best_effort_timestamp, frame!.pointee.pts]
        let known = timestamps.first { $0 != cffmpeg_no_pts }
        if let known, decoder.failsLate { placeFailures(before: known) }
        if let due = damage.takeDue(before: known) {
            if due.isOfFrame { dropFrame() }
            throw damagedFrame(due.reason, at: due.timestamp)
        }
        defer { dropFrame() }
        if cffmpeg_is_mended(frame) != 0 {
            throw damagedFrame(decoder.reason(for: cffmpeg_error_invalid), at: known)
        }
        noteDynamicRange()
        guard let image = converter.picture(of: frame!, turned: orientation) else {
            throw damagedFrame("its pixel format can't be converted to RGB", at: known)
        }
        position += 1
        hasGivenFrame = true
        return VideoFrame(
            image: image, presentationNanoseconds: known.flatMap(nanoseconds), fileName: nil,
            moment: isLive ? moment(of: known) : nil)
    }

    private func moment(of timestamp: Int64?) -> FrameMoment {
        let taken = packetNumber == nil ? timestamp.flatMap { demuxer.wallNanoseconds(at: $0) } : nil
        return moments.moment(of: timestamp, taken: taken, latestArrival: demuxer.arrivalNanoseconds)
    }

    private func dropFrame() {
        av_frame_unref(frame)
        isHoldingFrame = false
    }

    private func damagedFrame(_ reason: String, at timestamp: Int64?) -> VideoError {
        defer { position += 1 }
        return VideoError(.damagedFrame(position), name, reason, at: timestamp.flatMap(nanoseconds))
    }

    /// What comes behind the last frame: damage, then the break.
    private func end(_ failure: String?) throws(VideoError) -> VideoFrame? {
        var failure = failure
        append(lateFailures.rest(isAtEnd: true, logged: decoder.failsLate ? newlyLogged : nil))
        if !hasGivenFrame && position == 0 {
            failure = failure ?? damage.lastReason ?? startFailure ?? "there is no frame in it"
            damage.removeAll()
        }
        if let due = damage.takeDue(before: nil) { throw damagedFrame(due.reason, at: due.timestamp) }
        state = .finished
        guard let failure else { return nil }
        throw VideoError(.brokenOff(afterFrames: position), name, failure)
    }

    /// Tags of the picture itself, else the codec's, else the container's.
    private var orientation: ImageOrientation {
        if let tagOrientation { return tagOrientation }
        if let data = av_frame_get_side_data(frame, AV_FRAME_DATA_DISPLAYMATRIX), data.pointee.size >= 36 {
            return data.pointee.data.withMemoryRebound(to: Int32.self, capacity: 9) {
                ImageOrientation(displayMatrix: $0)
            }
        }
        return demuxer.orientation ?? .upright
    }

    private func nanoseconds(_ timestamp: Int64) -> Int? {
        guard packetNumber == nil else { return nil }
        let first = firstTimestamp ?? timestamp
        firstTimestamp = first
        let time = Int(av_rescale_q(timestamp &- first, demuxer.timeBase, AVRational(num: 1, den: 1_000_000_000)))
        return (-Self.greatestTime...Self.greatestTime).contains(time) ? time : nil
    }

    private func noteDynamicRange() {
        guard dynamicRangeNote == nil else { return }
        let curve: String
        switch frame!.pointee.color_trc {
        case AVCOL_TRC_SMPTE2084: curve = "PQ"
        case AVCOL_TRC_ARIB_STD_B67: curve = "HLG"
        default: return
        }
        dynamicRangeNote = "\(name): is HDR (\(curve)); its values are used as they are, without tone mapping to SDR"
    }

    // MARK: In

    private func feedDecoder() {
        switch demuxer.read(into: packet!) {
        case .packet:
            defer { av_packet_unref(packet) }
            if decoder.holdsNoPicture(packet!) { return }
            identifyPacket()
            if isLive { moments.arrived(packetTimestamp, at: demuxer.arrivalNanoseconds) }
            tagOrientation = decoder.tagOrientation(of: packet!)
            if packet!.pointee.flags & AV_PKT_FLAG_KEY != 0 { sawKeyPacket = true }
            let code = decoder.send(packet)
            let hint = code < 0 ? decoder.hint(at: packet!) : nil
            if hint == nil, decoder.failsLate { lateFailures.took(packetTimestamp, canBeDecoded: sawKeyPacket) }
            if code < 0 { decodingFailed(code, hint: hint) }
        case .damaged(let reason): append(reason, at: nil)
        case .end: drain(after: nil)
        case .broken(let reason): drain(after: reason)
        }
    }

    /// Keeps the packet's time stamp, or gives it its number, where the stream has none.
    private func identifyPacket() {
        defer { packetTimestamp = packet!.pointee.pts == cffmpeg_no_pts ? nil : packet!.pointee.pts }
        if !sawPacket {
            sawPacket = true
            let isTimed = packet!.pointee.pts != cffmpeg_no_pts || packet!.pointee.dts != cffmpeg_no_pts
            packetNumber = isTimed ? nil : 0
        }
        guard let number = packetNumber else { return }
        (packet!.pointee.pts, packet!.pointee.dts) = (number, cffmpeg_no_pts)
        packetNumber = number + 1
    }

    private func decodingFailed(_ code: Int32, hint: String? = nil) {
        let reason = hint ?? decoder.reason(for: code)
        if !sawKeyPacket {
            startFailure = reason
            if decoder.failsLate, hint == nil { lateFailures.failedAtStart() }
        } else if decoder.failsLate, hint == nil {
            lateFailures.failed(reason)
            append(lateFailures.rest(isAtEnd: false))
        } else {
            append(reason, at: packetTimestamp)
        }
    }

    private func placeFailures(before timestamp: Int64) {
        // What is logged in front of the first frame is of packets that can't be decoded.
        let failures = lateFailures.placed(before: timestamp, logged: hasGivenFrame ? newlyLogged : nil)
        if !failures.isEmpty || !hasGivenFrame { toldErrorCount = decoder.errorCount }
        append(failures)
    }

    private var newlyLogged: String? {
        decoder.errorCount > toldErrorCount ? decoder.reason(for: cffmpeg_error_invalid) : nil
    }

    private func append(_ failures: [(reason: String, timestamp: Int64?)]) {
        for failure in failures { append(failure.reason, at: failure.timestamp) }
    }

    private func append(_ reason: String, at timestamp: Int64?) {
        firstTimestamp = firstTimestamp ?? timestamp
        damage.append(reason, at: timestamp)
        if !hasGivenFrame && damage.count >= Self.failureLimit { state = .ended(break: reason) }
    }

    private func drain(after failure: String?) {
        state = .draining(break: failure)
        _ = decoder.send(nil)
    }
}
