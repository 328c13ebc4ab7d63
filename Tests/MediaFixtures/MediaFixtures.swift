// Inputs for tests of video, made by the ffmpeg program in a temporary folder of each test's own. For the tests of
// several rooms: so it is a target of its own, and doesn't know the testing library.

import Foundation
import Kernels
import Media

/// The ffmpeg program, which makes the videos.
package enum FFmpegTool {
    package static let path = path(of: "ffmpeg")
    package static var isInstalled: Bool { path != nil }

    /// Where a program is.
    package static func path(of program: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "")
            .split(separator: ":").map { "\($0)/\(program)" }.first(where: FileManager.default.isExecutableFile)
    }

    /// Whether this FFmpeg has a protocol, or an encoder.
    package static func has(_ name: String, in list: String) -> Bool {
        guard let path else { return false }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-hide_banner", "-v", "error", "-" + list]
        let pipe = Pipe()
        process.standardOutput = pipe
        guard (try? process.run()) != nil else { return false }
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text.split(whereSeparator: \.isWhitespace).contains { $0 == name }
    }

    /// Where the packets of a file's video lie in it, as ffprobe says.
    package static func packets(of path: String) throws -> [(position: Int, size: Int)] {
        try probe(path, packets: "v", "size,pos").split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ",").compactMap { Int($0) }
            return fields.count >= 2 ? (fields[1], fields[0]) : nil
        }
    }

    /// What ffprobe says of each packet of a kind of stream: a line each, with commas between.
    /// - Parameter kind: "v" or "a".
    package static func probe(_ path: String, packets kind: String, _ entries: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try installedPath()).deletingLastPathComponent()
            .appendingPathComponent("ffprobe")
        process.arguments = [
            "-v", "error", "-select_streams", kind, "-show_entries", "packet=\(entries)", "-of", "csv=p=0", path,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    package static func installedPath() throws -> String {
        guard let path else { throw FixtureError(description: "the ffmpeg program isn't installed") }
        return path
    }
}

/// What a test needs and couldn't be made.
package struct FixtureError: Error, CustomStringConvertible {
    package let description: String
}

/// A folder that goes when the test ends.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("stream-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func file(_ name: String) -> String { path + "/" + name }

    package func write(_ bytes: some Sequence<UInt8>, to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    /// Runs ffmpeg in this folder; the last argument is the file it makes.
    package func make(_ arguments: String...) throws -> String { try make(arguments) }

    /// A short H.264 clip of ffmpeg's moving test picture: 160×120, 30 frames, a key frame every 10.
    package func makeClip(_ name: String, _ more: String...) throws -> String {
        let input = "testsrc2=s=160x120:r=30:d=1"
        let source = ["-f", "lavfi", "-i", input, "-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p"]
        return try make(source + more + [name])
    }

    package func make(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try FFmpegTool.installedPath())
        process.arguments = ["-nostdin", "-y", "-v", "error"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw FixtureError(description: "ffmpeg \(arguments.joined(separator: " "))")
        }
        return file(arguments.last!)
    }

    /// The first `fraction` of a file, as a new file of the same kind.
    package func cut(_ path: String, to fraction: Double) throws -> String {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let name = "cut-" + (path as NSString).lastPathComponent
        return try write(bytes.prefix(Int(Double(bytes.count) * fraction)), to: name)
    }

    /// A picture of vertical bars of equal width, made without ffmpeg.
    package func writeBars(_ name: String, width: Int, height: Int) throws -> String {
        var bytes = Array("P6\n\(width) \(height)\n255\n".utf8)
        for _ in 0..<height {
            for x in 0..<width { bytes += Bars.colour(x, width: width) }
        }
        return try write(bytes, to: name)
    }
}

/// Colour bars: black, white, primaries, and mixtures on which the colour matrices differ.
package enum Bars {
    package static let colours: [[UInt8]] = [
        [0, 0, 0], [255, 255, 255], [200, 30, 30], [30, 200, 30], [30, 30, 200], [128, 128, 128], [220, 160, 40],
        [60, 20, 120],
    ]

    package static func colour(_ x: Int, width: Int) -> [UInt8] { colours[x * colours.count / width] }

    /// The largest difference of any channel, at the bars' middles and at the picture's outermost columns.
    package static func error(of frame: VideoFrame) -> Int {
        error(of: frame, columns: middles(frame.image.width) + [0, frame.image.width - 1])
    }

    /// The same at the middles alone.
    package static func middleError(of frame: VideoFrame) -> Int {
        error(of: frame, columns: middles(frame.image.width))
    }

    private static func middles(_ width: Int) -> [Int] {
        colours.indices.map { (2 * $0 + 1) * width / (2 * colours.count) }
    }

    private static func error(of frame: VideoFrame, columns: [Int]) -> Int {
        let (width, height) = (frame.image.width, frame.image.height)
        // Made of the picture's planes each time that it is asked for.
        let pixels = frame.image.pixels
        var worst = 0
        for y in [0, height / 2, height - 1] {
            for x in columns {
                for (channel, expected) in colour(x, width: width).enumerated() {
                    worst = max(worst, abs(Int(pixels[(y * width + x) * 3 + channel]) - Int(expected)))
                }
            }
        }
        return worst
    }
}

/// Everything that a source gives: its frames without their pixels, and what was wrong, in order.
package struct Outcome {
    package var sizes: [[Int]] = []
    package var times: [Int?] = []
    package var fileNames: [String?] = []
    /// The errors, on opening it and in the places of frames.
    package var errors: [VideoError] = []
    /// In order, whether there was a frame or an error.
    package var isFrame: [Bool] = []

    package init(_ open: @autoclosure () throws(VideoError) -> any FrameSource) {
        let source: any FrameSource
        do throws(VideoError) {
            source = try open()
        } catch {
            errors = [error]
            return
        }
        while true {
            do throws(VideoError) {
                guard let frame = try source.next() else { break }
                sizes.append([frame.image.width, frame.image.height])
                times.append(frame.presentationNanoseconds)
                fileNames.append(frame.fileName)
                isFrame.append(true)
            } catch {
                errors.append(error)
                isFrame.append(false)
            }
        }
    }

    package init(path: String) { self.init(try openSource(path: path)) }

    package var count: Int { sizes.count }
    /// The last thing that was wrong.
    package var error: VideoError? { errors.last }
    /// Places of the errors.
    package var damaged: [Int] { isFrame.indices.filter { !isFrame[$0] } }
}
