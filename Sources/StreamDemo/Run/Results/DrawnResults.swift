// Results on the pictures that they are of: drawn and encoded by a thread of its own, so that a stream waits for it
// only where it can't keep up. `add` and `finish` belong to the thread that gets results.

import CoExec
import Foundation
import Kernels
import Media
import Results
import System

/// Draws frames in order. Some wait in memory; then whoever adds one waits.
/// `books` is guarded by `changed`; `output` and `drawer` belong to the thread.
final class DrawnResults: @unchecked Sendable {
    private struct Frame {
        let image: Image
        let drawing: Drawing
        let number: Int
        let nanoseconds: Int?
    }

    private struct Books {
        var waiting: [Frame] = []
        var isEnding = false
        /// Whether the input has nothing more.
        var isAtEnd = false
        var failure: (any Error)?
        var frames = 0
        var drawingNanoseconds = 0
        var encodingNanoseconds = 0
    }

    private let output: any DrawnOutput
    private let drawer = Drawer()
    private let changed = NSCondition()
    private var books = Books()
    /// Begins with the first frame: a command that fails before has nothing to wait for.
    private var thread: CoExec.Thread?
    private var waitedNanoseconds = 0
    private var rate = FrameRate()
    /// Frames that wait: each holds its decoder's memory.
    private static let limit = 8

    /// - Parameters:
    ///   - path: a video, a folder of pictures, or a picture.
    ///   - input: the stream's, whose sound a video keeps where it is a file.
    /// - Throws: `DrawingError`; `UsageError` where the file is in use.
    init(_ path: String, of input: String?) throws {
        if DrawnOutputs.isFile(path) {
            try FilesInUse.ofThisRun.writes(path)
        } else {
            try FilesInUse.ofThisRun.writes(picturesIn: path)
        }
        var status = stat()
        let isFile = input.map { stat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFREG } ?? false
        output = try DrawnOutputs.open(path, soundOf: isFile ? input : nil)
    }

    /// Frames that were dropped aren't drawn: nothing came of them.
    /// - Throws: what drawing or encoding an earlier frame threw.
    func add(
        _ delivery: Delivery<NumberedFrame, [Tensor]>, number: Int, result: FrameResult?, meaning: ResultMeaning
    ) throws {
        guard let frame = delivery.frame?.frame else { return }
        if case .failure(let error) = delivery.result, error is DroppedFrame { return }
        if thread == nil { thread = try CoExec.Thread(name: "draws") { self.run() } }
        let now = monotonicNanoseconds()
        var drawing = Drawing(result, meaning)
        let fps = rate.note(now)
        drawing.footer = "\(delivery.device ?? "no device")  \(fps.map { "\($0.formatted(digits: 1)) frames/s" } ?? "")"
        if case .failure(let error) = delivery.result { drawing.lines = [(text: "\(error)", colour: 0)] }
        changed.lock()
        defer { changed.unlock() }
        if books.waiting.count >= Self.limit {
            while books.waiting.count >= Self.limit, books.failure == nil { changed.wait() }
            waitedNanoseconds += monotonicNanoseconds() - now
        }
        if let failure = books.failure { throw failure }
        books.waiting.append(
            Frame(image: frame.image, drawing: drawing, number: number, nanoseconds: frame.presentationNanoseconds))
        changed.broadcast()
    }

    /// Waits for what is left, and closes the file, once.
    /// - Parameter isAtEnd: whether the input has nothing more.
    /// - Throws: what drawing or encoding threw.
    func finish(isAtEnd: Bool) throws -> DrawnRow {
        end(isAtEnd)
        if let failure = books.failure { throw failure }
        let count = max(books.frames, 1)
        return DrawnRow(
            output: output.summary, frames: books.frames,
            drawingMs: Double(books.drawingNanoseconds / count) / 1e6,
            encodingMs: Double(books.encodingNanoseconds / count) / 1e6, waitedSeconds: Double(waitedNanoseconds) / 1e9)
    }

    private func end(_ isAtEnd: Bool) {
        guard let thread else { return }
        let start = monotonicNanoseconds()
        changed.lock()
        (books.isEnding, books.isAtEnd) = (true, isAtEnd)
        changed.broadcast()
        changed.unlock()
        thread.join()
        waitedNanoseconds += monotonicNanoseconds() - start
        self.thread = nil
    }

    // MARK: The thread

    private func run() {
        do {
            while let frame = next() {
                let start = monotonicNanoseconds()
                let picture = try drawer.draw(frame.drawing, on: frame.image)
                let drawn = monotonicNanoseconds()
                try output.write(picture, number: frame.number, nanoseconds: frame.nanoseconds)
                note(drawing: drawn - start, encoding: monotonicNanoseconds() - drawn)
            }
            changed.lock()
            let isAtEnd = books.isAtEnd
            changed.unlock()
            try output.finish(isAtEnd: isAtEnd)
        } catch {
            changed.lock()
            books.failure = error
            books.waiting = []
            changed.broadcast()
            changed.unlock()
        }
    }

    private func next() -> Frame? {
        changed.lock()
        defer { changed.unlock() }
        while books.waiting.isEmpty {
            if books.isEnding { return nil }
            changed.wait()
        }
        defer { changed.broadcast() }
        return books.waiting.removeFirst()
    }

    private func note(drawing: Int, encoding: Int) {
        changed.lock()
        defer { changed.unlock() }
        books.frames += 1
        books.drawingNanoseconds += drawing
        books.encodingNanoseconds += encoding
    }
}

/// Frames a second, over the last second or so.
private struct FrameRate {
    private var times: [Int] = []

    /// - Returns: nil for the first frame.
    mutating func note(_ now: Int) -> Double? {
        times.append(now)
        while times.count > 2, now - times[0] > 1_000_000_000 { times.removeFirst() }
        if times.count > 1000 { times.removeFirst() }
        guard times.count > 1, now > times[0] else { return nil }
        return Double(times.count - 1) * 1e9 / Double(now - times[0])
    }
}

/// What drawing came to, for the summary.
struct DrawnRow: Encodable {
    /// Where, and by which encoder.
    let output: String
    let frames: Int
    /// Of a frame.
    let drawingMs: Double
    let encodingMs: Double
    /// What results waited for it, in all.
    let waitedSeconds: Double

    var text: String {
        guard frames > 0 else { return "drawn: \(output)" }
        let waited =
            waitedSeconds >= 0.05
            ? "; results waited \(waitedSeconds.formatted(digits: 2)) s for it: without --draw the stream is faster"
            : ""
        let took = "\(drawingMs.threeDigits) ms to draw, \(encodingMs.threeDigits) ms to encode"
        return "drawn: \(output); a frame took \(took)\(waited)"
    }
}
