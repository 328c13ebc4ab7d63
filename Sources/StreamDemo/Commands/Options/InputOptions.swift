// What `run` says of its inputs: how they are opened, and how much of them is read.

import ArgumentParser
import CoExec
import Devices
import Kernels
import Media

/// How inputs are opened.
struct InputOptions: ParsableArguments {
    @Option(
        help: """
            Who decodes: software; vaapi (a graphics driver), v4l2m2m (a board's kernel driver), rkmpp (Rockchip), \
            where FFmpeg and the machine have it; auto is software, for now.
            """)
    var decoder = DecoderChoice.auto

    @Option(help: "The size that a camera is asked for, as 1280x720; default its own.")
    var cameraSize: ImageSize?

    @Option(help: "The frames/s that a camera is asked for; default its own.")
    var cameraRate: Double?

    @Option(help: "Seconds that a URL or a camera may take to answer, and to go on.")
    var timeout = 10.0

    @Flag(help: "Begin again at the end of an input that isn't live.")
    var loop = false

    func validate() throws {
        try check(timeout, "--timeout", in: 0.1...3600)
        try check(cameraRate, "--camera-rate", in: 0.01...10_000)
    }

    /// - Parameter cancellation: ends waiting.
    func plan(_ cancellation: Cancellation) -> SourceOptions {
        var options = SourceOptions()
        options.cancellation = cancellation
        options.timeoutNanoseconds = Int(timeout * 1e9)
        options.decoder = decoder
        options.cameraSize = cameraSize
        options.cameraRate = cameraRate
        options.loops = loop
        options.report = { printNote($0) }
        return options
    }

    /// - Parameter inputs: nil for the built-in clip.
    /// - Throws: for what these can't do.
    func checkInputs(_ inputs: [String?]) throws {
        let named = inputs.compactMap(\.self)
        let (readsStandardInput, hasCamera) = (named.contains("-"), named.contains(where: isCamera))
        guard named.count(where: { $0 == "-" }) < 2 else {
            throw ValidationError("Only one stream can read standard input.")
        }
        if cameraSize != nil || cameraRate != nil, !hasCamera {
            throw ValidationError("--camera-size and --camera-rate are for cameras (/dev/video0).")
        }
        if loop, readsStandardInput { throw ValidationError("--loop: standard input can't be read again.") }
        if loop, hasCamera { throw ValidationError("--loop: a camera has no end.") }
    }
}

extension DecoderChoice: ExpressibleByArgument {}

/// How much of an input is read, and what becomes of frames for which there is no time.
struct ReadingOptions: ParsableArguments {
    @Option(
        help: """
            What happens to a frame that finds no room: \(Admission.allValueStrings.joined(separator: ", ")); default \
            wait, for cameras and live URLs drop-oldest. Results have its place.
            """)
    var admission: Admission?

    @Option(
        help: """
            Milliseconds: a frame that is older when a device would take it is dropped, and its line says "late". Its \
            age is from when it was taken, where its stamp says so (cameras, RTSP), else from when it arrived or was \
            read. The summary says which, and how old frames are already when they arrive.
            """)
    var maxAge: Double?

    @Option(help: "Run every Nth frame of an input, beginning with the first; numbers and times stay the input's.")
    var every = 1

    @Option(help: "End each stream after so many frames, dropped and damaged ones counted.")
    var frames: Int?

    @Option(help: "End after so many seconds of running.")
    var duration: Double?

    func validate() throws {
        try check(maxAge, "--max-age", in: 0...3_600_000)
        try check(every, "--every", in: 1...1_000_000)
        try check(frames, "--frames", in: 1...Int.max)
        try check(duration, "--duration", in: 0.001...1e9)
    }
}

/// Refuses an option's value outside a range, naming both.
private func check(_ value: Double?, _ option: String, in range: ClosedRange<Double>) throws {
    if let value, !range.contains(value) {
        let (least, greatest) = (range.lowerBound.formatted(digits: 3), range.upperBound.formatted(digits: 0))
        throw ValidationError("\(option) must be from \(least) to \(greatest).")
    }
}
