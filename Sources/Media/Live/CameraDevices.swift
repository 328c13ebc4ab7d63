// Cameras, by FFmpeg's libavdevice. Any thread.

import CFFmpeg
import Glibc
import Kernels

/// The library is opened when a camera is first asked for. Linked, it would have every start of the program load some
/// eighty libraries of desktops (SDL, PulseAudio, X11), which libavdevice needs for what isn't a camera. Its number is
/// libavformat's, in all releases since 4.0.
enum CameraDevices {
    private static let isLoaded: Bool = {
        guard let library = dlopen("libavdevice.so.\(LIBAVFORMAT_VERSION_MAJOR)", RTLD_NOW | RTLD_LOCAL),
            let symbol = dlsym(library, "avdevice_register_all")
        else { return false }
        unsafeBitCast(symbol, to: (@convention(c) () -> Void).self)()
        return true
    }()

    /// FFmpeg's format of a kind of device.
    /// - Throws: `VideoError` where this machine's FFmpeg doesn't have it.
    static func format(_ format: String, name: String) throws(VideoError) -> UnsafePointer<AVInputFormat> {
        guard isLoaded else {
            let library = "libavdevice.so.\(LIBAVFORMAT_VERSION_MAJOR)"
            throw VideoError(.unreadable, name, "\(library) is missing, which reads cameras (it comes with ffmpeg)")
        }
        guard let input = av_find_input_format(format) else {
            throw VideoError(.unreadable, name, "this FFmpeg reads no cameras: it has no '\(format)'")
        }
        return input
    }

    /// FFmpeg's options: the size and rate asked for, and time stamps of the clock on the wall.
    static func options(_ options: SourceOptions) -> [String: String] {
        var choices = ["timestamps": "abs"]
        if let size = options.cameraSize { choices["video_size"] = "\(size.width)x\(size.height)" }
        if let rate = options.cameraRate { choices["framerate"] = "\(rate)" }
        return choices
    }

    /// Why a camera can't be opened.
    static func reason(for code: Int32) -> String? {
        switch -code {
        case ENOENT: "there is no such camera"
        case EBUSY: "another program uses it"
        case EACCES, EPERM: "this user may not read it (are they in the group 'video'?)"
        case ENODEV, ENXIO: "it is no camera, or isn't plugged in"
        default: nil
        }
    }

    /// What a camera gives instead of what it was asked for; nil where that is the same.
    static func note(_ parameters: AVCodecParameters, rate: AVRational, _ options: SourceOptions, name: String)
        -> String?
    {
        var differences: [String] = []
        let (width, height) = (Int(parameters.width), Int(parameters.height))
        if let asked = options.cameraSize, asked != ImageSize(width: max(width, 1), height: max(height, 1)) {
            differences.append("\(width)x\(height) instead of \(asked.width)x\(asked.height)")
        }
        if let asked = options.cameraRate, rate.num > 0, rate.den > 0, abs(av_q2d(rate) / asked - 1) > 0.01 {
            differences.append("\((100 * av_q2d(rate)).rounded() / 100) frames/s instead of \(asked)")
        }
        return differences.isEmpty ? nil : "\(name): gives \(differences.joined(separator: ", "))"
    }
}
