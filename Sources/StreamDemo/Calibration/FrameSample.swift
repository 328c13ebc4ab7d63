// A few frames spread evenly over a stream of any length. Belongs to the thread that pulls.

import Kernels
import Media

/// Frames of a source: those asked for, and others between them. Memory doesn't grow with the stream's length.
struct FrameSample {
    /// In stream order.
    let frames: [Image]
    /// As many at most, which lie between `frames`; none where the stream has no more.
    let others: [Image]
    /// How many frames are missing and why; nil where none is.
    let damageNote: String?

    /// Reads a source to its end, past frames that are damaged.
    ///
    /// Every frame is kept at first, then every second, every fourth, …: whenever four times as many as wanted are
    /// kept, every other one is given up. So a length needn't be known, and where to take a frame doesn't depend on it.
    /// - Parameters:
    ///   - keep: makes of a frame what is kept.
    ///   - progress: called with the number of frames read.
    /// - Throws: what the source throws but in a single frame's place, unless there is no other; what `keep` throws.
    /// - Precondition: a count above 0.
    init(
        _ count: Int, of source: any FrameSource, keep: (Image) throws -> Image, progress: (Int) -> Void
    ) throws {
        precondition(count > 0)
        var kept: [Image] = []
        var (read, stride) = (0, 1)
        var damagedCount = 0
        var firstDamage: VideoError?
        func next() throws -> VideoFrame? {
            while true {
                do {
                    return try source.next(until: Cancellation { Interrupt.isRequested })
                } catch let error as VideoError where source.goesOn(after: error) {
                    firstDamage = firstDamage ?? error
                    damagedCount += 1
                }
            }
        }
        while let frame = try next() {
            defer { read += 1 }
            progress(read + 1)
            guard read.isMultiple(of: stride) else { continue }
            if kept.count == 4 * count {
                kept = kept.indices.filter { $0.isMultiple(of: 2) }.map { kept[$0] }
                stride *= 2
                guard read.isMultiple(of: stride) else { continue }
            }
            kept.append(try keep(frame.image))
        }
        if kept.isEmpty, let firstDamage, !Interrupt.isRequested { throw firstDamage }
        let subject = damagedCount == 1 ? "1 frame left out, as it is" : "\(damagedCount) frames left out, as they are"
        damageNote = firstDamage.map { "\(subject) damaged: first \($0)" }
        let chosen = Self.even(count, of: Array(kept.indices))
        let rest = Set(kept.indices).subtracting(chosen).sorted()
        (frames, others) = (chosen.map { kept[$0] }, Self.even(count, of: rest).map { kept[$0] })
    }

    private static func even(_ count: Int, of indices: [Int]) -> [Int] {
        guard indices.count > count else { return indices }
        return (0..<count).map { indices[$0 * indices.count / count] }
    }
}

/// Opens what frames are taken from.
/// - Throws: `VideoError`; `UsageError` for a camera or a live URL, which has no end to which it could be read.
func openRecording(path: String?) throws -> any FrameSource {
    let source = try openSource(path: path, .interruptible)
    guard !source.isLive else {
        throw UsageError("'\(path ?? "")' is live: frames to calibrate by are taken from what has an end")
    }
    return source
}

/// An input that came to its end at once.
struct NoFramesError: Error, CustomStringConvertible {
    let input: String
    var description: String { "no frames in '\(input)'" }
}
