// Where a container's bytes come from, and in which format. Made and used by a `Demuxer`, on its thread.
//
// Files are untrusted, and so is what a server sends. The bytes are opened here, by us, and the container is recognised
// by its content alone; FFmpeg is then told to open nothing more, so no playlist or reference in a file can reach
// another file or the network. A playlist that a user named by a URL may lead to others over HTTP.

import CFFmpeg

/// What is to be read.
enum InputPlace {
    case file(path: String)
    /// A descriptor, which stays the caller's.
    case yuv4mpeg(descriptor: Int32)
    case url(StreamURL)
    case camera(String)
    /// One of libavdevice's, by its format's name and its own.
    case device(format: String, String)

    /// The same where it was open once.
    var again: InputPlace {
        if case .url(let url) = self { .url(url.again) } else { self }
    }

    /// Whether it may keep one waiting for ever.
    var isRemote: Bool {
        switch self {
        case .file, .yuv4mpeg: false
        case .url, .camera, .device: true
        }
    }
}

/// What FFmpeg is told to open a container.
struct InputPlan {
    /// nil where the format itself opens its device, or its connection.
    var bytes: ByteStream?
    var format: UnsafePointer<AVInputFormat>
    /// Of what is one picture by its name alone.
    var picture: AVCodecID?
    /// What the format opens; empty where it opens nothing.
    var url = ""
    /// No protocol has this name: everything that the format itself tries to open fails.
    var options = ["protocol_whitelist": "none"]
    var isCamera = false
    /// Why that can't be opened, if FFmpeg's word for it misleads.
    var reason: (Int32) -> String? = { _ in nil }

    /// Formats that name other files or hosts, or that show text as pictures.
    private static let refusedFormats: Set<String> = [
        "sdp", "imf", "rtsp", "rtp", "image2", "webm_dash_manifest", "tty", "vobsub", "lavfi",
    ]
    private static let playlists: Set<String> = ["hls", "applehttp", "dash", "concat", "concatf"]
    private static let isPlaylist = "it is a playlist; name a video that it lists"

    /// Opens a place and recognises what is there.
    init(_ place: InputPlace, name: String, _ options: SourceOptions, _ patience: Patience) throws(VideoError) {
        switch place {
        case .file(let path):
            let bytes = try ByteStream(path: path, name: name, patience)
            (format, picture) = try Self.recognise(bytes, name: name)
            self.bytes = bytes
        case .yuv4mpeg(let descriptor):
            bytes = ByteStream(DescriptorReader(descriptor, patience), patience)
            format = av_find_input_format("yuv4mpegpipe")!
        case .url(let url) where url.kind == .rtsp:
            guard let rtsp = av_find_input_format("rtsp") else {
                throw VideoError(.unreadable, name, "this FFmpeg has no RTSP")
            }
            (format, self.url, reason) = (rtsp, url.text, url.reason)
            self.options = url.options.merging(["protocol_whitelist": url.protocols]) { $1 }
        case .url(let url):
            if url.kind == .srt { StreamURL.quietenSRT }
            let bytes = try ByteStream(
                url: url.text, protocols: url.protocols, options: url.options, name: name, patience, reason: url.reason)
            self.bytes = bytes
            if let allowed = url.playlistProtocols, let playlist = Self.playlist(bytes) {
                (format, self.url) = (playlist, url.text)
                self.options = ["protocol_whitelist": allowed]
            } else {
                do throws(VideoError) {
                    (format, picture) = try Self.recognise(bytes, name: name)
                } catch {
                    if let reason = patience.reason { throw VideoError(.unreadable, name, reason) }
                    throw error
                }
            }
        case .camera(let path):
            format = try CameraDevices.format("video4linux2", name: name)
            (self.url, self.options, isCamera) = (path, CameraDevices.options(options), true)
            reason = CameraDevices.reason
        case .device(let deviceFormat, let device):
            (format, self.url, self.options) = (try CameraDevices.format(deviceFormat, name: name), device, [:])
        }
    }

    /// HLS, for what begins as one of its playlists.
    private static func playlist(_ bytes: ByteStream) -> UnsafePointer<AVInputFormat>? {
        bytes.begins(with: "#EXTM3U") ? av_find_input_format("hls") : nil
    }

    /// Finds the container's format from the first bytes, which stay to be read.
    /// - Returns: with the codec, where only the name says that it is a picture: by its extension, a file whose first
    ///   bytes FFmpeg doesn't recognise is still taken for one.
    private static func recognise(_ bytes: ByteStream, name: String) throws(VideoError)
        -> (input: UnsafePointer<AVInputFormat>, picture: AVCodecID?)
    {
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
            if bytes.begins(with: "#EXTM3U") { throw VideoError(.refused, name, isPlaylist) }
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
}
